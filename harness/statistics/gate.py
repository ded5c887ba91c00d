"""The gate: whether a new run has kept what an old one could, within a margin; non-inferiority on many benchmarks.

Piaggio et al. 2012, JAMA 308:2594, for margins and intervals. The interval is one that holds in the far tail as well,
where many benchmarks share one alpha and few cases differ (harness.statistics.bounded).
"""

import math
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from typing import TypeAlias

from harness.statistics.bounded import BoundedMean
from harness.statistics.detectable import detectable_drop
from harness.statistics.estimates import FEWEST_CLUSTERS
from harness.statistics.intervals import Interval
from harness.statistics.paired import Pair
from harness.statistics.power import detectable_difference
from harness.statistics.reducers import BOUNDED

Decision: TypeAlias = Literal["pass", "regressed", "inconclusive"]
FARTHEST = 1000
"""Intervals shrink a thousandfold with a million times the cases: beyond that nothing decides."""
ByLevel: TypeAlias = Callable[[float], Interval | None]


@dataclass(frozen=True, slots=True)
class Trial:
    """One benchmark at the gate: new less old, oriented so that higher is better, over `n` cases.

    `interval` gives the difference's interval at any level, None where there is none, and `why` says why. A drop of
    less than `margin` is tolerated. `bounded` is the difference as a mean of scores with bounds; where it is None,
    `error` is the standard error of a difference that is about normal, or None.
    """

    difference: float
    n: int
    margin: float
    interval: ByLevel
    error: float | None = None
    bounded: BoundedMean | None = None
    why: str | None = None

    def detectable(self, level: float) -> float | None:
        """The drop that is found four times of five at this level; None where none is."""
        if self.bounded is not None:
            return detectable_drop(self.bounded, level)
        return detectable_difference(self.error, level) if self.error else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one benchmark.

    Attributes:
        decision: Pass, regressed, or inconclusive.
        difference: The new value less the baseline's, above 0 where it is better.
        low: The interval's lower bound; None where there is no interval.
        high: The interval's upper bound; None as above.
        level: The level of the interval, at which it was decided or left open.
        margin: The drop that is allowed.
        n: The number of cases.
        detectable: The drop found four times of five; a smaller margin asks for the impossible.
        more: How many further cases would decide if the difference stayed what it is; None where the verdict stands,
            or not even a million times as many would.
        note: Why there is no interval, or that the margin is too small.
    """

    decision: Decision
    difference: float
    low: float | None
    high: float | None
    level: float
    margin: float
    n: int
    detectable: float | None
    more: int | None = None
    note: str | None = None


def trial(both: Pair, margin: float, *, higher_is_better: bool = True) -> Trial:
    """A pair of runs, the new one first, as the gate takes it.

    Raises ValueError for a negative margin, or where a run's value is undefined.
    """
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin: found {margin}; expected 0 or more")
    if not math.isfinite(both.difference):
        raise ValueError("gate: found a run without a value; expected one in both")
    difference = both.difference if higher_is_better else -both.difference
    why, bounded = _why_not(both), both.bounded
    if why is not None or bounded is None:
        return Trial(difference, both.cases, margin, lambda _: None, why=why)
    oriented = bounded if higher_is_better else bounded.negative
    return Trial(difference, both.cases, margin, oriented.interval, bounded=oriented)


def _why_not(both: Pair) -> str | None:
    """Why no interval holds that a gate can go by; None where one does."""
    if both.bounded is None and both.reducer in BOUNDED:
        return "no interval holds: scores outside 0 to 1, or weights that differ, have no known bounds"
    if both.bounded is None:
        return f"no interval holds: {both.reducer} is no mean of scores with bounds"
    if both.drawn.units < FEWEST_CLUSTERS and not both.plain:
        return f"no interval: {both.drawn.units} clusters; expected {FEWEST_CLUSTERS} or more"
    return None


def plain(alpha: float) -> float:
    """The level of the interval that spends `alpha`, where nobody looks before the end."""
    return 1 - alpha


def gate(
    trials: Sequence[Trial], alpha: float = 0.05, level_of: Callable[[float], float] = plain
) -> tuple[Verdict, ...]:
    """A verdict for each: pass where low > -margin, regressed where high < 0 and not pass, otherwise inconclusive.

    At most `alpha` of gates say anything false, however many benchmarks they have: intervals hold 1 - alpha / m for the
    m benchmarks still open, and each one decided makes m smaller. That is Holm's step-down; it counts benchmarks and
    not statements, since no benchmark can be both below the margin and no worse (Goeman and Solari 2010, Ann. Stat.
    38:3782). `level_of` gives the level that spends so much, `sequential.level` where one looks before the end.
    """
    verdicts: dict[int, Verdict] = {}
    while len(verdicts) < len(trials):
        level = level_of(alpha / (len(trials) - len(verdicts)))
        left = {index: _verdict(tried, level) for index, tried in enumerate(trials) if index not in verdicts}
        decided = {index: verdict for index, verdict in left.items() if verdict.decision != "inconclusive"}
        verdicts |= decided or left
    return tuple(verdicts[index] for index in range(len(trials)))


def _verdict(tried: Trial, level: float) -> Verdict:
    detectable = tried.detectable(level)
    shared = (level, tried.margin, tried.n, detectable)
    interval = tried.interval(level)
    if interval is None:
        return Verdict("inconclusive", tried.difference, None, None, *shared, note=tried.why or "no interval")
    low, high = interval
    if low > -tried.margin:
        return Verdict("pass", tried.difference, low, high, *shared)
    if high < 0:
        return Verdict("regressed", tried.difference, low, high, *shared)
    note = None
    if detectable is not None and tried.margin < detectable:
        note = f"the margin {tried.margin:g} is smaller than the detectable difference {detectable:.3g}"
    return Verdict("inconclusive", tried.difference, low, high, *shared, _more(tried, interval, level), note)


def _more(tried: Trial, interval: Interval, level: float) -> int | None:
    """Further cases until the nearer decision, were the difference to stay.

    More cases alike those seen shrink the bounds of scores; any other interval shrinks as 1/sqrt(n).
    """
    if tried.bounded is not None:
        alpha = (1 - level) / 2
        factors = (tried.bounded.times(-tried.margin, alpha), tried.bounded.negative.times(0.0, alpha))
        times = [each for each in factors if each is not None]
        return max(1, math.ceil(tried.n * (min(times) - 1))) if times else None
    low, high = interval
    ways = ((tried.difference - low, tried.difference + tried.margin), (high - tried.difference, -tried.difference))
    needed = [math.floor(tried.n * (reach / gap) ** 2) + 1 for reach, gap in ways if gap > reach / FARTHEST]
    return max(1, min(needed) - tried.n) if needed else None
