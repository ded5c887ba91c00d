"""Examining: what is found out about a run's programs where that is asked for, once all are judged.

Wrong ones are searched for a smaller counterexample, those that pass are described. Each finding is appended to the
run's folder as soon as it is there, so what an interrupted session has found is not looked for again.
"""

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.code_tasks.rules import request
from harness.core import Execute
from harness.core import Execution
from harness.core import Record
from harness.core import Refusal
from harness.core import Trial
from harness.diagnostics.counterexample import Outcome
from harness.diagnostics.counterexample import explain
from harness.diagnostics.counterexample import searchable
from harness.diagnostics.examined import NAME
from harness.diagnostics.examined import PROGRAM
from harness.diagnostics.examined import Examined
from harness.diagnostics.examined import Explained
from harness.diagnostics.examined import fingerprints
from harness.diagnostics.examined import read_examined
from harness.diagnostics.options import DiagnosticsOptions
from harness.diagnostics.quality.cost import cost
from harness.diagnostics.quality.summary import described
from harness.results.folder import Run
from harness.results.groups import groups
from harness.sandbox.limits import Limits
from harness.session.program_loop import Sandbox
from harness.store.journal import Journal

EXPLAINED = frozenset({"failed", "exception", "type"})
"""Verdicts that a search by calls can explain."""
LIMITS = Limits(wall_times=2.0, wall_constant=1.0)
"""A search tries many calls; one that sleeps takes the wall limit, and takes it again alone."""


@dataclass(slots=True)
class Examination:
    """The work on one run: `wanted` programs to look at, `done` of them looked at, `found` lines written."""

    run: Run
    options: DiagnosticsOptions
    sandbox: Sandbox
    wanted: int = 0
    done: int = 0
    found: int = 0

    def work(self) -> None:
        """Find out what the folder does not hold yet; raises StoreError where it cannot be written."""
        known = read_examined(self.run.folder)
        jobs = dict(self._jobs(known))
        self.wanted = len(jobs)
        if not jobs:
            return
        journal = Journal(self.run.folder / NAME)
        with ThreadPoolExecutor(int(self.sandbox.facts["slots"])) as pool:
            try:
                for line in pool.map(lambda job: job(), jobs.values()):
                    self.done += 1
                    if line is not None:
                        journal.append(line)
                        self.found += 1
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                journal.close()

    def _jobs(self, known: Examined) -> Iterator[tuple[tuple[str, str], Callable[[], dict[str, Any] | None]]]:
        """(what, program) with what finds it out, each once."""
        for group in groups(self.run)[0]:
            for record in group.records.values():
                if record.status != "measured" or record.trial is None:
                    continue
                trial = self.run.prompts.trial(record.trial)
                if self.options.counterexample:
                    yield from self._wrong(record, trial, known)
                if self.options.quality:
                    yield from self._passing(record, trial, known)

    def _wrong(self, record: Record, trial: Trial, known: Examined) -> Iterator[tuple[tuple[str, str], Any]]:
        """The first wrong program of a case, where it can be searched."""
        if not searchable(trial):
            return
        for code, name, _ in _of(record, EXPLAINED):
            if name not in known.explained:
                yield ("explain", name), partial(_explained, name, trial, code, self.sandbox)
            return

    def _passing(self, record: Record, trial: Trial, known: Examined) -> Iterator[tuple[tuple[str, str], Any]]:
        for code, name, execution in _of(record, {"passed"}):
            if name not in known.described:
                yield ("describe", name), partial(_described, name, trial, code, execution, self.sandbox)


def _of(record: Record, verdicts: Collection[str]) -> Iterator[tuple[str, str, Execution]]:
    """The record's distinct programs with one of these verdicts: code, fingerprint of what ran it, execution."""
    executions = dict(zip(record.programs, record.executions, strict=True))
    for code, name in fingerprints(record).items():
        execution = executions[code]
        if execution is not None and execution.verdict in verdicts:
            yield code, name, execution


def _explained(name: str, trial: Trial, code: str, sandbox: Sandbox) -> dict[str, Any] | None:
    """The line to keep; None where a program was refused, as then nothing is known."""
    refused: list[Refusal] = []

    def submit(execute: Execute) -> "Future[Execution | Refusal]":
        future = sandbox.submit(execute)
        if isinstance(outcome := future.result(), Refusal):
            refused.append(outcome)
        return future

    counterexample = explain(trial, code, submit)
    if refused:
        return None
    if counterexample is None:
        said = Explained(None, None, None)
    else:
        call = f"{trial.names[0]}({', '.join(map(repr, counterexample.arguments))})"
        said = Explained(call, _gave(counterexample.found), _gave(counterexample.expected))
    return {"schema": PROGRAM, "program": name, "counterexample": asdict(said)}


def _gave(outcome: Outcome) -> str:
    return repr(outcome.value) if outcome.error is None else outcome.error


def _described(name: str, trial: Trial, code: str, execution: Execution, sandbox: Sandbox) -> dict[str, Any]:
    reference = sandbox.submit(request(trial, trial.reference)).result() if trial.reference else None
    spent = cost(execution, reference if isinstance(reference, Execution) else None)
    return {"schema": PROGRAM, "program": name, "quality": asdict(described(code, trial.language, spent))}
