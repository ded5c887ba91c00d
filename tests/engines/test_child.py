"""How an engine process ends: closed, given up, stuck, or with a parent that is killed; it never stays behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import harness
from harness.core import Generate
from harness.core import LogLikelihood
from harness.engines.descriptor import EngineSpec
from harness.engines.process import EngineProcess
from harness.engines.scripted import ScriptedEngine
from harness.errors import EngineError
from harness.models import Settings
from harness.models.cards import DEFAULT
from harness.models.cards import resolve
from harness.models.obtain import obtain
from harness.processes import child as child_module

ROOT = Path(harness.__file__).parents[1]
REQUESTS = tuple(Generate(f"What is {number} and {number}?") for number in range(8))
linux = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc or the parent-death signal of Linux")

OWN = Path(__file__).parents[1] / "data" / "engines"


def ended(pid, within=5.0):
    """Whether the process ends in time; a zombie has ended."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_close_ends_the_child_and_is_final(opened, spec):
    engine = opened(spec())
    list(engine.answer(REQUESTS))
    pid = engine.pid
    engine.close()
    engine.close()
    assert engine.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(EngineError, match=r"^engine scripted of toy: closed; expected an engine that is open$"):
        list(engine.answer(REQUESTS))


def test_close_from_another_thread_ends_the_waiting(opened, tmp_path, spec):
    engine = opened(spec({"delay": 60}, tmp_path))
    engine.describe()
    threading.Timer(0.2, engine.close).start()
    start = time.monotonic()
    with pytest.raises(EngineError, match="closed while it was answering"):
        list(engine.answer(REQUESTS))
    assert time.monotonic() - start < 2


def test_iteration_given_up_ends_the_child(opened, tmp_path, spec):
    engine = opened(spec({"delay": 0.01}, tmp_path))
    answers = engine.answer(REQUESTS)
    next(answers)
    pid = engine.pid
    answers.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert dict(engine.answer(REQUESTS)) == dict(ScriptedEngine().answer(REQUESTS))


def test_stuck_child_is_killed(own, monkeypatch):
    monkeypatch.setattr(child_module, "_GRACE_S", 0.2)
    engine = own("Stuck")
    assert next(engine.answer(REQUESTS))[0] == 0
    start = time.monotonic()
    pid = engine.pid
    engine.close()
    assert time.monotonic() - start < 3
    assert pid is None or ended(pid)


def test_stopped_child_is_killed_even_while_it_is_written_to(opened, monkeypatch, spec):
    monkeypatch.setattr(child_module, "_GRACE_S", 0.2)
    engine = opened(spec())
    engine.describe()
    pid = engine.pid
    os.kill(pid, signal.SIGSTOP)
    long = tuple(Generate("x" * 100_000 + str(number)) for number in range(20))
    errors = []

    def ask():
        try:
            list(engine.answer(long))
        except EngineError as error:
            errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.2)
    engine.close()
    asking.join(5)
    assert ended(pid)
    assert "closed while it was answering" in str(errors[0])


def test_ctrl_c_is_the_parents_alone(opened, spec):
    engine = opened(spec())
    engine.describe()
    os.kill(engine.pid, signal.SIGINT)
    assert dict(engine.answer(REQUESTS)).keys() == set(range(len(REQUESTS)))


def test_one_engine_ends_while_another_lives(opened, spec):
    first, second, third = opened(spec()), opened(spec()), opened(spec())
    for engine in (first, second, third):
        engine.describe()
    pid = second.pid
    start = time.monotonic()
    second.close()
    assert time.monotonic() - start < 2
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    for engine in (first, third):
        assert len(list(engine.answer(REQUESTS))) == len(REQUESTS)


def test_child_outlives_the_thread_that_asked_for_it(opened, spec):
    engine = opened(spec())
    starting = threading.Thread(target=engine.describe)
    starting.start()
    starting.join()
    time.sleep(0.1)
    pid = engine.pid
    assert len(list(engine.answer(REQUESTS))) == len(REQUESTS)
    assert engine.pid == pid


PARENT = """
import json, sys
from harness.core import Generate
from harness.engines.process import EngineProcess, Launch
from harness.engines.descriptor import EngineSpec
from harness.models import Card, Settings, Weights
engine = EngineProcess(EngineSpec(Weights(Card("toy"), sys.argv[2]), Settings(sys.argv[1])))
engine.describe()
print(engine.pid, flush=True)
list(engine.answer([Generate("a"), Generate("b")]))
"""


@linux
@pytest.mark.parametrize("work", ["sleeps", "holds the interpreter", "is idle"])
def test_child_dies_with_a_parent_that_is_killed(tmp_path, work):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"delay": 60} if work == "sleeps" else {}))
    engine, directory = ("own_engines:Stuck", "") if work == "holds the interpreter" else ("scripted", str(script))
    code = PARENT if work != "is idle" else PARENT.replace("list(engine", "sys.stdin.read(); list(engine")
    command = [sys.executable, "-c", code, engine, directory]
    env = os.environ | {"PYTHONPATH": os.pathsep.join((str(OWN), str(ROOT)))}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env) as parent:
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        assert not ended(pid, within=0.1)
        parent.kill()
        assert ended(pid)


@linux
def test_parent_that_forgets_to_close_leaves_nothing_behind(tmp_path):
    code = PARENT.replace("list(engine", "sys.exit(5); list(engine")
    done = subprocess.run(
        [sys.executable, "-c", code, "scripted", ""], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 5
    assert ended(int(done.stdout))


@linux
@pytest.mark.slow
def test_real_model_dies_while_it_computes_and_comes_back():
    weights = obtain(resolve(DEFAULT))
    engine = EngineProcess(EngineSpec(weights, Settings("transformers")))
    pairs = LogLikelihood((("The capital of France is", " Paris"), ("The capital of France is", " Rome")))
    (before,) = engine.answer([pairs])
    assert before[1].values[0] > before[1].values[1]
    first = engine.pid
    threading.Timer(1.0, os.kill, (first, signal.SIGKILL)).start()
    with pytest.raises(EngineError, match="killed by SIGKILL"):
        list(engine.answer([Generate(f"Once upon a time {number}", max_tokens=400) for number in range(64)]))
    assert ended(first)
    (after,) = engine.answer([pairs])
    assert after == before
    second = engine.pid
    engine.close()
    assert ended(second)
