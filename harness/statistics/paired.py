"""Two runs on the same cases: their difference with its interval, whether it is one, and case by case who won."""

from dataclasses import dataclass
from typing import Literal
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

from harness.statistics.bounded import BoundedMean
from harness.statistics.bounded import bounded_mean
from harness.statistics.bounded import scores_have_bounds
from harness.statistics.estimates import FEWEST_CLUSTERS
from harness.statistics.estimates import enough_beyond
from harness.statistics.estimates import is_plain
from harness.statistics.estimates import joined
from harness.statistics.estimates import percentiles
from harness.statistics.estimates import worth_cases
from harness.statistics.intervals import Found
from harness.statistics.intervals import Interval
from harness.statistics.intervals import bonett_price
from harness.statistics.intervals import normal
from harness.statistics.intervals import student
from harness.statistics.intervals import within
from harness.statistics.outcomes import SINGLE
from harness.statistics.outcomes import aligned
from harness.statistics.outcomes import outcomes
from harness.statistics.reducers import PROPORTION
from harness.statistics.reducers import RANGES
from harness.statistics.reducers import UNBOUNDED
from harness.statistics.reducers import Array
from harness.statistics.resampling import Design
from harness.statistics.resampling import Pool
from harness.statistics.resampling import Sample
from harness.statistics.resampling import SumPool
from harness.statistics.significance import centred
from harness.statistics.significance import mcnemar
from harness.statistics.significance import sign_flip
from harness.statistics.studentised import studentised
from harness.statistics.variance import Spread
from harness.statistics.variance import against
from harness.statistics.variance import spread
from harness.statistics.weighted import CasePool
from harness.statistics.weighted import drawn_cases

Method: TypeAlias = Literal["bonett-price", "gaffke", "bootstrap-t"]
FEWEST_DIFFERING, SHARE_DIFFERING = 30, 0.9
"""Fewer clusters that differ do not show what others would, unless nearly all do: no interval without bounds then."""


@dataclass(frozen=True, slots=True)
class Draws:
    """How resampling is done: `level` of an interval, how many `resamples` (and swaps), from which `seed`."""

    level: float = 0.95
    resamples: int = 10_000
    seed: int = 0


STANDARD = Draws()


@dataclass(frozen=True, slots=True)
class PairedResult:
    """The first run's value less the second's, on the metric's own scale. No field is ever nan, no interval a point.

    Attributes:
        values: The first run's value and the second's; None where one is undefined.
        difference: The first less the second; None where one of `values` is.
        low: The lower bound of the difference; None where there is no interval.
        high: The upper bound; None where `low` is.
        level: The level of the interval.
        method: How the interval was had.
        bootstrap: The paired bootstrap's interval, whatever the method.
        error: The standard error that power is reckoned with.
        p_bootstrap: The paired bootstrap's p, from 10 clusters on.
        p_permutation: The p of the sign flips.
        p_mcnemar: McNemar's mid-p, for verdicts of single cases.
        wins: The cases that speak for the first run.
        losses: The cases that speak for the second run.
        ties: The cases that speak for neither.
        n: The number of cases.
        clusters: The number of clusters.
        note: Why something is missing.
    """

    values: tuple[float | None, float | None]
    difference: float | None
    low: float | None
    high: float | None
    level: float
    method: Method | None
    bootstrap: Interval | None
    error: float | None
    p_bootstrap: float | None
    p_permutation: float | None
    p_mcnemar: float | None
    wins: int
    losses: int
    ties: int
    n: int
    clusters: int
    note: str | None = None

    @property
    def p(self) -> float | None:
        """The p to go by: McNemar's mid-p where there is one, otherwise the sign flips'."""
        return self.p_permutation if self.p_mcnemar is None else self.p_mcnemar


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two runs as they are drawn; for verdicts also the shares only the first, only the second got right.

    `bounded` is the difference as a mean of scores with bounds, None where it is none.
    """

    drawn: Sample
    reducer: str
    cases: int
    bounded: BoundedMean | None = None

    @property
    def plain(self) -> bool:
        """Whether these are verdicts of single cases, for which exact formulas hold."""
        return self.reducer == PROPORTION and is_plain(self.drawn, self.cases)

    @property
    def difference(self) -> float:
        """The first run's value less the second's; not finite where one is undefined."""
        return float(against(self.drawn.values()))

    def differences(self, draws: Draws) -> Array:
        """The paired bootstrap's differences, shape (resamples,): both runs on the same draws."""
        return against(self.drawn.resampled(draws.resamples, draws.seed))

    def interval(self, draws: Draws, resampled: Array) -> tuple[Method, Interval | None, str | None]:
        """The interval at the draws' level by the method that holds it, given `differences`; and a note.

        Of verdicts Bonett and Price's, by the effective number of pairs where cases are clustered; of other means of
        scores in 0..1 Gaffke's. Of what has no bounds the bootstrap-t's with Student's t, where enough clusters differ;
        none where fewer do. Below 10 clusters none but for single cases' verdicts.
        """
        level = draws.level
        if self.plain:
            return "bonett-price", bonett_price(self._shares, self.cases, normal(level)), None
        if self.drawn.units < FEWEST_CLUSTERS:
            return "bootstrap-t", None, f"no interval: {self.drawn.units} clusters"
        if self.reducer != PROPORTION and self.bounded is not None:
            return "gaffke", self.bounded.interval(level), None
        deviation = spread(self.drawn, against)
        if self.reducer == PROPORTION and deviation is not None:
            quantile = student(level, deviation.effective)
            return "bonett-price", bonett_price(self._shares, self._worth(deviation), quantile), None
        return "bootstrap-t", *self._without_bounds(draws, resampled, deviation)

    def _without_bounds(self, draws: Draws, resampled: Array, deviation: Spread | None) -> Found:
        """The interval of what is no mean of scores with bounds; none where few clusters differ."""
        differing, units = sum(map(_differing, self.drawn.pools)), self.drawn.units
        if differing < min(FEWEST_DIFFERING, SHARE_DIFFERING * units):
            return None, f"no interval: {differing} of {units} clusters differ; expected {FEWEST_DIFFERING}"
        if deviation is None:
            return None, "no interval: undefined without one cluster"
        if not enough_beyond(draws.level, len(resampled)):
            return None, f"no interval: {len(resampled)} resamples; expected more for the level {draws.level:g}"
        if deviation.error <= 0:
            return None, "no interval: all clusters agree"
        ratios, note = studentised(self.drawn, against, resampled, draws.level, draws.seed)
        if ratios is None:
            return None, note
        # alone the bootstrap-t covers too seldom where tails are long on both sides, where Student's t does not
        quantile, value = student(draws.level, deviation.freedom), self.difference
        low, high = RANGES.get(self.reducer, UNBOUNDED)
        ends = value - deviation.error * max(quantile, ratios[1]), value + deviation.error * max(quantile, -ratios[0])
        return within(ends, value, (low - high, high - low)), note

    def error(self) -> float | None:
        """The standard error of the difference; for verdicts never 0 (Bonett and Price's)."""
        deviation = spread(self.drawn, against)
        if deviation is None or self.drawn.units < 2:
            return None
        if self.reducer != PROPORTION:
            return deviation.error
        low, high = bonett_price(self._shares, self.cases if self.plain else self._worth(deviation), 1.0)
        return (high - low) / 2

    @property
    def _shares(self) -> tuple[float, float]:
        _, _, first, second = self.drawn.values().tolist()
        return first, second

    def _worth(self, deviation: Spread) -> float:
        first, second = self._shares
        return worth_cases(self.drawn, deviation, first + second - (first - second) ** 2, self.cases)


