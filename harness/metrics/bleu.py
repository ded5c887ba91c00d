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
    """BLEU of the first completions, or their programs, against one reference each. In 0..100; sacrebleu's defaults.

    `tokenize` is one of sacrebleu's tokenizers: `13a` divides words by spaces, `zh` Chinese text into its letters.
    """

    name: str = "bleu"
    reducer: str = "bleu"
    higher_is_better: bool = True
    tokenize: str = "13a"

    @property
    def signature(self) -> str:
        """The one sacrebleu prints, with its version."""
        return f"bleu|{_scorer(self.tokenize).get_signature()}"

    def observe(self, case: Case, response: Response) -> Score:
        """Statistics (hypothesis length, reference length, 4 matched, 4 possible n-gram counts)."""
        said, wanted = program_and_reference(self.name, case, response)
        result = _scorer(self.tokenize).corpus_score([said], [[wanted]])
        counts = (result.sys_len, result.ref_len, *result.counts, *result.totals)
        return Score(self.name, tuple(float(count) for count in counts))


@functools.cache
def _scorer(tokenize: str) -> BLEU:
    scorer = BLEU(tokenize=tokenize)
    scorer.corpus_score([""], [[""]])  # it knows its number of references, hence its signature, only after a first use
    return scorer
