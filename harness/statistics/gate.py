"""The gate: whether a new run has kept what an old one could, within a margin; non-inferiority on many benchmarks.

Piaggio et al. 2012, JAMA 308:2594, for margins and intervals.
"""

import math
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from typing import TypeAlias

import numpy as np

from harness.statistics.estimates import FEWEST_CLUSTERS
from harness.statistics.intervals import Interval
from harness.statistics.paired import STANDARD
from harness.statistics.paired import Draws
from harness.statistics.paired import Pair
from harness.statistics.power import detectable_difference
from harness.statistics.reducers import PROPORTION

Decision: TypeAlias = Literal["pass", "regressed", "inconclusive"]
FARTHEST = 1000
"""Intervals shrink a thousandfold with a million times the cases: beyond that nothing decides."""
ByLevel: TypeAlias = Callable[[float], Interval | None]


@dataclass(frozen=True, slots=True)
class Trial:
    """One benchmark at the gate: new less old, oriented so that higher is better, over `n` cases.

    `interval` gives the difference's interval at any level, None where there is none; `error` is its standard error.
    A drop of less than `margin` is tolerated. `same` says that every case scores the same in both runs.
    """

    difference: float
    n: int
    margin: float
    interval: ByLevel
    error: float | None
    same: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one benchmark, with the interval at the `level` it was decided (or left open) at.

    `more` is how many further cases would decide if the difference stayed what it is; None where the verdict stands,
    or not even a million times as many would. `detectable` is the drop found four times of five; a smaller margin asks
    for the impossible.
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


def trial(both: Pair, margin: float, draws: Draws = STANDARD, *, higher_is_better: bool = True) -> Trial:
    """A pair of runs, the new one first, as the gate takes it.

    Raises ValueError for a negative margin, or where a run's value is undefined.
    """
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin: found {margin}; expected 0 or more")
    if not math.isfinite(both.difference):
        raise ValueError("gate: found a run without a value; expected one in both")
    # the interval of verdicts is a formula
    resampled = np.empty(0) if both.reducer == PROPORTION else both.differences(draws)
    sign = 1 if higher_is_better else -1

    def interval(level: float) -> Interval | None:
        _, found, _ = both.interval(level, resampled)
        return found if found is None or sign > 0 else (-found[1], -found[0])

    error = both.error()
    same = error == 0 and both.difference == 0 and both.drawn.units >= FEWEST_CLUSTERS
    return Trial(sign * both.difference, both.cases, margin, interval, error or None, same=same)


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
    found: dict[int, Verdict] = {}
    while len(found) < len(trials):
        level = level_of(alpha / (len(trials) - len(found)))
        left = {index: _verdict(one, level) for index, one in enumerate(trials) if index not in found}
        decided = {index: verdict for index, verdict in left.items() if verdict.decision != "inconclusive"}
        found |= decided or left
    return tuple(found[index] for index in range(len(trials)))


def _verdict(one: Trial, level: float) -> Verdict:
    detectable = detectable_difference(one.error, level) if one.error else None
    shared = (level, one.margin, one.n, detectable)
    interval = one.interval(level)
    if interval is None:
        if one.same:
            return Verdict("pass", one.difference, None, None, *shared, note="every case scores the same")
        return Verdict("inconclusive", one.difference, None, None, *shared, note="no interval")
    low, high = interval
    if low > -one.margin:
        return Verdict("pass", one.difference, low, high, *shared)
    if high < 0:
        return Verdict("regressed", one.difference, low, high, *shared)
    note = None
    if detectable is not None and one.margin < detectable:
        note = f"the margin {one.margin:g} is smaller than the detectable difference {detectable:.3g}"
    return Verdict("inconclusive", one.difference, low, high, *shared, _more(one, interval), note)


def _more(one: Trial, interval: Interval) -> int | None:
    """Further cases until the nearer decision, were the difference to stay and the interval to shrink as 1/sqrt(n)."""
    low, high = interval
    ways = ((one.difference - low, one.difference + one.margin), (high - one.difference, -one.difference))
    needed = [math.floor(one.n * (reach / gap) ** 2) + 1 for reach, gap in ways if gap > reach / FARTHEST]
    return max(1, min(needed) - one.n) if needed else None
