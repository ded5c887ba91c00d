"""What a metric over verdicts reads off a response, checked: the samples of a case whose programs were run."""

from collections.abc import Sequence

from harness.core import Execution
from harness.core import Judged
from harness.core import Response
from harness.core import Score
from harness.core import Verdict
from harness.errors import UsageError
from harness.statistics.reducers import PROPORTION
from harness.statistics.reducers import SHARE

NOT_EXTRACTED = "not extracted"
"""What stands for a verdict where an answer holds no program."""


def verdicts(metric: str, response: Response) -> tuple[Execution | None, ...]:
    """What became of each sample's program, None where none could be extracted.

    Raises UsageError where the case has no trial, or a program was not run.
    """
    if not isinstance(response, Judged):
        kind = type(response).__name__
        raise UsageError(f"{metric}: found a response of kind {kind}; expected Judged, of a case with a trial")
    for code, execution in zip(response.programs, response.executions, strict=True):
        if code is not None and execution is None:
            raise UsageError(f"{metric}: found a program that was not run; expected what became of each")
    return response.executions


def solved(executions: Sequence[Execution | None]) -> list[bool]:
    """Whether each sample passed all of its tests."""
    return [execution is not None and execution.verdict == "passed" for execution in executions]


def reducer(samples: int) -> str:
    """Of a mean over samples that are each right or wrong: with one sample a case the case itself is."""
    return PROPORTION if samples == 1 else SHARE


def score(metric: str, executions: Sequence[Execution | None], values: Sequence[float]) -> Score:
    """The mean of the samples' values, with a verdict where there is one sample that is right or wrong.

    Statistics (mean, 1).
    """
    stats = (sum(values) / len(values), 1.0)
    if len(values) > 1 or stats[0] not in (0.0, 1.0):
        return Score(metric, stats)
    return Score(metric, stats, *_said(executions[0], stats[0] == 1.0))


def _said(execution: Execution | None, right: bool) -> tuple[Verdict, None, str | None]:
    """Verdict, no extraction to show, cause."""
    if execution is None:
        return "invalid", None, NOT_EXTRACTED
    return ("correct", None, None) if right else ("wrong", None, execution.verdict)
