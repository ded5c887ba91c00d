"""Exact match of code: the same tokens in the same order, however they are spaced.

CodeXGLUE's exact match (Lu et al. 2021, arXiv:2102.04664) of code completion compares texts split at white space.
"""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import program_and_reference


@dataclass(frozen=True, slots=True)
class CodeMatch:
    """Share of cases whose program is the reference but for white space. In 0..1."""

    name: str = "code_exact_match"
    reducer: str = "proportion"
    signature: str = "code_exact_match|split:white space"
    higher_is_better: bool = True

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, 1)."""
        said, wanted = program_and_reference(self.name, case, response)
        right = said.split() == wanted.split()
        return Score(self.name, (float(right), 1.0), "correct" if right else "wrong")
