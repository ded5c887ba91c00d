"""pass@k: the chance that at least one of k samples solves a problem.

Chen et al. 2021, "Evaluating Large Language Models Trained on Code", arXiv:2107.03374, section 2.1: with n samples of
which c are right, 1 - C(n-c, k) / C(n, k), which has no bias.
"""

from dataclasses import dataclass
from dataclasses import replace

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.judged import reducer
from harness.metrics.judged import score
from harness.metrics.judged import solved
from harness.metrics.judged import verdicts
from harness.statistics import pass_at_k
from harness.statistics import sampling_variance


@dataclass(frozen=True, slots=True)
class PassAtK:
    """pass@k over cases, from `samples` programs each. In 0..1.

    A program solves a case where it passes all tests; one that is unjudgeable does not. On a page the k is 1, and
    stands for each k that is asked for. With one sample a case is right or wrong.
    """

    k: int = 1
    samples: int = 1
    higher_is_better: bool = True

    @property
    def name(self) -> str:
        """`pass@k`."""
        return f"pass@{self.k}"

    @property
    def reducer(self) -> str:
        """A proportion where a case has one sample."""
        return reducer(self.samples)

    @property
    def signature(self) -> str:
        """The k, the samples, and how one is had from the other."""
        return f"pass@{self.k}|n:{self.samples}|estimator:unbiased"

    def over(self, samples: int, ks: tuple[int, ...]) -> tuple["PassAtK", ...]:
        """One for each k."""
        return tuple(replace(self, k=k, samples=samples) for k in ks or (self.k,))

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (estimate, 1), and with more than k samples its variance from the samples alone."""
        executions = verdicts(self.name, response)
        right, n = sum(solved(executions)), len(executions)
        if n < self.k:
            raise UsageError(f"{self.name}: found {n} samples of case {case.id!r}; expected at least {self.k}")
        if n == 1:
            return score(self.name, executions, [float(right)])
        stats = (float(pass_at_k([n], [right], self.k)[0]), 1.0)
        return Score(self.name, (*stats, *sampling_variance([n], [right], self.k).tolist()) if n > self.k else stats)
