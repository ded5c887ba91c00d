"""Thirty random kills of whatever a session consists of: then the same command has what a calm run has.

A run of two models writes, scores continuations, and has programs judged in the real sandbox, by two engine processes a
model. A moment is a number of requests that were asked: the engine waits there, while all else goes on, until the kill
has come. So no moment hangs on how fast the machine is.
"""

import ctypes
import json
import os
import random
import signal
import time

import psutil
import pytest

GATED = '''
"""Scripted answers, and none beyond the number of requests that the file `stop-at` names."""
import time
from dataclasses import replace
from pathlib import Path
from harness.engines import scripted
from harness.models.identity import identity


class Gated(scripted.ScriptedEngine):
    def answer(self, requests):
        for index, request in enumerate(requests):
            while self.is_shut():
                time.sleep(0.005)
            for _, response in super().answer([request]):
                yield index, response

    def is_shut(self):
        try:
            return len(Path("asked.jsonl").read_bytes().splitlines()) >= int(Path("stop-at").read_text())
        except (FileNotFoundError, ValueError):
            return False


def open_engine(spec):
    return Gated(scripted.read_script(Path(spec.weights.directory)))


def prepare(card, choice):
    prepared = scripted.prepare(card, choice)
    weights = replace(prepared.weights, hashes={**prepared.weights.hashes, "name": card.name})
    return replace(prepared, weights=weights, identity=identity(weights, prepared.settings))


ENGINE = replace(scripted.ENGINE, open=open_engine, prepare=prepare)
'''
CHOICES = '''
"""choices: the likelier of two words."""
from harness.benchmark import Benchmark
from harness.core import Case, LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.sources import from_file


def to_case(row, shots):
    pairs = tuple((row.text("question"), word) for word in (" yes", " no"))
    return Case(row.id, (LogLikelihood(pairs),), row["answer"])


choices = Benchmark(
    name="choices", version=1, area="choices", paper="none", protocol="log-likelihood", rows=from_file("choices.jsonl"),
    to_case=to_case, metrics=(Accuracy(),),
)


@choices.cases
def test_choices(case, response, record):
    record(choices.score(case, response))
'''
ROWS = 8
REQUESTS = 2 * 3 * ROWS
ALL = 10 * REQUESTS
MODELS = ("--model", "one", "--model", "two")
MOMENTS = range(1, REQUESTS - 4)
"""Two engine processes may pass the gate at once, so that the last moments are none to wait at."""
JUDGED = [moment for moment in MOMENTS if moment % (3 * ROWS) > 2 * ROWS + 1]
"""Programs are asked last of each model, and a fork server is there from the first one on."""
AGAIN = 2
"""Requests that a kill may have asked again: each of two engine processes is asked one after the other."""
LONG_S = 120
ENGINE, WORKER, OWNER, SERVER, STOPPED = "engine", "worker", "owner", "fork server", "stopped engine"
# a stopped engine takes a stall limit, so there are few of these
KILLS = [ENGINE] * 8 + [WORKER] * 6 + [OWNER] * 7 + [SERVER] * 6 + [STOPPED] * 3


def chains(seed: int = 0, length: int = 3) -> list[tuple[bool, list[tuple[int, str]]]]:
    """All kills in runs of three, by whether workers test, each at a moment of its own: (requests asked, victim)."""
    drawn = random.Random(seed)
    with_workers = [WORKER] * 6 + drawn.sample([who for who in KILLS if who != WORKER], 3)
    others = KILLS.copy()
    for who in with_workers:
        others.remove(who)
    found = []
    for workers, victims in ((True, with_workers), (False, others)):
        drawn.shuffle(victims)
        for first in range(0, len(victims), length):
            kills: dict[int, str] = {}
            for who in victims[first : first + length]:
                moments = JUDGED if who == SERVER else MOMENTS
                kills[drawn.choice([moment for moment in moments if moment not in kills])] = who
            found.append((workers, sorted(kills.items())))
    return found


@pytest.fixture(scope="module")
def _subreaper():
    """What loses its parent becomes this process's child, so that nothing that is left goes unseen."""
    libc, set_child_subreaper = ctypes.CDLL(None), 36
    assert libc.prctl(set_child_subreaper, 1, 0, 0, 0) == 0
    yield
    libc.prctl(set_child_subreaper, 0, 0, 0, 0)


