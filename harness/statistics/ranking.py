"""Many runs on the same cases: all pairs at once, ranks with their intervals, and who is tied with whom.

The same resamples for all runs; the largest studentised deviation over all pairs makes every statement hold together
(Romano and Wolf 2005, Econometrica 73:1237), and ranks follow from it (Mogstad, Romano, Shaikh and Wilhelm 2024,
Rev. Econ. Stud. 91:476). Percentiles of resampled ranks would be too narrow among close runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

from harness.statistics.estimates import FEWEST_CLUSTERS
from harness.statistics.estimates import joined
from harness.statistics.estimates import table_of
from harness.statistics.intervals import normal
from harness.statistics.intervals import student
from harness.statistics.outcomes import SINGLE
from harness.statistics.paired import STANDARD
from harness.statistics.paired import Draws
from harness.statistics.reducers import Array
from harness.statistics.resampling import Design
from harness.statistics.resampling import Sample
from harness.statistics.variance import covariance
from harness.statistics.weighted import drawn_cases


@dataclass(frozen=True, slots=True)
class Rank:
    """A run's value and its place, 1 for the best; `best` to `worst` are the places it may have at the level."""

    value: float
    rank: int
    best: int
    worst: int


@dataclass(frozen=True, slots=True)
class Versus:
    """Two runs, by their numbers: first less second, with an interval and a p that hold for all pairs together."""

    first: int
    second: int
    difference: float
    low: float | None
    high: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Runs ranked over `n` cases in `clusters` clusters.

    `ranks` stand in the order the runs were given; `groups` are the largest sets of neighbours in rank, best first, in
    which no two runs differ at the level. `note` says why pairs have no interval.
    """

    ranks: tuple[Rank, ...]
    pairs: tuple[Versus, ...]
    groups: tuple[tuple[int, ...], ...]
    level: float
    n: int
    clusters: int
    note: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The errors of all differences (runs, runs), and the largest studentised deviation of each resample, ordered."""

    errors: Array
    largest: Array
    factor: float

    def reach(self, level: float) -> Array:
        """Half the width of the intervals that hold together."""
        critical = self.factor * np.quantile(self.largest, level, method="higher")
        return np.where(self.errors > 0, critical * self.errors, 0.0)

    def p(self, first: int, second: int, difference: float) -> float:
        """How often the largest deviation of all is at least as large as this difference."""
        error = self.errors[first, second]
        if error == 0:
            return 1.0 if difference == 0 else 1 / (1 + len(self.largest))
        studentised = abs(difference) / error / self.factor
        return float((1 + np.sum(self.largest >= studentised)) / (1 + len(self.largest)))


def ranking(
    runs: Sequence[ArrayLike],
    reducer: str,
    design: Design = SINGLE,
    draws: Draws = STANDARD,
    *,
    higher_is_better: bool = True,
) -> Ranking:
    """Two or more runs' statistics (n, k) on the same cases, ranked.

    Fewer than 10 clusters leave all runs tied. Raises ValueError as `estimate` does, for fewer than two runs, for runs
    of different numbers of cases, and where a run's value is undefined.
    """
    drawn = _drawn(runs, reducer, design)
    values = drawn.values()
    if not np.isfinite(values).all():
        raise ValueError(f"runs: found values {values.tolist()}; expected each defined, to rank them")
    pairs = _pairs(drawn, draws) if drawn.units >= FEWEST_CLUSTERS else None
    few = None if pairs else f"no interval: {drawn.units} clusters"
    bare = ranked(values, pairs, draws.level, higher_is_better=higher_is_better)
    return replace(bare, n=len(np.asarray(runs[0])), clusters=drawn.units, note=joined(few, drawn.note))


def ranked(values: Array, distribution: Pairs | None, level: float, *, higher_is_better: bool = True) -> Ranking:
    """Values (runs,) ranked by what tells them apart, all of them tied where that is None; `n` and `clusters` are 0."""
    lead = (values[:, None] - values) * (1 if higher_is_better else -1)
    reach = distribution.reach(level) if distribution else np.full_like(lead, np.inf)
    better = lead > np.maximum(reach, 1e-12 * np.abs(values).max())
    ranks = tuple(
        Rank(
            float(value),
            1 + int(np.sum(lead[:, run] > 0)),
            1 + int(better[:, run].sum()),
            len(values) - int(better[run].sum()),
        )
        for run, value in enumerate(values)
    )
    pairs = tuple(
        _versus(first, second, values, distribution, reach) for first, second in combinations(range(len(values)), 2)
    )
    return Ranking(ranks, pairs, _groups(lead, better), level, 0, 0)


def _drawn(runs: Sequence[ArrayLike], reducer: str, design: Design) -> Sample:
    tables = [table_of(run, reducer) for run in runs]
    sizes = {len(table) for table in tables}
    if len(tables) < 2 or len(sizes) > 1 or 0 in sizes:
        raise ValueError(f"runs: found {[len(table) for table in tables]} cases; expected two runs or more of the same")
    return drawn_cases(np.stack(tables, axis=1), reducer, design)


def _pairs(drawn: Sample, draws: Draws) -> Pairs | None:
    joint = covariance(drawn)
    if joint is None:
        return None
    deviations = drawn.resampled(draws.resamples, draws.seed) - drawn.values()
    # resamples spread as if C clusters were all there are, and know nothing of Student: both matter for few
    shrunk = (drawn.units / max(1, drawn.freedom)) ** 0.5
    return studentised(joint, deviations, shrunk * student(draws.level, drawn.freedom) / normal(draws.level))


def studentised(joint: Array, deviations: Array, factor: float) -> Pairs:
    """All pairs of runs, from the covariance (runs, runs) and resamples less the values (resamples, runs).

    `factor` widens what the resamples say.
    """
    variances = np.diag(joint)
    squares = variances[:, None] + variances - 2 * joint
    # runs that agree leave rounding, which is no error
    errors = np.sqrt(np.where(squares > 1e-14 * variances.max(), squares, 0.0))
    largest = np.zeros(len(deviations))
    for run in range(len(variances) - 1):
        apart = np.abs(deviations[:, run, None] - deviations[:, run + 1 :])
        ratios = np.divide(apart, errors[run, run + 1 :], out=np.zeros_like(apart), where=errors[run, run + 1 :] > 0)
        largest = np.maximum(largest, ratios.max(axis=1))
    return Pairs(errors, np.sort(np.nan_to_num(largest, nan=np.inf)), factor)


def _versus(first: int, second: int, values: Array, pairs: Pairs | None, reach: Array) -> Versus:
    difference, half = float(values[first] - values[second]), float(reach[first, second])
    p = pairs.p(first, second, difference) if pairs else None
    if not 0 < half < np.inf:
        return Versus(first, second, difference, None, None, p)
    return Versus(first, second, difference, difference - half, difference + half, p)


def _groups(lead: Array, better: NDArray[np.bool_]) -> tuple[tuple[int, ...], ...]:
    """The longest stretches of the order by value in which no run is better than another."""
    order = np.argsort(-(lead > 0).sum(axis=1), kind="stable").tolist()
    groups: list[tuple[int, ...]] = []
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and not better[order[start:end], order[end]].any():
            end += 1
        if not groups or end > order.index(groups[-1][-1]) + 1:
            groups.append(tuple(order[start:end]))
    return tuple(groups)
