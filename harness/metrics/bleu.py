"""Corpus BLEU by sacrebleu (Post 2018, arXiv:1804.08771): n-gram precision with a brevity penalty."""

import functools
from dataclasses import dataclass

from sacrebleu.metrics.bleu import BLEU

from harness.core import Case
from harness.core import Response
from harness.core import Score
from harness.metrics.answers import program_and_reference


@dataclass(frozen=True, slots=True)
class Bleu:
    """BLEU of the first completions, or their programs, against one reference each. In 0..100; sacrebleu's defaults."""

    name: str = "bleu"
    reducer: str = "bleu"
    higher_is_better: bool = True

    @property
    def signature(self) -> str:
        """The one sacrebleu prints, with its version."""
        return f"bleu|{_scorer().get_signature()}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (hypothesis length, reference length, 4 matched, 4 possible n-gram counts)."""
        said, wanted = program_and_reference(self.name, case, response)
        found = _scorer().corpus_score([said], [[wanted]])
        counts = (found.sys_len, found.ref_len, *found.counts, *found.totals)
        return Score(self.name, tuple(float(count) for count in counts))


@functools.cache
def _scorer() -> BLEU:
    scorer = BLEU()
    scorer.corpus_score([""], [[""]])  # it knows its number of references, hence its signature, only after a first use
    return scorer
