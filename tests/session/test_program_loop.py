"""The judge: programs out of answers, each run once, verdicts kept, refusals forgotten, faults told."""

import time
from concurrent.futures import Future

import pytest

from harness.code_tasks.rules import execute
from harness.core import Completion
from harness.core import Completions
from harness.core import Execution
from harness.core import Refusal
from harness.core import Trial
from harness.core import fingerprint
from harness.errors import SandboxError
from harness.session.exchange import Tried
from harness.session.exchange import publish
from harness.session.program_loop import JUDGING
from harness.session.program_loop import SANDBOX
from harness.session.program_loop import ProgramRunner
from harness.session.program_loop import Runner
from harness.session.waiting import NotAnsweredError
from harness.session.waiting import Reader

TRIAL = Trial("python", "continuation", "def f():\n", ("assert f()",))
NAME = fingerprint(TRIAL)


class Sandbox:
    """Passes all programs but those that say otherwise; `ran` are those it was given."""

    digest = "5" * 64

    def __init__(self):
        self.facts = {"tier": "none"}
        self.ran = []
        self.closed = 0

    def submit(self, request):
        self.ran.append(request.code)
        future = Future()
        if "refuse" in request.code:
            future.set_result(Refusal("no tool"))
        elif "break" in request.code:
            future.set_exception(SandboxError("sandbox: the jail is gone; run the same command again"))
        else:
            future.set_result(Execution("passed", (True,), cpu=float(len(self.ran))))
        return future

    def close(self):
        self.closed += 1


def prompt(text):
    return fingerprint(execute(TRIAL, text))


def answer(*texts):
    return Completions(tuple(Completion(text, "stop", 1) for text in texts))


@pytest.fixture
def session(tmp_path):
    """Start judges of one session folder after another; each is stopped at the end."""
    judges = []

    def start(name="one", sandbox=None, *, refresh=False):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        tried = [Tried("m", "p", NAME, TRIAL), Tried("m", None, NAME, TRIAL)]
        publish(folder, {}, [], (), tried)
        judge = ProgramRunner(folder, sandbox or Sandbox(), refresh=refresh)
        judges.append(judge)
        judge.start()
        return judge, Reader(folder, 0, alive=JUDGING)

    yield start
    for judge in judges:
        judge.stop()


def wait(reader, text):
    return reader.wait(SANDBOX, prompt(text), lambda: None)


def test_an_answer_is_run_as_soon_as_it_is_heard(session):
    sandbox = Sandbox()
    judge, reader = session(sandbox=sandbox)
    judge.hear("m", {"p": answer("a", "b", "a", " "), "other": answer("c")})
    assert (wait(reader, "a").verdict, wait(reader, "b").verdict) == ("passed", "passed")
    assert sandbox.ran == ["def f():\na", "def f():\nb"]
    assert judge.facts == {"tier": "none", "digest": "5" * 64}


def test_what_a_test_wants_is_run_once(session):
    sandbox = Sandbox()
    judge, reader = session(sandbox=sandbox)
    for _ in range(2):
        reader.want_run(prompt("a"), NAME, "def f():\na")
    assert wait(reader, "a").passed == (True,)
    judge.hear("m", {"p": answer("a")})
    judge.hear("m", {"p": answer("b")})
    wait(reader, "b")
    assert sandbox.ran == ["def f():\na", "def f():\nb"]


def test_verdicts_are_kept_and_run_anew_only_to_refresh(session):
    first, second, third = Sandbox(), Sandbox(), Sandbox()
    second.ran = ["before"]
    for name, sandbox, refresh in (("one", first, False), ("two", second, True), ("three", third, False)):
        judge, reader = session(name, sandbox, refresh=refresh)
        judge.hear("m", {"p": answer("a")})
        # the second verdict is its sandbox's second, and stands in the place of the first from then on
        assert wait(reader, "a").cpu == (1.0 if name == "one" else 2.0)
        judge.stop()
    assert (first.ran, second.ran[1:], third.ran) == (["def f():\na"], ["def f():\na"], [])


def test_a_refusal_is_for_the_session_alone(session):
    sandbox = Sandbox()
    for name in ("one", "two"):
        judge, reader = session(name, sandbox)
        judge.hear("m", {"p": answer("refuse")})
        assert wait(reader, "refuse") == Refusal("no tool")
        judge.stop()
    assert len(sandbox.ran) == 2


def test_a_sandbox_that_breaks_leaves_nobody_waiting(session):
    judge, reader = session()
    judge.hear("m", {"p": answer("break")})
    with pytest.raises(NotAnsweredError, match="nobody answers any more"):
        wait(reader, "break")
    judge.join(5)
    assert judge.broken == "sandbox: the jail is gone; run the same command again"


def test_it_ends_at_once_and_the_sandbox_with_it(session):
    sandbox = Sandbox()
    judge, _ = session(sandbox=sandbox)
    start = time.monotonic()
    judge.stop()
    judge.stop()
    assert time.monotonic() - start < 2
    assert sandbox.closed >= 1
    assert not judge.is_alive()


def test_outside_a_session_kept_verdicts_are_found_again():
    sandbox = Sandbox()
    runner = Runner(sandbox)
    requests = [execute(TRIAL, text) for text in ("a", "b", "refuse")]
    found = runner.run(requests)
    assert [type(one) for one in found] == [Execution, Execution, Refusal]
    assert runner.run(requests)[:2] == found[:2]
    assert len(sandbox.ran) == 4
    assert runner.facts["digest"] == "5" * 64
    runner.close()
