"""The mean of differences in -1..1, tested by bets: an error rate that holds wherever and however often one looks.

Who doubts that the mean is above m stakes a share of his capital on each unit being above it, at odds that are fair or
worse where the doubt is right. His capital then exceeds 1/alpha at any time with probability alpha at most (Ville
1939), so there is a p at every look without a plan of looks and without a number of all units. Waudby-Smith and Ramdas
2024, "Estimating means of bounded random variables by betting", J. R. Stat. Soc. B 86:1. The stakes are not chosen
unit by unit: the capital is spread over fixed ones beforehand (their section 4.3), so what is said depends on the units
seen and not on their order. The largest stake alone wins as fast as Clopper and Pearson's bound where no unit differs.
"""

import math
from collections.abc import Hashable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from typing import TypeAlias

import numpy as np

from harness.statistics.reducers import Array

Sameness: TypeAlias = Literal["same", "differs", "inconclusive"]
_STAKES: Array = 2.0 ** -(np.arange(21) / 2)
"""Shares of the largest stake, of which a unit as bad as can be takes all: down to a thousandth."""
_SPREAD: Array = 0.75 ** np.arange(21) / (0.75 ** np.arange(21)).sum()
"""How the capital is spread over them: most on the large ones, for units of which few differ."""
_MOST_TIMES = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Bets:
    """Independent units whose scores lie in -1..1: the mean is sum(`added`) / sum(`weights`) over all of them.

    A unit is a case, or a cluster whose cases hang together. `added` (u,) are its scores' sums, `weights` (u,) how many
    cases it has, `multiplicity` (u,) how many units are alike; `heaviest` is the most cases that any unit can have,
    known before the first is seen.
    """

    added: Array
    weights: Array
    multiplicity: Array
    heaviest: float

    @property
    def value(self) -> float:
        """The mean."""
        return float(self.multiplicity @ self.added / (self.multiplicity @ self.weights))

    @property
    def negative(self) -> "Bets":
        """The same units with their scores turned round."""
        return Bets(-self.added, self.weights, self.multiplicity, self.heaviest)

    def above(self, mean: float) -> float:
        """The p, right at any stop, of the hypothesis that the true mean is `mean` (above -1) or less."""
        return math.exp(-max(0.0, self._capital(mean, 1.0)))

    def lower(self, alpha: float) -> float:
        """The bound that the true mean is ever below with probability `alpha` at most; -1 where nothing is known."""
        low, high, needed = -1.0, self.value, -math.log(alpha)
        if high <= low:
            return low
        while high - low > 1e-9:
            middle = (low + high) / 2
            low, high = (middle, high) if self._capital(middle, 1.0) >= needed else (low, middle)
        return low

    def times(self, mean: float, alpha: float) -> float | None:
        """How many times as many units, alike in all respects, show a mean above `mean`; None beyond a million."""
        needed = -math.log(alpha)
        if self._capital(mean, _MOST_TIMES) < needed:
            return None
        low, high = 0.0, math.log(_MOST_TIMES)
        while high - low > 1e-6:
            middle = (low + high) / 2
            low, high = (low, middle) if self._capital(mean, math.exp(middle)) >= needed else (middle, high)
        return math.exp(high)

    def _capital(self, mean: float, times: float) -> float:
        """The logarithm of what a unit of capital has become, were each unit seen so many times."""
        gains = (self.added - mean * self.weights) / ((1 + mean) * self.heaviest)
        with np.errstate(divide="ignore"):
            grown = times * (np.log1p(np.maximum(np.multiply.outer(_STAKES, gains), -1.0)) @ self.multiplicity)
        return float(np.logaddexp.reduce(grown + np.log(_SPREAD)))


