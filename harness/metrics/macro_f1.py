"""Macro F1 of a label with several classes: the mean of the classes' F1, each counted alike however rare it is."""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import label
from harness.metrics.answers import likeliest
from harness.metrics.answers import loglikelihoods


@dataclass(frozen=True, slots=True)
class MacroF1:
    """Mean F1 of `classes` classes, the likeliest pair being the prediction.

    SuperGLUE's second metric of CB (Wang et al. 2019, arXiv:1905.00537); a class that neither occurs nor is
    predicted counts 0, as in scikit-learn. In 0..1; a case alone is not right or wrong.
    """

    classes: int
    name: str = "macro_f1"
    reducer: str = "macro_f1"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The classes that are averaged."""
        return f"macro_f1|choice:argmax|classes:{self.classes}|absent:0"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (true positive, false positive, false negative) of each class, one after the other."""
        choice, target = likeliest(loglikelihoods(self.name, response)), label(self.name, case)
        counts = tuple(
            float(count)
            for each in range(self.classes)
            for count in (choice == each == target, choice == each != target, target == each != choice)
        )
        return Score(self.name, counts, extracted=str(choice))
