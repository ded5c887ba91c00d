"""Several answers a case, each judged by itself: the metrics of MultiRC, and accuracy by answer.

Khashabi et al. 2018, "Looking Beyond the Surface" (NAACL, N18-1023), as SuperGLUE counts them (Wang et al. 2019,
arXiv:1905.00537). The case's target holds a label for each answer; the pairs stand answer by answer. Where pairs say
yes and no, `yes` is the place of the pair that says yes, and label 1 means that the answer is right.
"""

from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import choices_and_labels


@dataclass(frozen=True, slots=True)
class AccuracyByAnswer:
    """Share of answers whose likeliest pair has the place its label names; every answer counts alike. In 0..1.

    A case whose answers are judged partly right is neither right nor wrong, so there is no verdict.
    """

    name: str = "acc"
    reducer: str = "mean"
    higher_is_better: bool = True
    signature: str = "acc|by:answer|choice:argmax|length:none"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, answers)."""
        choices, labels = choices_and_labels(self.name, case, response)
        right = sum(choice == label for choice, label in zip(choices, labels, strict=True))
        return Score(self.name, (float(right), float(len(labels))), extracted=_shown(choices))


@dataclass(frozen=True, slots=True)
class F1ByAnswer:
    """F1a: binary F1 over all answers of all questions, positive where an answer is right.

    Undefined where no answer is right and none is called so. In 0..1; a case alone is not right or wrong.
    """

    yes: int
    name: str = "f1a"
    reducer: str = "f1"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The pair that says yes."""
        return f"f1a|by:answer|choice:argmax|yes:{self.yes}|average:binary"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (true positives, false positives, false negatives) of the question's answers."""
        choices, labels = choices_and_labels(self.name, case, response)
        judged = [(choice == self.yes, label == 1) for choice, label in zip(choices, labels, strict=True)]
        counts = (
            sum(said and so for said, so in judged),
            sum(said and not so for said, so in judged),
            sum(so and not said for said, so in judged),
        )
        return Score(self.name, tuple(float(count) for count in counts), extracted=_shown(choices))


@dataclass(frozen=True, slots=True)
class AllAnswers:
    """EM: share of questions all of whose answers are judged as they are labelled. In 0..1."""

    yes: int
    name: str = "em"
    reducer: str = "proportion"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The pair that says yes."""
        return f"em|by:question|choice:argmax|yes:{self.yes}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, 1)."""
        choices, labels = choices_and_labels(self.name, case, response)
        right = all((choice == self.yes) == (label == 1) for choice, label in zip(choices, labels, strict=True))
        return Score(self.name, (float(right), 1.0), "correct" if right else "wrong", _shown(choices))


def _shown(choices: tuple[int, ...]) -> str:
    """The chosen pairs' places, answer by answer."""
    return " ".join(map(str, choices))
