"""Both ends of a child process: what one says the other hears, and each notices the other's end."""

import os
import signal
import sys
import textwrap
from pathlib import Path

import pytest

import harness
from harness.errors import EngineError
from harness.processes import wire
from harness.processes.child import Child
from harness.processes.child import Launch

ROOT = Path(harness.__file__).parents[1]
LONG_S = 60
FORMS = ({"text": wire.text}, {"numbers": wire.items})
ECHO = """
    import os, subprocess, sys
    from harness.processes import wire
    from harness.processes.parent import Parent

    parent = Parent(int(sys.argv[1]), 1 << 20)
    print("noise by print", flush=True)
    subprocess.run(["echo", "noise of a grandchild"], check=True)
    parent.send({"text": sys.argv[2] + sys.stdin.read()})
    for message in parent.messages([{"text": wire.text}, {"end": wire.count}]):
        if "end" in message:
            os._exit(message["end"])
        parent.send(message)
    parent.send({"text": "the pipe has ended"})
    """


@pytest.fixture
def started():
    """Starts children and ends them after the test."""
    children = []

    def start(launch, longest=100, module="worker"):
        children.append(Child(module, FORMS, launch, "an argument", longest=longest))
        return children[-1]

    yield start
    for child in children:
        child.kill()


@pytest.fixture
def echo(started, tmp_path):
    """A child that says what it is told."""
    (tmp_path / "worker.py").write_text(textwrap.dedent(ECHO))
    launch = Launch(log=tmp_path / "log", env={"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))})
    child = started(launch, longest=1 << 20)
    assert child.hear(LONG_S) == {"text": "an argument"}
    return child


def shell(folder, script):
    """How to start a shell in an interpreter's place."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Launch(python=str(path))


@pytest.mark.parametrize("text", ["", "a\nb", "\ud800\u2028\0", "é" * 100_000])
def test_what_is_said_comes_back(echo, text):
    for _ in range(3):
        echo.send({"text": text})
        assert echo.hear(LONG_S) == {"text": text}


@pytest.mark.usefixtures("echo")
def test_what_libraries_print_is_no_message(tmp_path):
    assert (tmp_path / "log").read_text() == "noise by print\nnoise of a grandchild\n"


def test_a_child_ends_with_its_pipe(echo):
    echo.end()
    echo.end()
    assert echo.hear(LONG_S) == {"text": "the pipe has ended"}
    assert echo.hear(LONG_S) is None
    assert echo.ending() == "ended with exit status 0"


def test_how_a_child_ended_is_said(echo, tmp_path):
    echo.send({"end": 9})
    assert echo.hear(LONG_S) is None
    assert echo.status == 9
    last = f"last line of {tmp_path / 'log'}: 'noise of a grandchild'"
    assert echo.obituary() == f"ended with exit status 9; {last}"
    echo.send({"text": "nobody hears it"})


def test_a_child_that_was_killed_says_so(echo):
    os.kill(echo.pid, signal.SIGKILL)
    assert echo.hear(LONG_S) is None
    assert echo.ending() == "was killed by SIGKILL"
    assert echo.obituary().startswith("killed by SIGKILL (out of memory?); last line of ")


def test_a_child_that_does_not_heed_its_pipe_can_be_killed(started, tmp_path):
    child = started(shell(tmp_path, "exec sleep 600"))
    child.kill()
    assert child.ending() == "was killed by SIGKILL"


def test_a_child_does_not_obey_what_is_malformed(echo, tmp_path):
    echo.send({"text": 5})
    assert echo.hear(LONG_S) is None
    assert echo.ending() == "ended with exit status 1"
    log = (tmp_path / "log").read_text()
    assert log.endswith("harness.processes.wire.Malformed: message: int; expected a text\n")


def test_who_says_nothing_is_waited_for_so_long(started, tmp_path):
    child = started(shell(tmp_path, "exec sleep 600"))
    with pytest.raises(TimeoutError):
        child.hear(0.01)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("", []),
        ('{"text":"torn"', []),
        ('{"text":"whole"}\n{"numbers":[1]}\n{"text":"torn"}', [{"text": "whole"}, {"numbers": [1]}]),
        ('{"text":"whole"}\n\n', [{"text": "whole"}, "message: b''; expected an object of JSON"]),
        ("noise\n", ["message: b'noise'; expected an object of JSON"]),
        ('{"text":5}\n{"text":"after it"}\n', ["message: int; expected a text"]),
        ('{"text":"a","text":"b"}\n', ["message: a key twice; expected each once"]),
        ('{"numbers":[NaN]}\n', ["message: NaN; expected a number of JSON"]),
        ("a" * 101, ["message: more than 100 bytes; expected a line"]),
    ],
)
def test_what_a_child_says_is_a_message_its_end_or_malformed(started, tmp_path, said, heard):
    (tmp_path / "said").write_text(said)
    child = started(shell(tmp_path, f"cat '{tmp_path / 'said'}'"))
    found = []
    try:
        while (message := child.hear(LONG_S)) is not None:
            found.append(message)
    except wire.Malformed as malformed:
        found.append(str(malformed))
    assert found == heard


def test_an_interpreter_that_is_not_there_is_one_sentence():
    with pytest.raises(EngineError, match=r"^/none/python: No such file or directory; expected a Python interpreter$"):
        Child("worker", FORMS, Launch(python="/none/python"))


def test_a_child_whose_parent_is_another_ends(started, tmp_path):
    """It may have been started by one that is gone already."""
    code = f"import sys; sys.argv[1] = '1'; exec(open({str(tmp_path / 'worker.py')!r}).read())"
    (tmp_path / "worker.py").write_text(textwrap.dedent(ECHO))
    (tmp_path / "orphan.py").write_text(code)
    launch = Launch(env={"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))})
    child = started(launch, module="orphan")
    if sys.platform == "linux":
        assert child.hear(LONG_S) is None
        assert child.ending() == "ended with exit status 1"
