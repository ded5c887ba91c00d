"""N-gram matches of CodeBLEU: BLEU of one program, and one in which a keyword counts as five other tokens.

Papineni et al. 2002, Ren et al. 2020 (arXiv:2009.10297, section 3.1). Tokens are parted by white space, as in the
authors' script, and orders are 1 to 4.
"""

import math
from collections import Counter
from collections.abc import Collection
from collections.abc import Sequence

ORDERS = 4
SMOOTHED = 0.1  # what stands for no match, as in the authors' script: method 1 of Chen and Cherry 2014
OTHER = 0.2  # the weight of a token that is no keyword: a fifth of a keyword's


def ngram_match(program: str, reference: str, keywords: Collection[str] | None = None) -> float:
    """The brevity penalty times the geometric mean of the clipped precisions of the program's n-grams. In 0..1.

    With `keywords`, unigrams are weighted: 1 for a keyword, 0.2 for another token. An order for which the reference is
    too short is left out, so the reference itself is 1; a program without one of its tokens is 0.
    """
    tokens, wanted = program.split(), reference.split()
    first = _weighted(tokens, wanted, keywords)
    if not first:
        return 0.0
    rest = (_precision(tokens, wanted, order) for order in range(2, min(ORDERS, len(wanted)) + 1))
    logs = [math.log(value) for value in (first, *rest)]
    brevity = min(0.0, 1 - len(wanted) / len(tokens))
    return math.exp(brevity + math.fsum(logs) / len(logs))


def _weighted(tokens: Sequence[str], wanted: Sequence[str], keywords: Collection[str] | None) -> float:
    """The share of the program's tokens that the reference has too, by weight; 0 for a program without tokens."""
    counts = Counter(tokens)
    weights = {token: 1.0 if keywords is None or token in keywords else OTHER for token in counts}
    matched = math.fsum(weights[token] * count for token, count in (counts & Counter(wanted)).items())
    total = math.fsum(weights[token] * count for token, count in counts.items())
    return matched / total if total else 0.0


def _precision(program: Sequence[str], wanted: Sequence[str], order: int) -> float:
    counts, references = (_ngrams(tokens, order) for tokens in (program, wanted))
    return ((counts & references).total() or SMOOTHED) / max(1, counts.total())


def _ngrams(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[start : start + order]) for start in range(len(tokens) - order + 1))