@dataclass(frozen=True, slots=True)
class Parity:
    """What is said of a difference: whether it is within a margin, and on what grounds.

    Attributes:
        decision: "same" where it is shown to be less than the margin, "differs" where it is shown to be more.
        difference: The mean of the differences that are known.
        low: The lower bound, at `level` together with the upper one and at any stop.
        high: The upper bound.
        level: The level of the interval that "same" rests on.
        more: How many further cases would decide, if all were alike those seen; None where it is decided, or not even
            a million times as many would.
    """

    decision: Sameness
    difference: float
    low: float
    high: float
    level: float
    more: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Two answers' scores, case by case: differences in -1..1 in units, and the cases where one of both has none.

    `worst` and `best` have such a case as the worst and as the best that it could be, so that no claim rests on it.
    """

    worst: Bets
    best: Bets
    difference: float
    n: int


def compared(
    differences: Sequence[float | None], clusters: Sequence[Hashable | None], heaviest: int | None = None
) -> Compared:
    """The differences of cases, shape (n,), None where one side has no score; cases of one cluster are one unit.

    `heaviest` is the size of the largest cluster there is, seen or not; None where all are seen. Raises ValueError
    where a difference leaves -1..1, or none is known.
    """
    known = [difference for difference in differences if difference is not None]
    if not known:
        raise ValueError("differences: found none; expected a case with two scores")
    if any(not -1 <= difference <= 1 for difference in known):
        raise ValueError("differences: found one beyond -1 to 1; expected scores in 0 to 1")
    worst = _bets(differences, clusters, -1.0, heaviest)
    best = _bets(differences, clusters, 1.0, heaviest)
    return Compared(worst, best, sum(known) / len(known), len(differences))


def parities(pairs: Sequence[Compared], margin: float, alpha: float = 0.05, absent: int = 0) -> tuple[Parity, ...]:
    """A verdict for each: same within `margin` (0..1), differs by more, or neither yet.

    At most `alpha` of such families say "same" of a difference of `margin` or more, or "differs" of one within it,
    wherever they were stopped. "Same" is two one-sided tests at that rate, of which one alone can be wrong (Schuirmann
    1987, J. Pharmacokinet. Biopharm. 15:657); "differs" has half of it on either side. Several share it by Holm's
    step-down, as in `harness.statistics.gate`; `absent` are others that are open.
    Raises ValueError for a margin or an alpha outside 0..1.
    """
    if not 0 < margin < 1 or not 0 < alpha < 1:
        raise ValueError(f"margin {margin}, alpha {alpha}: found one outside 0 to 1; expected both within")
    verdicts: dict[int, Parity] = {}
    while len(verdicts) < len(pairs):
        share = alpha / (len(pairs) + absent - len(verdicts))
        left = {number: _parity(pair, margin, share) for number, pair in enumerate(pairs) if number not in verdicts}
        decided = {number: parity for number, parity in left.items() if parity.decision != "inconclusive"}
        verdicts |= decided or left
    return tuple(verdicts[number] for number in range(len(pairs)))


def _parity(pair: Compared, margin: float, alpha: float) -> Parity:
    worst, best = pair.worst, pair.best.negative
    low, high = worst.lower(alpha), -best.lower(alpha)
    within = max(worst.above(-margin), best.above(-margin)) <= alpha
    beyond = min(worst.above(margin), best.above(margin)) <= alpha / 2
    decision: Sameness = "same" if within else "differs" if beyond else "inconclusive"
    more = None if within or beyond else _more(pair, margin, alpha)
    return Parity(decision, pair.difference, low, high, 1 - 2 * alpha, more)


def _more(pair: Compared, margin: float, alpha: float) -> int | None:
    worst, best = pair.worst, pair.best.negative
    sides = [worst.times(-margin, alpha), best.times(-margin, alpha)]
    both = [side for side in sides if side is not None]
    ways = [max(both)] if len(both) == len(sides) else []
    ways += [way for side in (worst, best) if (way := side.times(margin, alpha / 2)) is not None]
    return max(1, math.ceil(pair.n * (min(ways) - 1))) if ways else None


def _bets(
    differences: Sequence[float | None], clusters: Sequence[Hashable | None], unknown: float, heaviest: int | None
) -> Bets:
    units: dict[Hashable, tuple[float, int]] = {}
    for place, (difference, cluster) in enumerate(zip(differences, clusters, strict=True)):
        key = ("case", place) if cluster is None else ("cluster", cluster)
        added, cases = units.get(key, (0.0, 0))
        units[key] = (added + (unknown if difference is None else difference), cases + 1)
    rows, multiplicity = np.unique(np.array(list(units.values()), dtype=float), axis=0, return_counts=True)
    most = max(heaviest or 0, int(rows[:, 1].max()))
    return Bets(rows[:, 0], rows[:, 1], multiplicity.astype(float), float(most))
