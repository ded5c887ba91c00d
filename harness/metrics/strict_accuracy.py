"""Strict accuracy: all tests of a problem must pass.

Hendrycks et al. 2021, "Measuring Coding Challenge Competence With APPS", arXiv:2105.09938, section 4.
"""

from dataclasses import dataclass
from dataclasses import replace

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.judged import reducer
from harness.metrics.judged import score
from harness.metrics.judged import solved
from harness.metrics.judged import verdicts


@dataclass(frozen=True, slots=True)
class StrictAccuracy:
    """Share of cases whose program passes every test; with several samples the mean over them. In 0..1."""

    samples: int = 1
    name: str = "strict_accuracy"
    signature: str = "strict_accuracy|over:samples"
    higher_is_better: bool = True

    @property
    def reducer(self) -> str:
        """A proportion where a case has one sample."""
        return reducer(self.samples)

    def over(self, samples: int, _ks: tuple[int, ...]) -> tuple["StrictAccuracy", ...]:
        """The metric for so many samples."""
        return (replace(self, samples=samples),)

    def observe(self, _case: Case, response: Response) -> Score:
        """Statistics (share of samples, 1)."""
        executions = verdicts(self.name, response)
        return score(self.name, executions, list(map(float, solved(executions))))
