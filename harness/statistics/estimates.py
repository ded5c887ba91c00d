"""An estimate: a value with its interval, or in words why there is none."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from harness.statistics.bounded import bounded_mean
from harness.statistics.bounded import scores_have_bounds
from harness.statistics.intervals import Found
from harness.statistics.intervals import about
from harness.statistics.intervals import percentile
from harness.statistics.intervals import score
from harness.statistics.intervals import student
from harness.statistics.intervals import wilson
from harness.statistics.reducers import PROPORTION
from harness.statistics.reducers import RANGES
from harness.statistics.reducers import REDUCERS
from harness.statistics.reducers import SHARE
from harness.statistics.reducers import UNBOUNDED
from harness.statistics.reducers import Array
from harness.statistics.resampling import Design
from harness.statistics.resampling import Labels
from harness.statistics.resampling import Sample
from harness.statistics.variance import Spread
from harness.statistics.variance import spread
from harness.statistics.weighted import WEIGHTED
from harness.statistics.weighted import drawn_cases

Method: TypeAlias = Literal["wilson", "gaffke", "t", "bootstrap"]

FEWEST_CLUSTERS = 10
"""Below it no interval holds its level; from it on Student's t does."""
BOOTSTRAP_CLUSTERS = 30
"""From it on the percentile bootstrap does too, without taking errors for symmetric."""
FEWEST_BEYOND = 5
"""Percentiles with fewer resamples beyond them hang on the seed: Student's t then, here for strict levels of gates."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric's value over `n` cases in `clusters` clusters, on the metric's own scale.

    `value` is None where it is undefined; `low` and `high` (both or neither) bound it at `level`; `method` says
    how they were found. `note` says in words why something is missing. No field is ever nan, no interval a point.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    n: int
    clusters: int
    method: Method | None
    note: str | None = None


def estimate(  # noqa: PLR0913  # one call says all that the interval depends on
    stats: ArrayLike,
    reducer: str,
    clusters: Labels | None = None,
    *,
    strata: Labels | None = None,
    average: Literal["micro", "macro"] = "micro",
    resample: Literal["cases", "strata"] = "cases",
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Estimate:
    """The value of `reducer` over the cases' statistics (n, k), with its interval at `level`.

    Wilson's for a proportion, by its effective number of cases where these are clustered or strata fixed; Gaffke's for
    a mean of other scores that lie in 0..1; otherwise from 30 clusters on the percentile cluster bootstrap, from 10 on
    Student's t with cluster-robust errors. Below 10 clusters there is no interval, but for single cases' proportion.
    `clusters`, `strata`, `average` and `resample` are
    those of `Design`. The order of the cases changes nothing. Raises ValueError for an unknown reducer, statistics
    that are not finite numbers, labels of another length, or a level outside 0..1.
    """
    table = table_of(stats, reducer)
    if not 0 < level < 1:
        raise ValueError(f"level: found {level}; expected a number between 0 and 1")
    if not len(table):
        return Estimate(None, None, None, level, 0, 0, None, "no value: no cases")
    drawn = drawn_cases(table[:, None], reducer, Design(clusters, strata, average, resample))
    value, n, count = float(drawn.values()[0]), len(table), drawn.units
    if not np.isfinite(value):
        why = "undefined on these cases" if np.isnan(value) else "too large"
        return Estimate(None, None, None, level, n, count, None, f"no value: {why}")
    if reducer == PROPORTION and is_plain(drawn, n):
        return Estimate(value, *wilson(round(table[:, 0].sum()), n, level), level, n, count, "wilson")
    method, (interval, note) = _interval(drawn, table, reducer, level, (resamples, seed))
    low, high = interval or (None, None)
    return Estimate(value, low, high, level, n, count, method if interval else None, joined(note, drawn.note))


def _interval(drawn: Sample, table: Array, reducer: str, level: float, draws: tuple[int, int]) -> tuple[Method, Found]:
    if drawn.units < FEWEST_CLUSTERS:
        return "t", (None, f"no interval: {drawn.units} clusters")
    if reducer != PROPORTION and scores_have_bounds(table, reducer):
        bounded = bounded_mean(drawn, reducer, (0,))
        if bounded is not None:
            return "gaffke", (bounded.interval(level), None)
    if reducer != PROPORTION and bootstrap_holds(drawn, level, draws[0]):
        return "bootstrap", percentiles(drawn, drawn.resampled(*draws)[:, 0], level)
    deviation, value = spread(drawn), float(drawn.values()[0])
    if deviation is None:
        return "t", (None, "no interval: undefined without one cluster")
    if reducer != PROPORTION:
        reach = student(level, deviation.freedom) * deviation.error
        return "t", about(value, reach, RANGES.get(reducer, UNBOUNDED))
    worth = worth_cases(drawn, deviation, value * (1 - value), len(table))
    return "wilson", (score(value, worth, student(level, deviation.effective)), None)


def worth_cases(drawn: Sample, deviation: Spread, variance: float, cases: int) -> float:
    """How many single cases, each with `variance`, would leave the same error: the effective number of cases.

    The design effect of Kish 1965; that score intervals keep their level with it, Franco, Little, Louis and Slud
    2019, J. Surv. Stat. Methodol. 7:334. Clusters that all agree count as one case each; clusters alone never make
    the `cases` worth more than they are.
    """
    if not deviation.error or variance <= 0:
        return float(drawn.units)
    worth = variance / deviation.error**2
    return worth if len(drawn.pools) > 1 else min(worth, float(cases))


def percentiles(drawn: Sample, resampled: Array, level: float) -> Found:
    """The percentile interval of resampled values (resamples,), its level raised for few clusters.

    Resamples spread as if the C clusters were all there are, too little by C/(C-1), and know nothing of Student: the
    expanded percentiles of Hesterberg 2015, Am. Stat. 69:371. Within strata one cluster fewer is drawn instead.
    """
    return percentile(resampled, farther_out(drawn, level))


def farther_out(drawn: Sample, level: float) -> float:
    """The level of the percentiles that hold `level`, see `percentiles`."""
    spreads = drawn.units / drawn.freedom if len(drawn.pools) == 1 else 1.0
    quantile = math.sqrt(spreads) * student(level, drawn.freedom)
    return 1 - 2 * NormalDist().cdf(-quantile)


def bootstrap_holds(drawn: Sample, level: float, resamples: int) -> bool:
    """Whether percentiles hold `level`: enough clusters, and enough resamples beyond either end."""
    return drawn.units >= BOOTSTRAP_CLUSTERS and enough_beyond(level, resamples)


def enough_beyond(level: float, resamples: int) -> bool:
    """Whether there are enough resamples beyond either end."""
    return round((1 - level) / 2 * resamples) >= FEWEST_BEYOND


def is_plain(drawn: Sample, cases: int) -> bool:
    """Whether single cases are drawn from all of them, so that formulas for independent cases hold."""
    return len(drawn.pools) == 1 and drawn.units == cases and drawn.parts == 1


def table_of(stats: ArrayLike, reducer: str) -> Array:
    """The statistics as a checked (n, k) array."""
    if reducer not in REDUCERS and reducer not in WEIGHTED:
        raise ValueError(f"reducer: found {reducer!r}; expected one of {', '.join((*REDUCERS, *WEIGHTED))}")
    table = np.asarray(stats, dtype=float)
    if table.size == 0:
        return np.empty((0, 1))
    if table.ndim != 2:
        raise ValueError(f"stats: found shape {table.shape}; expected (cases, statistics)")
    if not np.isfinite(table).all():
        raise ValueError("stats: found nan or infinity; expected finite numbers")
    if reducer == PROPORTION and not (np.isin(table[:, 0], (0, 1)) & (table[:, 1] == 1)).all():
        raise ValueError("stats: found other values than 0 and 1 of 1; expected each case right or wrong")
    if reducer == SHARE and not ((table[:, 0] >= 0) & (table[:, 0] <= 1) & (table[:, 1] == 1)).all():
        raise ValueError("stats: found values outside 0 to 1 of 1; expected each case's share")
    return table


def joined(*notes: str | None) -> str | None:
    """The notes that are there, in one line."""
    return "; ".join(note for note in notes if note) or None
