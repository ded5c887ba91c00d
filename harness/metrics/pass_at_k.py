"""pass@k, unbiased (Chen et al. 2021, arXiv:2107.03374): the chance that one of k samples passes its tests."""

import math
from dataclasses import dataclass

from harness.core import Case
from harness.core import Judged
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class PassAtK:
    """Mean over cases of 1 - C(n - c, k) / C(n, k), with c of n samples right. In 0..1."""

    k: int = 1
    reducer: str = "mean"
    higher_is_better: bool = True

    @property
    def name(self) -> str:
        """`pass@1` and so on."""
        return f"pass@{self.k}"

    @property
    def signature(self) -> str:
        """The estimator."""
        return f"pass@{self.k}|estimator:unbiased"

    def observe(self, case: Case, response: Response | Judged) -> Score:
        """Statistics (estimate, 1)."""
        if not isinstance(response, Judged):
            raise UsageError(f"{self.name}: found a {type(response).__name__} in case {case.id!r}; expected Judged")
        right = [run is not None and run.verdict == "passed" for run in response.executions]
        n, c = len(right), sum(right)
        value = 1 - math.comb(n - c, self.k) / math.comb(n, self.k)
        verdict = ("correct" if right[0] else "wrong") if response.programs[0] is not None else "invalid"
        return Score(self.name, (value, 1.0), verdict, response.programs[0])
