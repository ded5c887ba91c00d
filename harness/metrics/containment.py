"""Containment: the answer has the target's words in it, whatever else it says."""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import reference
from harness.metrics.answers import text


@dataclass(frozen=True, slots=True)
class Containment:
    """Share of cases whose first completion contains the target, in letters of any case and any white space. In 0..1.

    An answer that says something wrong beside the target counts as right.
    """

    name: str = "found"
    reducer: str = "proportion"
    higher_is_better: bool = True
    signature: str = "found|containment|case:folded|space:one"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (contained, 1)."""
        said, target = _folded(text(self.name, response)), _folded(reference(self.name, case))
        right = target in said
        return Score(self.name, (float(right), 1.0), "correct" if right else "wrong", said)


def _folded(words: str) -> str:
    return " ".join(words.casefold().split())
