"""An estimate: a value with its interval, or in words why there is none."""

from collections.abc import Hashable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from harness.statistics.intervals import bootstrap
from harness.statistics.intervals import wilson
from harness.statistics.reducers import PROPORTION
from harness.statistics.reducers import REDUCERS
from harness.statistics.reducers import Array

FEWEST_CLUSTERS = 10


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
    method: Literal["wilson", "bootstrap"] | None
    note: str | None = None


def estimate(
    stats: ArrayLike,
    reducer: str,
    clusters: Sequence[Hashable | None] | None = None,
    *,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Estimate:
    """The value of `reducer` over the cases' statistics (n, k), with its interval at `level`.

    Wilson's for a proportion of single cases; otherwise the percentile cluster bootstrap, from 10 clusters on.
    `clusters` names each case's cluster, None for a case of its own. The order of the cases changes nothing. Raises
    ValueError for an unknown reducer, statistics that are not finite numbers, or labels of another length.
    """
    table = _table(stats, reducer)
    sums = _cluster_sums(table, clusters)
    rows, multiplicity = np.unique(sums, axis=0, return_counts=True)
    n, count = len(table), len(sums)
    value = float(REDUCERS[reducer](multiplicity.astype(float) @ rows)) if n else None
    if value is None or np.isnan(value):
        why = "undefined on these cases" if n else "no cases"
        return Estimate(None, None, None, level, n, count, None, f"no value: {why}")
    if count == n and reducer == PROPORTION:
        low, high = wilson(round(table[:, 0].sum()), n, level)
        return Estimate(value, low, high, level, n, count, "wilson")
    if count < FEWEST_CLUSTERS:
        return Estimate(value, None, None, level, n, count, None, f"no interval: {count} clusters")
    values = bootstrap(rows, multiplicity.astype(float), REDUCERS[reducer], resamples=resamples, seed=seed)
    interval, note = _percentiles(values, level)
    if interval is None:
        return Estimate(value, None, None, level, n, count, None, note)
    return Estimate(value, *interval, level, n, count, "bootstrap", note)


def _table(stats: ArrayLike, reducer: str) -> Array:
    """The statistics as a checked (n, k) array."""
    if reducer not in REDUCERS:
        raise ValueError(f"reducer: found {reducer!r}; expected one of {', '.join(REDUCERS)}")
    table = np.asarray(stats, dtype=float)
    if table.size == 0:
        return np.empty((0, 1))
    if table.ndim != 2:
        raise ValueError(f"stats: found shape {table.shape}; expected (cases, statistics)")
    if not np.isfinite(table).all():
        raise ValueError("stats: found nan or infinity; expected finite numbers")
    if reducer == PROPORTION and not (np.isin(table[:, 0], (0, 1)) & (table[:, 1] == 1)).all():
        raise ValueError("stats: found other values than 0 and 1 of 1; expected each case right or wrong")
    return table


def _cluster_sums(table: Array, clusters: Sequence[Hashable | None] | None) -> Array:
    """The statistics summed within each cluster, shape (clusters, k)."""
    if clusters is None:
        return table
    if len(clusters) != len(table):
        raise ValueError(f"clusters: found {len(clusters)} labels for {len(table)} cases; expected one for each")
    numbers: dict[Hashable, int] = {}
    labels = (("case", row) if label is None else ("cluster", label) for row, label in enumerate(clusters))
    index = [numbers.setdefault(label, len(numbers)) for label in labels]
    sums = np.zeros((len(numbers), table.shape[1]))
    np.add.at(sums, np.asarray(index, dtype=int), table)
    return sums


def _percentiles(values: Array, level: float) -> tuple[tuple[float, float] | None, str | None]:
    """The central `level` of the resamples, or why there is none."""
    defined = values[~np.isnan(values)]
    missing = len(values) - len(defined)
    undefined = f"undefined in {missing} of {len(values)} resamples"
    if missing > (1 - level) / 2 * len(values):
        return None, f"no interval: {undefined}"
    low, high = np.quantile(defined, ((1 - level) / 2, (1 + level) / 2))
    if low == high:
        return None, "no interval: all resamples agree"
    return (float(low), float(high)), undefined if missing else None
