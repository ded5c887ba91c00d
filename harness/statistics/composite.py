"""Composites: weighted means of several benchmarks' values, compared run by run on joint resamples of all of them.

Benchmarks are strata that stay fixed: clusters are drawn within each, independently of the others; a resample of the
composite is the weighted mean of theirs. What a change of weights would change follows from the same resamples.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from harness.statistics.estimates import FEWEST_CLUSTERS
from harness.statistics.estimates import table_of
from harness.statistics.intervals import Interval
from harness.statistics.intervals import normal
from harness.statistics.intervals import percentile
from harness.statistics.intervals import student
from harness.statistics.paired import Draws
from harness.statistics.ranking import Pairs
from harness.statistics.ranking import Ranking
from harness.statistics.ranking import Versus
from harness.statistics.ranking import ranked
from harness.statistics.ranking import studentised
from harness.statistics.reducers import RANGES
from harness.statistics.reducers import UNBOUNDED
from harness.statistics.reducers import Array
from harness.statistics.resampling import Design
from harness.statistics.variance import covariance
from harness.statistics.weighted import drawn_cases

STEPS = 1000
"""Mixes are tried in steps of a thousandth."""


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """Runs' values (runs,) on one benchmark, or weighted means of several, over `n` cases in `clusters` clusters.

    `deviations` (resamples, runs) are resamples less the values, `joint` (runs, runs) the values' covariance, None
    where it is undefined, `freedom` its degrees of freedom (Satterthwaite's for several benchmarks; 0 where one has a
    single cluster), `width` that of the range the values lie in.
    """

    values: Array
    deviations: Array
    joint: Array | None
    freedom: float
    width: float
    n: int
    clusters: int

    @property
    def is_known(self) -> bool:
        """Whether the clusters are enough for intervals: as many degrees of freedom as 10 clusters have."""
        return self.joint is not None and self.freedom >= FEWEST_CLUSTERS - 1

    def interval(self, contrast: ArrayLike, level: float) -> Interval | None:
        """The percentile interval of the values' weighted sum by `contrast` (runs,), None where there is none."""
        if not self.is_known:
            return None
        weights = np.asarray(contrast, dtype=float)
        interval, _ = percentile(self.values @ weights + self.deviations @ weights, self.widened(level))
        return interval

    def widened(self, level: float) -> float:
        """The level of percentiles that hold `level`, as these know nothing of Student."""
        return 1 - 2 * NormalDist().cdf(-student(level, self.freedom))

    def pairs(self, level: float) -> Pairs | None:
        """All pairs of runs at once, so that what is said of the best of several holds as well."""
        if self.joint is None or not self.is_known:
            return None
        return studentised(self.joint, self.deviations, student(level, self.freedom) / normal(level))


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the difference of two runs changes its sign as the weight of a part goes from 0 to 1.

    `at` is None where it does not. From `low` to `high` (both or neither) a weight leaves the sign open at the level:
    0 lies within the percentile interval of the difference.
    """

    at: float | None
    low: float | None
    high: float | None


def ranked_together(composite: Composite, level: float) -> Ranking:
    """The runs ranked by a composite; intervals, cut to what differences can be, and p's hold for all pairs at once."""
    bare = ranked(composite.values, composite.pairs(level), level)
    pairs = tuple(_within(pair, composite.width) for pair in bare.pairs)
    note = None if composite.is_known else f"no interval: {composite.clusters} clusters"
    return replace(bare, pairs=pairs, n=composite.n, clusters=composite.clusters, note=note)


def _within(pair: Versus, width: float) -> Versus:
    if pair.low is None or pair.high is None:
        return pair
    return replace(pair, low=max(pair.low, -width), high=min(pair.high, width))


def component(name: str, runs: Sequence[ArrayLike], reducer: str, design: Design, draws: Draws) -> Composite:
    """One benchmark: the runs' statistics (n, k) on the same cases, as `design` draws them.

    The `name` seeds the draws, with the seed of `draws`: benchmarks are drawn independently, whatever their order.
    Raises ValueError as `estimate` does, and where a run's value is undefined.
    """
    drawn = drawn_cases(np.stack([table_of(run, reducer) for run in runs], axis=1), reducer, design)
    values = drawn.values()
    if not np.isfinite(values).all():
        raise ValueError(f"{name}: found values {values.tolist()}; expected each defined")
    seed = int(np.random.SeedSequence([draws.seed, zlib.crc32(name.encode())]).generate_state(1)[0])
    few = len(drawn.pools) == 1 and drawn.freedom > 0
    # within strata one cluster fewer is drawn already
    shrunk = (drawn.units / drawn.freedom) ** 0.5 if few else 1.0
    deviations = (drawn.resampled(draws.resamples, seed) - values) * shrunk
    single = any(pool.units < 2 for pool in drawn.pools)
    freedom = 0.0 if single else float(drawn.freedom)
    low, high = RANGES.get(reducer, UNBOUNDED)
    joint, cases = covariance(drawn), len(np.asarray(runs[0]))
    return Composite(values, deviations, joint, freedom, high - low, cases, drawn.units)


def combined(parts: Sequence[Composite], weights: Sequence[float]) -> Composite:
    """The weighted sum of composites of the same runs; those of weight 0 do not enter."""
    used = [(part, weight) for part, weight in zip(parts, weights, strict=True) if weight]
    return Composite(
        np.sum([weight * part.values for part, weight in used], axis=0),
        np.sum([weight * part.deviations for part, weight in used], axis=0),
        _joint(used),
        _freedom(used),
        sum(weight * part.width for part, weight in used),
        sum(part.n for part, _ in used),
        sum(part.clusters for part, _ in used),
    )


def crossing(first: Array, second: Array, values: tuple[float, float], level: float) -> Crossing:
    """Where weight * first + (1 - weight) * second crosses 0.

    `values` are the differences of two runs on either part, `first` and `second` their resamples, shape (resamples,);
    `level` is that of the percentiles.
    """
    value, other = values
    at = other / (other - value) if value * other < 0 else None
    weights = np.arange(STEPS + 1) / STEPS
    shares = np.array([_share_above(weight * first + (1 - weight) * second) for weight in weights])
    tail = (1 - level) / 2
    is_open = weights[(shares > tail) & (shares < 1 - tail)]
    if not len(is_open):
        return Crossing(at, None, None)
    low, high = float(is_open[0]), float(is_open[-1])
    return Crossing(at, low if at is None else min(low, at), high if at is None else max(high, at))


def _share_above(values: Array) -> float:
    return float(np.mean(values > 0) + np.mean(values == 0) / 2)


def _joint(used: Sequence[tuple[Composite, float]]) -> Array | None:
    joints = [(part.joint, weight) for part, weight in used]
    if any(joint is None for joint, _ in joints):
        return None
    total: Array = np.sum([weight**2 * joint for joint, weight in joints if joint is not None], axis=0)
    return total


def _freedom(used: Sequence[tuple[Composite, float]]) -> float:
    """Satterthwaite's degrees of freedom of the runs' mean variance."""
    if any(part.freedom < 1 or part.joint is None for part, _ in used):
        return 0.0
    shares = [weight**2 * float(np.trace(part.joint)) for part, weight in used if part.joint is not None]
    noise = sum(share**2 / part.freedom for share, (part, _) in zip(shares, used, strict=True))
    return sum(shares) ** 2 / noise if noise else sum(part.freedom for part, _ in used)
