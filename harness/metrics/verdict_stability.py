"""Verdict stability: how often two samples of a case share their verdict."""

from collections import Counter
from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.judged import NOT_EXTRACTED
from harness.metrics.judged import verdicts
from harness.statistics.reducers import SHARE


@dataclass(frozen=True, slots=True)
class VerdictStability:
    """The chance that two different samples of a case, drawn at random, have the same verdict. In 0..1.

    It describes a model and ranks none: one that is always wrong in the same way is stable. It says nothing of cases
    with one sample, and is left out there.
    """

    name: str = "verdict_stability"
    reducer: str = SHARE
    signature: str = "verdict_stability|pairs:without replacement"
    higher_is_better: bool = True

    def over(self, samples: int, _ks: tuple[int, ...]) -> tuple["VerdictStability", ...]:
        """The metric itself, from two samples on."""
        return (self,) if samples > 1 else ()

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (share of pairs that agree, 1)."""
        names = [
            NOT_EXTRACTED if execution is None else execution.verdict for execution in verdicts(self.name, response)
        ]
        if len(names) < 2:
            raise UsageError(f"{self.name}: found {len(names)} sample of case {case.id!r}; expected at least 2")
        agreeing = sum(count * (count - 1) for count in Counter(names).values())
        return Score(self.name, (agreeing / (len(names) * (len(names) - 1)), 1.0))
