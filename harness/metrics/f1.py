"""F1 of a binary label: the harmonic mean of precision and recall (van Rijsbergen 1979)."""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import label
from harness.metrics.answers import likeliest
from harness.metrics.answers import loglikelihoods


@dataclass(frozen=True, slots=True)
class F1:
    """F1 of the class `positive`, the likeliest pair being the prediction.

    Undefined (no value) where the class neither occurs nor is predicted. In 0..1; a case alone is not right or wrong.
    """

    positive: int = 1
    name: str = "f1"
    reducer: str = "f1"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The class counted as positive."""
        return f"f1|choice:argmax|positive:{self.positive}|average:binary"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (true positive, false positive, false negative)."""
        choice = likeliest(loglikelihoods(self.name, response))
        predicted, actual = choice == self.positive, label(self.name, case) == self.positive
        counts = (predicted and actual, predicted and not actual, actual and not predicted)
        return Score(self.name, tuple(float(count) for count in counts), extracted=str(choice))
