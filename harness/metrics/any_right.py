"""Accuracy where several choices say the right thing in other words: the likeliest must be one of them."""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import likeliest
from harness.metrics.answers import loglikelihoods
from harness.metrics.answers import pairs_of


@dataclass(frozen=True, slots=True)
class AnyRight:
    """Share of cases whose likeliest pair is one of the target's `true`; the first of equally likely ones is taken.

    The index of the chosen pair is kept as `extracted`. In 0..1.
    """

    name: str = "acc"
    reducer: str = "proportion"
    higher_is_better: bool = True
    signature: str = "acc|choice:argmax|right:any|length:none"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, 1)."""
        choice = likeliest(loglikelihoods(self.name, response))
        right = choice in pairs_of(self.name, case, "true")
        return Score(self.name, (float(right), 1.0), "correct" if right else "wrong", str(choice))