def build(project):
    """The pages, the engine and its script."""
    project.page("alpha", rows=ROWS)
    project.programs(ROWS)
    (project.path / "conftest.py").unlink()  # the real sandbox
    folder = project.path / "pages/choices"
    folder.mkdir()
    (folder / "choices.py").write_text(CHOICES)
    rows = [{"question": f"choices {k}?", "answer": k % 2} for k in range(ROWS)]
    (folder / "choices.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (project.path / "gated.py").write_text(GATED)
    written = project.written({4: "wrong", 5: "broken", 6: "empty"}, ROWS)
    project.script(answers=[*project.answers("alpha", ROWS, wrong={2, 3}), *written], delay=0.01)


ARGUMENTS = ("--engine", "gated:ENGINE", "--device", "cpu,cpu", "--answers", "script.json", *MODELS)


@pytest.fixture(scope="module")
def calm(another_project):
    """What a run says that nobody disturbs."""
    build(another_project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSTASK_CACHE", str(another_project.path / "cache"))
        another_project.run(*ARGUMENTS)
    assert len(another_project.asked) == REQUESTS
    return another_project.verdicts(), another_project.summary()["scores"]


def command_of(process) -> str:
    """The command line; empty of a process that is over."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


class Disturbed:
    """A run that is started, killed and started again."""

    def __init__(self, project, arguments):
        self.project = project
        self.arguments = arguments
        self.process = None
        self.sessions = 0

    def start(self):
        self.sessions += 1
        self.process = self.project.start(*ARGUMENTS, *self.arguments)

    def ended(self):
        """Wait for the session's end, and see that it did not say more than it has."""
        output, _ = self.process.communicate(timeout=LONG_S)
        status = self.process.returncode
        self.process = None
        if status == 0:
            assert self.project.summary()["complete"] is True, output
            assert len(self.project.verdicts()) == REQUESTS
        assert status in (0, 1, 12, -signal.SIGKILL), output
        assert "INTERNALERROR" not in output, output
        return status, output

    def at(self, moment):
        """Bring a session to the moment, another one where the last is over."""
        deadline = time.monotonic() + LONG_S
        while len(self.project.asked) < moment:
            if self.process is None:
                self.start()
            elif self.process.poll() is not None:
                self.ended()
            assert time.monotonic() < deadline, "no session comes so far"
            time.sleep(0.005)
        if self.process is None:
            self.start()

    def let(self, requests):
        """Let the engine be asked so many requests in all."""
        draft = self.project.path / "stop-at.new"
        draft.write_text(str(requests))
        draft.replace(self.project.path / "stop-at")

    def kill(self, victim):
        """Send the signal; where nobody is there to get it, at a later moment."""
        number = signal.SIGSTOP if victim == STOPPED else signal.SIGKILL
        deadline, asked, waited = time.monotonic() + LONG_S, len(self.project.asked), 0
        while not (there := self.victims(victim)):
            assert time.monotonic() < deadline, f"no {victim} is there"
            if self.process.poll() is not None:
                self.ended()
                self.start()
            time.sleep(0.01)
            waited += 1
            if waited % 50 == 0:
                asked += 1
                self.let(asked)
        there[0].send_signal(number)
        if victim == OWNER:
            assert self.ended()[0] == -signal.SIGKILL

    def victims(self, victim):
        """The processes of the kind that are there."""
        owner = psutil.Process(self.process.pid)
        if victim == OWNER:
            return [owner]
        marks = {WORKER: "sys.stdin.readline", SERVER: "fork_server.main"}
        mark = marks.get(victim, "harness.engines.process.worker")
        try:
            return [process for process in owner.children() if mark in command_of(process)]
        except psutil.NoSuchProcess:
            return []


@pytest.mark.slow
@pytest.mark.usefixtures("_subreaper")
@pytest.mark.parametrize(
    ("workers", "kills"),
    chains(),
    ids=lambda value: (
        "-".join(f"{who.replace(' ', '-')}@{moment}" for moment, who in value)
        if isinstance(value, list)
        else ("workers" if value else "alone")
    ),
)
def test_the_same_command_has_what_a_calm_run_has(project, calm, tmp_path, monkeypatch, workers, kills):
    build(project)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    stalls = ("--stall-limit", "5") if any(victim == STOPPED for _, victim in kills) else ()
    run = Disturbed(project, (*(("-n", "2") if workers else ()), *stalls))
    for moment, victim in kills:
        run.let(moment)
        run.at(moment)
        run.kill(victim)
    run.let(ALL)
    if run.process is not None:
        run.ended()
    run.start()
    status, output = run.ended()
    assert status == 0, output
    verdicts, scores = calm
    assert project.verdicts() == verdicts
    assert project.summary()["scores"] == scores
    assert len(project.asked) - REQUESTS <= AGAIN * len(kills)
    assert gone(before) == []
    assert [path.name for path in temporary.iterdir() if not path.name.startswith("pytest-of-")] == []
    assert [path.name for path in project.folder.rglob(".*")] == []


def gone(before) -> list[str]:
    """What is left of the sessions, after a while."""
    deadline = time.monotonic() + LONG_S
    while True:
        left = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
        for process in left:
            try:
                if process.status() == psutil.STATUS_ZOMBIE:
                    os.waitpid(process.pid, os.WNOHANG)
            except (psutil.NoSuchProcess, ChildProcessError):
                pass
        alive = [process for process in left if process.is_running()]
        if not alive or time.monotonic() > deadline:
            return [command_of(process) for process in alive]
        time.sleep(0.05)
