"""Programs scored again: what was run is not run twice, and what today's extraction finds beside it may be run now."""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any
from typing import Protocol

from harness.code_tasks.rules import program
from harness.code_tasks.rules import reading
from harness.code_tasks.rules import request
from harness.core import Completions
from harness.core import Execute
from harness.core import Execution
from harness.core import Judged
from harness.core import Record
from harness.core import Refusal
from harness.core import Trial
from harness.core import fingerprint
from harness.results.folder import Run

_LEFT = "today's extraction gives a program that was not run; crosstask rescore --execute runs it"


class Runner(Protocol):
    """What runs the programs that are missing; `facts` say what they are run in."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the manifest says of it."""
        ...

    def run(self, requests: Sequence[Execute]) -> Sequence[Execution | Refusal]:
        """What became of each program."""
        ...


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs of a run under today's extraction.

    `missing` gets a line for each case with a program that was not run, and cannot be for want of a `runner`.
    """

    run: Run
    runner: Runner | None = None
    missing: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    def judge(self, record: Record, trial: Trial) -> tuple[Record, Judged | None]:
        """The record with today's programs, and what its case is scored on; None where a program was not run."""
        answer = record.answer
        if not isinstance(answer, Completions):
            return record, None
        programs = tuple(program(trial, completion.text) for completion in answer.completions)
        wanted = {code: request(trial, code) for code in programs if code is not None}
        prompts = {code: fingerprint(execute) for code, execute in wanted.items()}
        executions, reason = self._found(record, wanted, prompts)
        if reason is not None:
            return replace(record, status="not_run", reason=reason, scores=()), None
        today = replace(
            record,
            prompts=(*record.asked, *prompts.values()),
            responses=(*record.answers, *(executions[code] for code in wanted)),
            programs=programs,
            readings=tuple(reading(trial, completion.text) for completion in answer.completions),
        )
        facts = self.run.manifest["benchmarks"][record.benchmark]
        return today, Judged(answer, programs, today.executions, tuple(facts.get("k", ())))

    def noted(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        """The manifest with the sandbox that ran what was missing, where anything was."""
        if self.runner is None or not self.ran:
            return manifest
        note = f"{len(self.ran)} programs were run when scores were made again (crosstask rescore --execute)."
        return {**manifest, "sandbox": dict(self.runner.facts), "notes": [*manifest["notes"], note]}

    def _found(
        self, record: Record, wanted: Mapping[str, Execute], prompts: Mapping[str, str]
    ) -> tuple[dict[str, Execution], str | None]:
        """What became of each program, or why that is not known."""
        stored = dict(zip(record.prompts, record.responses, strict=False))
        executions = {
            code: execution for code, name in prompts.items() if isinstance(execution := stored.get(name), Execution)
        }
        left = [code for code in wanted if code not in executions]
        if not left:
            return executions, None
        if self.runner is None:
            self.missing.append(f"{record.benchmark} {record.case}: {_LEFT}")
            return executions, _LEFT
        for code, execution in zip(left, self.runner.run([wanted[code] for code in left]), strict=True):
            if isinstance(execution, Refusal):
                return executions, execution.reason
            executions[code] = execution
        self.ran.extend(left)
        return executions, None
