"""Exact match: what is extracted from an answer must equal the target."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.extract import verbatim
from harness.metrics.answers import reference
from harness.metrics.answers import text


@dataclass(frozen=True, slots=True)
class ExactMatch:
    """Share of cases whose first completion says the target.

    `extract` pulls the answer out of the text; where it finds none the verdict is `invalid`, which counts as not
    right. `normalise` is applied to both sides before they are compared. In 0..1.
    """

    extract: Callable[[str], str | None]
    normalise: Callable[[str], str] = verbatim
    name: str = "exact_match"
    reducer: str = "proportion"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """Both functions by name."""
        return f"exact_match|extract:{self.extract.__name__}|normalise:{self.normalise.__name__}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, 1)."""
        extracted = self.extract(text(self.name, response))
        if extracted is None:
            return Score(self.name, (0.0, 1.0), "invalid", cause=f"nothing found by {self.extract.__name__}")
        right = self.normalise(extracted) == self.normalise(reference(self.name, case))
        return Score(self.name, (float(right), 1.0), "correct" if right else "wrong", extracted)
