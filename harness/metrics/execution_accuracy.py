"""Execution accuracy: a query is right where it returns what the reference query does.

Yu et al. 2018, "Spider", arXiv:1809.08887; the rows are compared by the trial, as Zhong et al. 2020,
arXiv:2010.02840, do: as multisets, in order where the reference orders them.
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
class ExecutionAccuracy:
    """Share of cases whose query returns the reference's rows; with several samples the mean over them. In 0..1."""

    samples: int = 1
    name: str = "execution_accuracy"
    signature: str = "execution_accuracy|over:samples"
    higher_is_better: bool = True

    @property
    def reducer(self) -> str:
        """A proportion where a case has one sample."""
        return reducer(self.samples)

    def over(self, samples: int, _ks: tuple[int, ...]) -> tuple["ExecutionAccuracy", ...]:
        """The metric for so many samples."""
        return (replace(self, samples=samples),)

    def observe(self, _case: Case, response: Response) -> Score:
        """Statistics (share of samples, 1)."""
        executions = verdicts(self.name, response)
        return score(self.name, executions, list(map(float, solved(executions))))
