"""EM and F1 of ReCoRD: the likeliest entity, compared as text with every gold answer.

Zhang et al. 2018, arXiv:1810.12885, with the comparison of SQuAD (Rajpurkar et al. 2016, arXiv:1606.05250, its script
evaluate-v1.1): small letters, no punctuation, no articles. The best of the gold answers counts.
"""

import re
import string
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.metrics.answers import likeliest
from harness.metrics.answers import loglikelihoods

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class EntityMatch:
    """Share of queries whose likeliest entity is a gold answer. In 0..1.

    The target's `entities` are the pairs' entities in order, its `answers` the gold ones.
    """

    name: str = "em"
    reducer: str = "proportion"
    higher_is_better: bool = True
    signature: str = "em|choice:argmax|normalise:squad|answers:best"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (right, 1)."""
        entity, answers = _chosen(self.name, case, response)
        right = _words(entity) in [_words(answer) for answer in answers]
        return Score(self.name, (float(right), 1.0), "correct" if right else "wrong", entity)


@dataclass(frozen=True, slots=True)
class EntityF1:
    """Mean F1 of the words shared by the likeliest entity and the gold answer that shares most. In 0..1.

    Target as for EntityMatch. Two texts without a word left agree fully. Not right or wrong.
    """

    name: str = "f1"
    reducer: str = "mean"
    higher_is_better: bool = True
    signature: str = "f1|choice:argmax|normalise:squad|answers:best"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (F1 of the words, 1)."""
        entity, answers = _chosen(self.name, case, response)
        best = max(_overlap(_words(entity), _words(answer)) for answer in answers)
        return Score(self.name, (best, 1.0), extracted=entity)


def _chosen(metric: str, case: Case, response: Response) -> tuple[str, tuple[str, ...]]:
    """The likeliest entity and the gold answers."""
    values = loglikelihoods(metric, response)
    entities, answers = _texts(metric, case, "entities"), _texts(metric, case, "answers")
    if len(entities) != len(values):
        shown = f"{len(values)} pairs for {len(entities)} entities in case {case.id!r}"
        raise UsageError(f"{metric}: found {shown}; expected one a pair")
    return entities[likeliest(values)], answers


def _texts(metric: str, case: Case, field: str) -> tuple[str, ...]:
    texts = case.target.get(field) if isinstance(case.target, Mapping) else None
    if not isinstance(texts, tuple) or not texts:
        raise UsageError(f"{metric}: found target {case.target!r} in case {case.id!r}; expected texts in {field!r}")
    return tuple(str(text) for text in texts)


def _words(text: str) -> list[str]:
    return _ARTICLE.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split()


def _overlap(said: list[str], gold: list[str]) -> float:
    if not said or not gold:
        return float(said == gold)
    shared = (Counter(said) & Counter(gold)).total()
    return 2 * shared / (len(said) + len(gold))
