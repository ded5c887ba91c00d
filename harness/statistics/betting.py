"""Whether a difference in -1..1 is within a margin, told as early as it can be: bets, and the gate's bound at looks.

Bets: who doubts that the mean is above m stakes a share of his capital on each unit being above it, at odds that are
fair or worse where the doubt is right. His capital then exceeds 1/alpha at any time with probability alpha at most
(Ville 1939), so there is a p at every look, with neither a plan of looks nor a number of all units. Waudby-Smith and
Ramdas 2024, "Estimating means of bounded random variables by betting", J. R. Stat. Soc. B 86:1. The stakes are not
chosen unit by unit: the capital is spread over fixed ones beforehand (their section 4.3), so what is said depends on
the units seen and not on their order. The largest stake alone wins as fast as Clopper and Pearson's bound where no unit
differs. Where many differ bets are slow, so half of the error rate goes to Gaffke's bound at the gate's spending
(harness.statistics.bounded and sequential, which cite theirs): what either shows is shown, by Bonferroni.
"""

import math
from collections.abc import Hashable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal
from typing import TypeAlias

import numpy as np

from harness.statistics.bounded import BoundedMean
from harness.statistics.estimates import FEWEST_CLUSTERS
from harness.statistics.reducers import Array
from harness.statistics.sequential import level

Sameness: TypeAlias = Literal["same", "differs", "inconclusive"]
_STAKES: Array = 2.0 ** -(np.arange(21) / 2)
"""Shares of the largest stake, of which a unit as bad as can be takes all: down to a thousandth."""
_SPREAD: Array = 0.75 ** np.arange(21) / (0.75 ** np.arange(21)).sum()
"""How the capital is spread over them: most on the large ones, for units of which few differ."""
_BETS = 0.5
"""The share of the error rate that goes to bets, where there is more than one look."""


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
    def bounded(self) -> BoundedMean | None:
        """The same units, as Gaffke's bound takes them; None where there are too few clusters for it."""
        if self.heaviest > 1 and self.multiplicity.sum() < FEWEST_CLUSTERS:
            return None
        return BoundedMean(self.added, self.weights, self.multiplicity, (-1.0, 1.0))

    @property
    def negative(self) -> "Bets":
        """The same units with their scores turned round."""
        return Bets(-self.added, self.weights, self.multiplicity, self.heaviest)

    def above(self, mean: float) -> float:
        """The p, right at any stop, of the hypothesis that the true mean is `mean` (above -1) or less."""
        return math.exp(-max(0.0, self._capital(mean)))

    def lower(self, alpha: float) -> float:
        """The bound that the true mean is ever below with probability `alpha` at most; -1 where nothing is known."""
        if alpha <= 0:
            return -1.0
        low, high, needed = -1.0, self.value, -math.log(alpha)
        if high <= low:
            return low
        while high - low > 1e-9:
            middle = (low + high) / 2
            low, high = (middle, high) if self._capital(middle) >= needed else (low, middle)
        return low

    def _capital(self, mean: float) -> float:
        """The logarithm of what a unit of capital has become."""
        gains = (self.added - mean * self.weights) / ((1 + mean) * self.heaviest)
        with np.errstate(divide="ignore"):
            grown = np.log1p(np.maximum(np.multiply.outer(_STAKES, gains), -1.0)) @ self.multiplicity
        return float(np.logaddexp.reduce(grown + np.log(_SPREAD)))


@dataclass(frozen=True, slots=True)
class Parity:
    """What is said of a difference: whether it is within a margin, and on what grounds.

    Attributes:
        decision: "same" where it is shown to be less than the margin, "differs" where it is shown to be more.
        difference: The mean of the differences that are known.
        low: The lower bound that "same" rests on, wrong at any of the looks as seldom as "same" is.
        high: The upper bound.
        more: How many further cases would decide, if all were alike those seen; None where it is decided, or not even
            a million times as many would.
    """

    decision: Sameness
    difference: float
    low: float
    high: float
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


@dataclass(frozen=True, slots=True)
class Rates:
    """How probable a false rejection may be at one look: by bets, and by Gaffke's bound for either claim and side."""

    bets: float
    same: float
    differs: float


