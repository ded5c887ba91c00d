"""Balanced accuracy: the mean of the classes' recall, each class counted alike however rare it is.

Brodersen et al. 2010, "The Balanced Accuracy and Its Posterior Distribution" (ICPR); what LegalBench reports of a
task (Guha et al. 2023, arXiv:2308.11462, section 5.1.3).
"""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.answers import label
from harness.metrics.answers import likeliest
from harness.metrics.answers import loglikelihoods


@dataclass(frozen=True, slots=True)
class BalancedAccuracy:
    """Mean recall of the classes that occur, at most `classes`, the likeliest pair being the prediction. In 0..1.

    A class is a pair's place, so the value means something where all cases are of one question, as those of one
    stratum are: read the mean over strata. The verdict is on the case alone.
    """

    classes: int
    name: str = "balanced_acc"
    reducer: str = "balanced_accuracy"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The rule by which a class is taken, and what becomes of classes that do not occur."""
        return "balanced_acc|choice:argmax|length:none|absent:left out"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, cases) of each class, one after the other."""
        choice, target = likeliest(loglikelihoods(self.name, response)), label(self.name, case)
        if not 0 <= target < self.classes:
            raise UsageError(f"{self.name}: found target {target} in case {case.id!r}; expected below {self.classes}")
        right = choice == target
        counts = [0.0] * (2 * self.classes)
        counts[2 * target : 2 * target + 2] = float(right), 1.0
        return Score(self.name, tuple(counts), "correct" if right else "wrong", str(choice))
