"""ROUGE by rouge-score (Lin 2004): overlap of words, word pairs or the longest common subsequence."""

import functools
import importlib.metadata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Literal

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import program_and_reference
from harness.metrics.words import NAME
from harness.metrics.words import words

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class Rouge:
    """Mean F-measure of ROUGE-1, -2 or -L of the first completions, or their programs, against one reference each.

    Words are those of `words.py`, of any script. In 0..1.
    """

    kind: Literal["rouge1", "rouge2", "rougeL"]
    stemmer: bool = False
    reducer: str = "mean"
    higher_is_better: bool = True

    @property
    def name(self) -> str:
        """`rouge1`, `rouge2` or `rougeL`."""
        return self.kind

    @property
    def signature(self) -> str:
        """The measure, what a word is, whether words were stemmed, and rouge-score's version."""
        stemmer = "yes" if self.stemmer else "no"
        return f"{self.kind}|measure:f|tok:{NAME}|stemmer:{stemmer}|version:{importlib.metadata.version('rouge-score')}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (F-measure, 1)."""
        said, wanted = program_and_reference(self.name, case, response)
        scores = _scorer(self.kind, self.stemmer).score(wanted, said)
        return Score(self.name, (float(scores[self.kind].fmeasure), 1.0))


@dataclass(frozen=True, slots=True)
class _Words:
    """A tokenizer as rouge-score wants it."""

    stemmer: bool

    def tokenize(self, text: str) -> list[str]:
        return words(text, stemmer=self.stemmer)


@functools.cache
def _scorer(kind: str, stemmer: bool) -> "RougeScorer":
    # it loads nltk for a second, which a selection without ROUGE need not pay
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([kind], tokenizer=_Words(stemmer))
