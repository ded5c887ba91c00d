"""Matthews correlation of a binary label: the phi coefficient of what is predicted and what is so (Matthews 1975)."""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import label
from harness.metrics.answers import likeliest
from harness.metrics.answers import loglikelihoods


@dataclass(frozen=True, slots=True)
class Matthews:
    """Correlation of two-class predictions with their labels, the likeliest pair being the prediction.

    In -1..1, 0 for chance and for a model that always says the same. The same whichever class counts as positive;
    here the first. A case alone is not right or wrong.
    """

    name: str = "mcc"
    reducer: str = "matthews"
    higher_is_better: bool = True
    signature: str = "mcc|choice:argmax|classes:2"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (true positive, false positive, false negative, true negative)."""
        choice = likeliest(loglikelihoods(self.name, response))
        predicted, actual = choice == 0, label(self.name, case) == 0
        counts = (
            predicted and actual,
            predicted and not actual,
            actual and not predicted,
            not actual and not predicted,
        )
        return Score(self.name, tuple(float(count) for count in counts), extracted=str(choice))
