"""AUROC of a binary label: the probability that a positive case scores above a negative one, ties half.

The area under the ROC curve as the Mann-Whitney statistic (Hanley and McNeil 1982, Radiology 143:29). It needs no
threshold, so a model that says yes too readily is not punished for it here as it is by accuracy.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.answers import label
from harness.metrics.answers import loglikelihoods


@dataclass(frozen=True, slots=True)
class Auroc:
    """Area under the ROC curve of the classes `positive` against the others, in 0..1; 0.5 is chance.

    A case's score is the log odds of the positive pairs: the log of their probabilities' sum less that of the others'.
    Undefined (no value) without a positive or without a negative case; a case alone is not right or wrong.
    """

    positive: tuple[int, ...] = (1,)
    name: str = "auroc"
    reducer: str = "auroc"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The classes counted as positive, the score, and what becomes of ties."""
        return f"auroc|positive:{','.join(map(str, self.positive))}|score:log-odds|length:none|ties:half"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (log odds in nats, label 0 or 1)."""
        values = loglikelihoods(self.name, response)
        inside = [value for pair, value in enumerate(values) if pair in self.positive]
        outside = [value for pair, value in enumerate(values) if pair not in self.positive]
        if not inside or not outside:
            shown = f"{len(values)} pairs in case {case.id!r}"
            raise UsageError(f"{self.name}: found {shown}; expected some of {self.positive} and others")
        odds = _log_of_sum(inside) - _log_of_sum(outside)
        return Score(self.name, (odds, float(label(self.name, case) in self.positive)), extracted=f"{odds:.4f}")


def _log_of_sum(logs: Sequence[float]) -> float:
    """The log of the sum of what `logs` are the logs of, without leaving a float's range."""
    top = max(logs)
    return top + math.log(sum(math.exp(each - top) for each in logs))
