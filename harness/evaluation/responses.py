"""Responses to cases, their programs' verdicts, and their scores, in whichever process a case is tested."""

import math
import os
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from harness.code_tasks.rules import program
from harness.code_tasks.rules import reading
from harness.code_tasks.rules import request
from harness.core import Completions
from harness.core import Execution
from harness.core import Generate
from harness.core import Judged
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import Score
from harness.core import Status
from harness.core import fingerprint
from harness.errors import CrosstaskError
from harness.errors import UsageError
from harness.evaluation.dialogues import Dialogues
from harness.evaluation.options import Options
from harness.evaluation.shown import dialogue
from harness.evaluation.subjects import Subjects
from harness.session.plan import PlannedCase
from harness.session.program_loop import JUDGING
from harness.session.program_loop import SANDBOX
from harness.session.waiting import NotServedError
from harness.session.waiting import Reader


class NotMeasuredError(CrosstaskError):
    """A case gets no score: it is `refused`, `not_run` or an `error`, as `status` says."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status: Status = status


@dataclass
class Outcome:
    """What is learned of one case; one that is not needed gets no record."""

    responses: list[Response] = field(default_factory=list)
    fingerprints: list[str] = field(default_factory=list)
    programs: tuple[str | None, ...] = ()
    readings: tuple[str | None, ...] = ()
    scores: tuple[Score, ...] = ()
    status: Status | None = None
    reason: str | None = None
    is_needed: bool = True


@dataclass
class Responses:
    """Where the cases of a session get their responses from, in one process.

    Every method that waits raises NotMeasuredError where there will be no answer.

    Attributes:
        folder: Where the session meets.
        options: What the user wants.
        subjects: The models that are asked, or what was recorded of them.
        replayed: Recorded responses by benchmark, model and case.
        planned_cases: The cases of this process, as they are tested.
        owner: The process that asks.
        tick: Called about five times a second while an answer is awaited.
        stop: Called with the reason where the only model answers no more.
        _dialogues: Those of the cases that have several turns.
        _reader: Pulls answers, once it was needed.
        _verdicts: Pulls verdicts on programs, once it was needed.
    """

    folder: Path
    options: Options
    subjects: Subjects
    replayed: Mapping[tuple[str, str, str], Response]
    planned_cases: Sequence[PlannedCase]
    owner: int = field(default_factory=os.getpid)
    tick: Callable[[], None] = lambda: None
    stop: Callable[[str], None] = lambda _: None
    _dialogues: Dialogues = field(init=False)
    _reader: Reader | None = field(default=None, init=False)
    _verdicts: Reader | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._dialogues = Dialogues(self.planned_cases, self._next_turn)

    @property
    def reader(self) -> Reader:
        """Where this process pulls its answers from."""
        if self._reader is None:
            order: dict[str, list[str]] = {}
            for planned in self.planned_cases:
                order.setdefault(planned.model, []).extend(planned.fingerprints)
            self._reader = Reader(self.folder, self.owner, order)
        return self._reader

    @property
    def verdicts(self) -> Reader:
        """Where this process pulls verdicts on programs from."""
        if self._verdicts is None:
            self._verdicts = Reader(self.folder, self.owner, alive=JUDGING)
        return self._verdicts

    def response(self, planned: PlannedCase, outcome: Outcome) -> Response:
        """The model's response to the case's last turn; of a case with a trial it is Judged: its programs were run."""
        if planned.failure is not None:
            raise _not_measured(outcome, "not_run", planned.failure)
        if planned.case.trial is not None:
            self._check_programs_are_run(outcome)
        if self.subjects.recorded is not None:
            return self._judged(planned, outcome, self._replayed(planned, outcome))
        if planned.benchmark.follow_up is not None:
            self._dialogues.leave(planned)
        for key in planned.fingerprints:
            self._wait(planned, outcome, key)
        while (later := self._next_turn(planned, outcome.responses)) is not None:
            self.ask(planned, outcome, later)
        return self._judged(planned, outcome, outcome.responses[-1])

    def ask(self, planned: PlannedCase, outcome: Outcome, wanted: Request) -> Response:
        """Ask what no plan foresaw, and wait for the answer."""
        if self.subjects.recorded is not None:
            engine = self.options.engine
            reason = f"--engine {engine}: a request no answers file can hold; use an engine that runs the model"
            raise _not_measured(outcome, "not_run", reason)
        key = fingerprint(wanted)
        self.reader.want(planned.model, key, wanted)
        return self._wait(planned, outcome, key)

    def has_all(self, planned: PlannedCase) -> bool:
        """Whether every answer that a planned case begins with is there."""
        if self.subjects.recorded is not None:
            return (planned.benchmark.name, planned.model, planned.case.id) in self.replayed
        return self.reader.has_all(planned.model, planned.fingerprints)

    def close(self) -> None:
        """Close what was opened."""
        for reader in (self._reader, self._verdicts):
            if reader is not None:
                reader.close()

    def _next_turn(self, planned: PlannedCase, responses: Sequence[Response]) -> Request | None:
        """The next turn, at the temperature of the first; one sample of it."""
        sampling, turn = self.options.sampling, planned.benchmark.next_turn(planned.case, tuple(responses))
        if not isinstance(turn, Generate) or sampling.is_plain:
            return turn
        first = next((request for request in planned.case.requests if isinstance(request, Generate)), turn)
        temperature = first.temperature if sampling.temperatures else None
        return sampling.ask(turn, temperature)

    def _wait(self, planned: PlannedCase, outcome: Outcome, key: str) -> Response:
        """Wait for the answer to a wanted request of a case, and keep both."""
        try:
            self._dialogues.advance(self.reader)
            response = self.reader.wait(planned.model, key, self._meanwhile)
        except NotServedError as error:
            raise _not_measured(outcome, "not_run", str(error)) from error
        except CrosstaskError as error:
            if len(self.subjects.cards) == 1:
                self.stop(str(error))
            raise _not_measured(outcome, "not_run", str(error)) from error
        outcome.fingerprints.append(key)
        outcome.responses.append(response)
        if isinstance(response, Refusal):
            raise _not_measured(outcome, "refused", response.reason)
        return response

    def _meanwhile(self) -> None:
        self.tick()
        self._dialogues.advance(self.reader)

    def _replayed(self, planned: PlannedCase, outcome: Outcome) -> Response:
        response = self.replayed.get((planned.benchmark.name, planned.model, planned.case.id))
        if response is None:
            where = "answers" if self.subjects.recorded is None else self.subjects.recorded.where
            reason = f"{where}: no answer of {planned.model} to {planned.benchmark.name} {planned.case.id}"
            raise _not_measured(outcome, "not_run", reason)
        outcome.responses.append(response)
        outcome.fingerprints.extend(planned.fingerprints)
        return response

    def _check_programs_are_run(self, outcome: Outcome) -> None:
        """Raise where nobody can run programs, before any answer is awaited."""
        try:
            self.verdicts.check(SANDBOX)
        except CrosstaskError as error:
            raise _not_measured(outcome, "not_run", str(error)) from error

    def _judged(self, planned: PlannedCase, outcome: Outcome, response: Response) -> Response:
        """The response with what became of its programs, waiting for it, where the case has a trial."""
        trial = planned.benchmark.trial_of(planned.case, tuple(outcome.responses))
        if trial is None:
            return response
        if not isinstance(response, Completions):
            raise UsageError(
                f"{planned.benchmark.name}: found {type(response).__name__}; expected Completions of a trial"
            )
        programs = tuple(program(trial, completion.text) for completion in response.completions)
        wanted = {code: fingerprint(request(trial, code)) for code in programs if code is not None}
        outcome.programs = programs
        outcome.readings = tuple(reading(trial, completion.text) for completion in response.completions)
        try:
            for code, key in wanted.items():
                self.verdicts.want_run(key, planned.trial, code)
            by_code = {code: self._executed(outcome, key) for code, key in wanted.items()}
        except NotMeasuredError:
            raise
        except CrosstaskError as error:
            raise _not_measured(outcome, "not_run", str(error)) from error
        executions = tuple(None if code is None else by_code[code] for code in programs)
        return Judged(response, programs, executions, planned.ks)

    def _executed(self, outcome: Outcome, key: str) -> Execution:
        """What became of a program; a refusal of the sandbox is no verdict."""
        execution = self.verdicts.wait(SANDBOX, key, self.tick)
        if isinstance(execution, Refusal):
            raise _not_measured(outcome, "not_run", execution.reason)
        if not isinstance(execution, Execution):
            raise UsageError(f"sandbox: found {type(execution).__name__}; expected an Execution")
        outcome.fingerprints.append(key)
        outcome.responses.append(execution)
        return execution


def keep(planned: PlannedCase, outcome: Outcome, scores: tuple[Score, ...], *, fail_wrong: bool = False) -> str | None:
    """Keep the scores of a case; why its test is to fail, None where it is not.

    It is to fail where a statistic is no finite number, and with `fail_wrong` where the first score is wrong.
    """
    for score in scores:
        if not all(map(math.isfinite, score.stats)):
            return f"{score.metric}: found statistics {score.stats}; expected finite numbers"
    outcome.scores = scores
    if fail_wrong and scores and scores[0].verdict in ("wrong", "invalid"):
        return _wrong(planned, outcome, scores[0])
    return None


def _wrong(planned: PlannedCase, outcome: Outcome, score: Score) -> str:
    """What was scored, expected, asked and answered: all that a reader needs to judge the verdict."""
    if planned.case.trial is not None:
        judged = f"{score.metric}: {score.verdict}, found {score.cause}; expected passed"
    else:
        shown = "nothing" if score.extracted is None else repr(score.extracted)
        judged = f"{score.metric}: {score.verdict}, found {shown}; expected {planned.case.target!r}"
    return f"{judged}\n{dialogue(planned.case.requests, outcome.responses)}"


def _not_measured(outcome: Outcome, status: Status, reason: str) -> NotMeasuredError:
    """Note why there is no score."""
    outcome.status, outcome.reason = status, reason
    return NotMeasuredError(status, reason)
