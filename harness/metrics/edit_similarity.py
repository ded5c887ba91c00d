"""Edit similarity: how few insertions and deletions turn a program into its reference.

As CodeXGLUE's code completion (Lu et al. 2021, arXiv:2102.04664) and RepoBench (Liu et al. 2023, arXiv:2306.03091)
score it: the `fuzz.ratio` of their scripts, here rapidfuzz's, which is not rounded.
"""

from dataclasses import dataclass
from importlib.metadata import version

from rapidfuzz.fuzz import ratio

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import program_and_reference


@dataclass(frozen=True, slots=True)
class EditSimilarity:
    """Mean over cases of 1 - d / (a + b), d insertions and deletions between texts of a and b characters. In 0..1.

    White space around a program does not count.
    """

    name: str = "edit_similarity"
    reducer: str = "mean"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The distance and the library."""
        return f"edit_similarity|distance:indel|unit:character|rapidfuzz:{version('rapidfuzz')}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (similarity, 1)."""
        said, wanted = program_and_reference(self.name, case, response)
        return Score(self.name, (ratio(said.strip(), wanted.strip()) / 100, 1.0))
