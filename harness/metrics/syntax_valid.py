"""Syntax-valid rate: how many answers hold a program that its language can read."""

from dataclasses import dataclass
from dataclasses import replace

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.judged import reducer
from harness.metrics.judged import score
from harness.metrics.judged import verdicts


@dataclass(frozen=True, slots=True)
class SyntaxValid:
    """Share of samples with a program that parses, right or not; an answer without a program has none. In 0..1.

    What the sandbox calls "syntax" does not parse; whatever came to be run did. Of a compiled language it is what does
    not compile, types included.
    """

    samples: int = 1
    name: str = "syntax_valid"
    signature: str = "syntax_valid|over:samples"
    higher_is_better: bool = True

    @property
    def reducer(self) -> str:
        """A proportion where a case has one sample."""
        return reducer(self.samples)

    def over(self, samples: int, _ks: tuple[int, ...]) -> tuple["SyntaxValid", ...]:
        """The metric for so many samples."""
        return (replace(self, samples=samples),)

    def observe(self, _case: Case, response: Response) -> Score:
        """Statistics (share of samples, 1)."""
        executions = verdicts(self.name, response)
        return score(
            self.name,
            executions,
            [float(execution is not None and execution.verdict != "syntax") for execution in executions],
        )
