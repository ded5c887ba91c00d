"""METEOR by nltk (Banerjee and Lavie 2005, W05-0909): words aligned as they are, by stem and by synonym.

Recall weighs nine times as much as precision, and the more runs of neighbouring words an alignment falls into, the less
it counts. The weights are those of 2005 (alpha 0.9, beta 3, gamma 0.5), which Lavie and Agarwal 2007 (W07-0734) name.
"""

import functools
import importlib.metadata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import reference
from harness.metrics.answers import text
from harness.metrics.words import NAME
from harness.metrics.words import words_and_signs

if TYPE_CHECKING:
    from nltk.corpus.reader.wordnet import WordNetCorpusReader  # type: ignore[import-untyped]


class NoSynonyms:
    """A WordNet without a word: alignments end with the stage of stems."""

    def synsets(self, _word: str) -> tuple[()]:
        """No sense of any word."""
        return ()


@dataclass(frozen=True, slots=True)
class Meteor:
    """Mean METEOR of the first completions against one reference each. In 0..1, and below 1 even for equal texts.

    Each case is scored by itself and counts alike, as in Hugging Face's `evaluate`; the authors' program scores a
    corpus by the sum of its alignments instead. Words are those of `words.py`, of any script and with underscores, and
    single signs, in lower case. The synonyms' stage runs where nltk finds its corpus `wordnet`; the signature says
    whether it did.
    """

    name: str = "meteor"
    reducer: str = "mean"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The stages that run here, the weights, the tokens, and nltk's version."""
        weights = "alpha:0.9|beta:3|gamma:0.5"
        version = importlib.metadata.version("nltk")
        return f"meteor|stages:{','.join(_stages())}|{weights}|tok:{NAME},signs|case:lc|mean:cases|nltk:{version}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (METEOR, 1)."""
        # nltk takes a second to load, which a selection without METEOR need not pay
        from nltk.translate.meteor_score import single_meteor_score  # type: ignore[import-untyped]

        expected, said = (words_and_signs(side) for side in (reference(self.name, case), text(self.name, response)))
        value = single_meteor_score(expected, said, wordnet=_wordnet() or NoSynonyms())
        return Score(self.name, (float(value), 1.0))


def _stages() -> tuple[str, ...]:
    reader = _wordnet()
    return (
        ("exact", "stem")
        if reader is None
        else ("exact", "stem", f"synonyms:wordnet-{reader.get_version() or 'unknown'}")
    )


@functools.cache
def _wordnet() -> "WordNetCorpusReader | None":
    """WordNet as nltk finds it on this disk; it is never downloaded."""
    from nltk.corpus import wordnet  # type: ignore[import-untyped]

    try:
        wordnet.ensure_loaded()
    except LookupError:
        return None
    return wordnet
