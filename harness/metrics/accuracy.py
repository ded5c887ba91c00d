"""Accuracy over choices: the likeliest pair must be the right one.

One context with many continuations (multiple choice) and many contexts with one continuation (Trinh and Le 2018,
arXiv:1806.02847, as in Winogrande) are judged alike.
"""

from dataclasses import dataclass

from harness.core import Case
from harness.core import LogLikelihood
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.answers import label
from harness.metrics.answers import likeliest
from harness.metrics.answers import loglikelihoods

DELIMITER = " "


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Share of cases whose likeliest pair is the target; the first of equally likely ones is taken.

    `per_character` divides each log-likelihood by the characters of its choice, the space before it not counted:
    lm-evaluation-harness's acc_norm. The index of the chosen pair is kept as `extracted`. In 0..1.
    """

    per_character: bool = False
    reducer: str = "proportion"
    higher_is_better: bool = True

    @property
    def name(self) -> str:
        """`acc` or `acc_norm`."""
        return "acc_norm" if self.per_character else "acc"

    @property
    def signature(self) -> str:
        """The rule by which a choice is taken."""
        return f"{self.name}|choice:argmax|length:{'characters' if self.per_character else 'none'}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, 1)."""
        values = loglikelihoods(self.name, response)
        if self.per_character:
            values = tuple(value / size for value, size in zip(values, self._lengths(case), strict=True))
        choice = likeliest(values)
        right = choice == label(self.name, case)
        return Score(self.name, (float(right), 1.0), "correct" if right else "wrong", str(choice))

    def _lengths(self, case: Case) -> tuple[int, ...]:
        request = case.requests[-1]
        if not isinstance(request, LogLikelihood):
            raise UsageError(f"{self.name}: found a request of kind {type(request).__name__}; expected LogLikelihood")
        return tuple(max(1, len(continuation.removeprefix(DELIMITER))) for _, continuation in request.pairs)
