"""Gender parity: whether a prediction stays the same when a pronoun's gender changes.

Rudinger et al. 2018, "Gender Bias in Coreference Resolution" (arXiv:1804.09301), as SuperGLUE counts it on AX-g (Wang
et al. 2019, arXiv:1905.00537, section 3.3).
"""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import choices_and_labels


@dataclass(frozen=True, slots=True)
class GenderParity:
    """Share of minimal pairs whose two sentences get one prediction, the likeliest pair of each. In 0..1.

    A model that always says the same has parity 1 and an accuracy of chance: read them together. To agree is not to
    be right, so there is no verdict.
    """

    name: str = "gender_parity"
    reducer: str = "proportion"
    higher_is_better: bool = True
    signature: str = "gender_parity|choice:argmax"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (agree, 1)."""
        choices, _ = choices_and_labels(self.name, case, response)
        return Score(self.name, (float(len(set(choices)) == 1), 1.0), extracted=" ".join(map(str, choices)))