def pair(first: ArrayLike, second: ArrayLike, reducer: str, design: Design = SINGLE) -> Pair:
    """Two runs' statistics (n, k), case by case, as `design` draws them.

    Raises ValueError as `estimate` does, and where there is no case or the runs have not the same number.
    """
    table = aligned(first, second, reducer)
    if reducer == PROPORTION:
        right = table[:, :, 0].astype(bool)
        only = np.stack([right[:, 0] & ~right[:, 1], right[:, 1] & ~right[:, 0]], axis=1)
        table = np.concatenate([table, np.stack([only, np.ones_like(only)], axis=-1)], axis=1)
    drawn = drawn_cases(table, reducer, design)
    bounded = bounded_mean(drawn, reducer, (0, 1)) if scores_have_bounds(table[:, :2], reducer) else None
    return Pair(drawn, reducer, len(table), bounded)


def paired(
    first: ArrayLike,
    second: ArrayLike,
    reducer: str,
    design: Design = SINGLE,
    draws: Draws = STANDARD,
    *,
    higher_is_better: bool = True,
) -> PairedResult:
    """The first run's value less the second's over the same cases (n, k), with interval and p.

    The interval is that of `Pair.interval`. `higher_is_better` decides what a win is, not the difference's sign. Raises
    ValueError as `pair` does.
    """
    won = outcomes(first, second, reducer, design, higher_is_better=higher_is_better)
    return compared(pair(first, second, reducer, design), won, draws)


def compared(both: Pair, won: NDArray[np.int8], draws: Draws = STANDARD) -> PairedResult:
    """The result of a pair that is there, and of its `outcomes` (n,)."""
    values = both.drawn.values()[:2]
    counts = np.bincount(1 + won, minlength=3)
    losses, ties, wins = counts.tolist()
    known = (_finite(values[0]), _finite(values[1]))
    shared = {"wins": wins, "losses": losses, "ties": ties, "n": both.cases, "clusters": both.drawn.units}
    if None in known:
        nothing = (*(None,) * 3, draws.level, *(None,) * 6)
        return PairedResult(known, *nothing, **shared, note="no value: undefined in a run")
    resampled = both.differences(draws)
    method, interval, note = both.interval(draws, resampled)
    low, high = interval or (None, None)
    enough = both.drawn.units >= FEWEST_CLUSTERS
    return PairedResult(
        values=known,
        difference=both.difference,
        low=low,
        high=high,
        level=draws.level,
        method=method if interval else None,
        bootstrap=percentiles(both.drawn, resampled, draws.level)[0] if enough else None,
        error=both.error(),
        p_bootstrap=centred(resampled, both.difference) if enough else None,
        p_permutation=sign_flip(both.drawn, draws.resamples, draws.seed),
        p_mcnemar=mcnemar(wins, losses) if both.plain else None,
        **shared,
        note=joined(note, both.drawn.note),
    )


def _differing(pool: Pool) -> int:
    """How many of a pool's units do not have the same statistics in the first two runs."""
    if isinstance(pool, CasePool):
        apart = (pool.rows[:, 0] != pool.rows[:, 1]).any(axis=1)
        return int(np.logical_or.reduceat(apart, np.cumsum(pool.sizes) - pool.sizes).sum())
    if not isinstance(pool, SumPool):
        raise TypeError(f"paired: found {type(pool).__name__}; expected SumPool or CasePool")
    return int(pool.multiplicity[(pool.rows[:, :, 0] != pool.rows[:, :, 1]).any(axis=(1, 2))].sum())


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
