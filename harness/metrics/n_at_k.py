"""n@k: the chance to solve a problem by at most n submissions, chosen from k samples by the example tests.

Li et al. 2022, "Competition-Level Code Generation with AlphaCode", arXiv:2203.07814, section 2.2. Here without their
clustering: the submissions are drawn at random from the samples that pass the examples.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from harness.core import Case
from harness.core import Execution
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.judged import solved
from harness.metrics.judged import verdicts
from harness.statistics.reducers import SHARE


@dataclass(frozen=True, slots=True)
class NAtK:
    """n@k over cases. In 0..1.

    Of k samples, those that pass the case's example tests are kept; of these n are submitted at random, all where
    there are no more, none where none is kept. The case is solved where one of the submitted passes all tests. The
    value of a case is the exact mean over all choices of k of its N samples and all choices of submissions. With e
    samples that pass the examples and c of them right:

        sum over j of  C(e, j) C(N-e, k-j) / C(N, k)  *  (1 - C(e-c, m) / C(e, m)),   m = min(n, j)

    A case without example tests keeps all k samples. On a page the metric stands for one of each k above n.
    """

    n: int = 10
    k: int = 100
    samples: int = 1
    reducer: str = SHARE
    higher_is_better: bool = True

    @property
    def name(self) -> str:
        """`n@k`."""
        return f"{self.n}@{self.k}"

    @property
    def signature(self) -> str:
        """Submissions, k, samples, and how they are filtered."""
        return f"{self.n}@{self.k}|n:{self.samples}|filter:examples|clustering:none|estimator:exact"

    def over(self, samples: int, ks: tuple[int, ...]) -> tuple["NAtK", ...]:
        """One for each k above n that there are samples for."""
        return tuple(replace(self, k=k, samples=samples) for k in ks or (self.k,) if self.n < k <= samples)

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (exact mean over choices, 1)."""
        executions = verdicts(self.name, response)
        if len(executions) < self.k:
            shown = f"{len(executions)} samples of case {case.id!r}"
            raise UsageError(f"{self.name}: found {shown}; expected at least {self.k}")
        examples = 0 if case.trial is None else case.trial.examples
        kept, right = sum(_kept(executions, examples)), sum(solved(executions))
        return Score(self.name, (n_at_k(len(executions), kept, right, self.n, self.k), 1.0))


def n_at_k(samples: int, kept: int, right: int, n: int, k: int) -> float:
    """The value of one case: of `samples`, `kept` pass the examples and `right` of these all tests."""
    total = math.comb(samples, k)
    value = 0.0
    for j in range(max(1, k - samples + kept), min(k, kept) + 1):
        share = math.comb(kept, j) * math.comb(samples - kept, k - j) / total
        submitted = min(n, j)
        value += share * (1 - math.comb(kept - right, submitted) / math.comb(kept, submitted))
    return min(1.0, value)


def _kept(executions: Sequence[Execution | None], examples: int) -> list[bool]:
    """Whether each sample passes the examples, which are the first of its tests."""
    return [
        execution is not None
        and (
            execution.verdict == "passed"
            or not examples
            or (len(execution.passed) >= examples and all(execution.passed[:examples]))
        )
        for execution in executions
    ]
