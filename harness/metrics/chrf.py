"""chrF by sacrebleu (Popović 2015): F-score of character n-grams, recall weighing twice as much."""

import functools
from dataclasses import dataclass

from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.helpers import extract_all_char_ngrams

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import reference
from harness.metrics.answers import text


@dataclass(frozen=True, slots=True)
class Chrf:
    """chrF2 of the first completions against one reference each, with sacrebleu's defaults. In 0..100."""

    name: str = "chrf"
    reducer: str = "chrf"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The one sacrebleu prints, with its version."""
        return f"chrF2|{_scorer().get_signature()}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (hypothesis, reference, matched) counts of each order from 1 to 6."""
        sides = (text(self.name, response), reference(self.name, case))
        hypothesis, expected = (extract_all_char_ngrams(side, CHRF.CHAR_ORDER) for side in sides)
        orders = zip(hypothesis, expected, strict=True)
        # sacrebleu counts an order the reference lacks as absent from the hypothesis too
        counts = ((h.total() if r else 0, r.total(), (h & r).total()) for h, r in orders)
        return Score(self.name, tuple(float(count) for order in counts for count in order))


@functools.cache
def _scorer() -> CHRF:
    scorer = CHRF()
    scorer.corpus_score([""], [[""]])  # it knows its number of references, hence its signature, only after a first use
    return scorer
