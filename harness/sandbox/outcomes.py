"""From what a judge said and how a program ended to an outcome for each test."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from harness.core import Outcome
from harness.languages.building.diagnosis import Diagnosis
from harness.sandbox.slot import Broken

MEMORY: tuple[Outcome, str] = ("memory", "memory is used up")
_ENDINGS: dict[str, tuple[Outcome, str]] = {
    "cpu": ("timeout", "CPU time is used up"),
    "call": ("timeout", "CPU time of one call is used up"),
    "wall": ("timeout", "wall time is used up"),
    "memory": MEMORY,
    "output": ("output", "printed more than is allowed"),
    "processes": ("crash", "too many processes"),
    "stopped": ("crash", "stopped to answer"),
}
_LIMITS: frozenset[Outcome] = frozenset({"timeout"})
_KILLED = frozenset({-signal.SIGXCPU, -signal.SIGKILL})


@dataclass(slots=True)
class Tally:
    """The outcomes so far, in the order of the tests; `silent` are tests that asked the program nothing."""

    total: int
    outcomes: list[Outcome] = field(default_factory=list)
    silent: list[int] = field(default_factory=list)
    detail: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every test has its outcome."""
        return len(self.outcomes) >= self.total

    def add(self, outcome: Outcome, detail: str | None) -> None:
        """The next test's outcome; the detail of the first that did not pass is kept."""
        if outcome != "passed" and self.detail is None:
            self.detail = detail
        self.outcomes.append(outcome)

    def overrule(self, outcome: Outcome, detail: str) -> None:
        """Another outcome for the last test, where that passed."""
        if self.outcomes and self.outcomes[-1] == "passed":
            self.outcomes[-1] = outcome
            self.detail = detail if self.detail is None else self.detail

    def fill(self, outcome: Outcome, detail: str | None) -> None:
        """The same for all that are left."""
        while not self.complete:
            self.add(outcome, detail)


def ended(status: dict[str, Any], limit: float, diagnosis: Diagnosis) -> tuple[Outcome, str]:
    """What the end of a program that owed an answer means."""
    if status["end"] in _ENDINGS:
        return _ENDINGS[status["end"]]
    code = status["code"]
    if code == -signal.SIGABRT:
        outcome, words = diagnosis.of(status["output"])
        if outcome == "memory":
            return outcome, words
    if code in _KILLED and status["cpu"] >= limit:
        return _ENDINGS["cpu"]
    if code >= 0:
        return "crash", f"ended with exit status {code} before it answered"
    try:
        return "crash", f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return "crash", f"killed by signal {-code}"


def of_output(
    compared: dict[str, Any],
    failure: dict[str, Any] | None,
    program: dict[str, Any],
    limit: float,
    diagnosis: Diagnosis,
    *,
    forgiving: bool,
) -> tuple[Outcome, str | None]:
    """What became of a test whose program reads and prints.

    `compared` is what its judge said of the output, or how that judge ended where it said nothing; `failure` what the
    program said of an exception, None where that was no message. `forgiving` where only limits count beside the output.
    Raises Broken where the judge failed though no limit of it was reached.
    """
    if "beyond" in compared:
        return _ENDINGS["output"]
    code, excused = program["code"], forgiving and compared.get("same")
    if program["end"] != "ended" or (code in _KILLED and program["cpu"] >= limit):
        return ended(program, limit, diagnosis)
    if program["exceeded"]:
        return MEMORY
    if failure != {} and not excused:
        return ("crash", "wrote what is no message") if failure is None else (failure["outcome"], failure["detail"])
    if code < 0 and not excused:
        return ended(program, limit, diagnosis)
    return _of_comparison(compared)


def _of_comparison(compared: dict[str, Any]) -> tuple[Outcome, str | None]:
    if "same" not in compared:
        if compared["end"] != "ended" or compared["exceeded"] or compared["code"] in _KILLED:
            return "output", "printed more than can be compared"
        raise Broken(f"comparison: ended with exit status {compared['code']}; expected it to say whether outputs agree")
    return ("passed", None) if compared["same"] else ("failed", compared["detail"])


def take(
    tally: Tally,
    heard: Sequence[dict[str, Any]],
    judge: dict[str, Any],
    program: dict[str, Any],
    limit: float,
    diagnosis: Diagnosis,
) -> None:
    """Add what one run of judge and program gave. At least one more test has its outcome afterwards."""
    before = len(tally.outcomes)
    for message in heard:
        if "loading" in message:
            tally.fill(message["loading"]["outcome"], message["loading"]["detail"])
        elif message.get("gone") == -1:
            tally.fill(*ended(program, limit, diagnosis))
        elif "test" in message:
            _test(tally, message, program, limit, diagnosis)
    if len(tally.outcomes) > before:
        return
    # the judge itself came to its end over what the program gave it
    if judge["end"] in {"cpu", "wall"}:
        tally.fill("timeout", "the test's own time is used up")
    elif judge["end"] == "memory":
        tally.add("memory", "the test's own memory is used up")
    else:
        tally.add("unjudgeable", "the values given ended the judge")


def _test(tally: Tally, message: dict[str, Any], program: dict[str, Any], limit: float, diagnosis: Diagnosis) -> None:
    if message["outcome"] is not None:
        tally.add(message["outcome"], message["detail"])
        if message["calls"] == 0:
            tally.silent.append(message["test"])
        return
    outcome, detail = ended(program, limit, diagnosis)
    tally.add(outcome, detail)
    if outcome in _LIMITS:
        tally.fill(outcome, detail)