@cache
def rates(alpha: float, fractions: tuple[float, ...] | None) -> Rates:
    """What an error rate leaves to the last of the looks at these `fractions` (0..1, rising) of all cases.

    Where the first look sees all cases, Gaffke's bound has the whole of it. None where the fraction is not known, as
    where a run broke off: bets alone are right then, at their share.
    """
    if fractions is None:
        return Rates(alpha * _BETS, 0.0, 0.0)
    if fractions == (1.0,):
        return Rates(0.0, alpha, alpha / 2)
    left = alpha * (1 - _BETS)
    same, differs = ((1 - level(fractions, both)) / 2 for both in (2 * left, left))
    return Rates(alpha * _BETS, same, differs)


def parities(
    pairs: Sequence[Compared],
    margin: float,
    alpha: float = 0.05,
    fractions: tuple[float, ...] | None = (1.0,),
    absent: int = 0,
) -> tuple[Parity, ...]:
    """A verdict for each: same within `margin` (0..1), differs by more, or neither yet; `rates` has the `fractions`.

    At most `alpha` of such families say "same" of a difference of `margin` or more, or "differs" of one within it, at
    any of the looks. "Same" is two one-sided tests at that rate, of which one alone can be wrong (Schuirmann 1987, J.
    Pharmacokinet. Biopharm. 15:657); "differs" has half of it on either side. Several share it by Holm's step-down, as
    in `harness.statistics.gate`; `absent` are others that are open. Raises ValueError for a margin or an alpha outside
    0..1.
    """
    if not 0 < margin < 1 or not 0 < alpha < 1:
        raise ValueError(f"margin {margin}, alpha {alpha}: found one outside 0 to 1; expected both within")
    verdicts: dict[int, Parity] = {}
    while len(verdicts) < len(pairs):
        share = alpha / (len(pairs) + absent - len(verdicts))
        due = rates(share, fractions)
        undecided = {number: pair for number, pair in enumerate(pairs) if number not in verdicts}
        left = {number: _parity(pair, margin, share, due) for number, pair in undecided.items()}
        decided = {number: parity for number, parity in left.items() if parity.decision != "inconclusive"}
        verdicts |= decided or left
    return tuple(verdicts[number] for number in range(len(pairs)))


def decision(pair: Compared, margin: float, due: Rates) -> Sameness:
    """What is said of one alone, at these rates."""
    sides = (pair.worst, pair.best.negative)
    if all(_above(side, -margin, due.bets, due.same) for side in sides):
        return "same"
    return "differs" if any(_above(side, margin, due.bets / 2, due.differs) for side in sides) else "inconclusive"


def _above(side: Bets, mean: float, by_bets: float, by_bound: float) -> bool:
    """Whether the mean is shown to be above `mean`."""
    bounded = side.bounded
    shown = bounded is not None and bounded.below(mean) <= by_bound
    return side.value > mean and (shown or side.above(mean) <= by_bets)


def _parity(pair: Compared, margin: float, alpha: float, due: Rates) -> Parity:
    sides = (pair.worst, pair.best.negative)
    low, below = (_lower(side, due) for side in sides)
    said = decision(pair, margin, due)
    more = _more(pair, margin, rates(alpha, (1.0,))) if said == "inconclusive" else None
    return Parity(said, pair.difference, low, -below, more)


def _lower(side: Bets, due: Rates) -> float:
    bounded = side.bounded
    return max(side.lower(due.bets), -1.0 if bounded is None else bounded.lower(due.same))


def _more(pair: Compared, margin: float, due: Rates) -> int | None:
    """Further cases like those seen until the nearer verdict, by Gaffke's bound at one look, as at the gate."""
    sides = [bounded for side in (pair.worst, pair.best.negative) if (bounded := side.bounded) is not None]
    if not sides:
        return None
    within = [side.times(-margin, due.same) for side in sides]
    ways = [max(times for times in within if times is not None)] if None not in within else []
    ways += [times for side in sides if (times := side.times(margin, due.differs)) is not None]
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
