"""Accuracy over choices: the likeliest pair must be the right one.

One context with many continuations (multiple choice) and many contexts with one continuation (Trinh and Le 2018,
arXiv:1806.02847, as in Winogrande) are judged alike.
"""

from dataclasses import dataclass
from typing import Literal

from harness.core import Case
from harness.core import LogLikelihood
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.answers import label
from harness.metrics.answers import likeliest
from harness.metrics.answers import loglikelihoods

DELIMITER = " "
_NAMES = {"none": "acc", "characters": "acc_norm", "bytes": "acc_bytes"}


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Share of cases whose likeliest pair is the target; the first of equally likely ones is taken.

    `length` divides each log-likelihood by the length of its choice in characters (lm-evaluation-harness's acc_norm) or
    in UTF-8 bytes (its acc_bytes), the space before it not counted. The index of the chosen pair is kept as
    `extracted`. In 0..1.
    """

    length: Literal["none", "characters", "bytes"] = "none"
    reducer: str = "proportion"
    higher_is_better: bool = True

    @property
    def name(self) -> str:
        """`acc`, `acc_norm` or `acc_bytes`."""
        return _NAMES[self.length]

    @property
    def signature(self) -> str:
        """The rule by which a choice is taken."""
        return f"{self.name}|choice:argmax|length:{self.length}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, 1)."""
        values = loglikelihoods(self.name, response)
        if self.length != "none":
            values = tuple(value / size for value, size in zip(values, self._lengths(case), strict=True))
        choice = likeliest(values)
        right = choice == label(self.name, case)
        return Score(self.name, (float(right), 1.0), "correct" if right else "wrong", str(choice))

    def _lengths(self, case: Case) -> tuple[int, ...]:
        request = case.requests[-1]
        if not isinstance(request, LogLikelihood):
            raise UsageError(f"{self.name}: found a request of kind {type(request).__name__}; expected LogLikelihood")
        choices = (continuation.removeprefix(DELIMITER) for _, continuation in request.pairs)
        return tuple(max(1, len(choice.encode() if self.length == "bytes" else choice)) for choice in choices)
