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
        found = [NOT_EXTRACTED if one is None else one.verdict for one in verdicts(self.name, response)]
        if len(found) < 2:
            raise UsageError(f"{self.name}: found {len(found)} sample of case {case.id!r}; expected at least 2")
        agreeing = sum(count * (count - 1) for count in Counter(found).values())
        return Score(self.name, (agreeing / (len(found) * (len(found) - 1)), 1.0))
