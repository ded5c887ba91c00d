"""Wins, losses and ties: for which of two runs each case speaks."""

import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

from harness.statistics.estimates import table_of
from harness.statistics.reducers import REDUCERS
from harness.statistics.reducers import Array
from harness.statistics.resampling import Design
from harness.statistics.resampling import Index
from harness.statistics.resampling import numbered_strata
from harness.statistics.resampling import sums_by
from harness.statistics.variance import against
from harness.statistics.weighted import WEIGHTED
from harness.statistics.weighted import Weighted

SINGLE = Design()
ROUNDING = 1e-12
"""Differences this close, relative to the values, are ties."""


def aligned(first: ArrayLike, second: ArrayLike, reducer: str) -> Array:
    """Two runs' statistics (n, k) side by side, shape (n, runs, k).

    Raises ValueError as `estimate` does, and where there is no case or the runs have not the same number.
    """
    tables = table_of(first, reducer), table_of(second, reducer)
    if len(tables[0]) != len(tables[1]):
        raise ValueError(f"runs: found {len(tables[0])} and {len(tables[1])} cases; expected the same cases in both")
    if not len(tables[0]):
        raise ValueError("runs: found no case; expected at least one in both")
    return np.stack(tables, axis=1)


def outcomes(
    first: ArrayLike,
    second: ArrayLike,
    reducer: str,
    design: Design = SINGLE,
    *,
    higher_is_better: bool = True,
) -> NDArray[np.int8]:
    """For each case 1 where the first run wins, -1 where the second does, 0 for a tie; shape (n,).

    A run wins a case where swapping the two answers to it would move the difference of the values against that run:
    for verdicts, where it alone is right; and so for corpus metrics, which have no value of a single case.
    """
    table = aligned(first, second, reducer)
    macro = design.average == "macro"
    strata = numbered_strata(design.strata, len(table)) if macro else np.zeros(len(table), dtype=np.intp)
    with np.errstate(invalid="ignore"):
        values, swapped = (_by_cases if reducer in WEIGHTED else _by_sums)(table, reducer, strata)
        fall = against(values) - against(swapped)
        certain = np.abs(fall) > ROUNDING * np.abs(values).max(axis=1)
    signs = np.where(certain, np.sign(fall), 0).astype(np.int8)
    return signs if higher_is_better else -signs


def _by_sums(table: Array, reducer: str, strata: Index) -> tuple[Array, Array]:
    """For each case the values in its stratum (n, 2), and where the answers to it are swapped."""
    sums, reduce = sums_by(table, strata), REDUCERS[reducer]
    swap = table[:, 1] - table[:, 0]
    swapped = np.stack([sums[strata, 0] + swap, sums[strata, 1] - swap], axis=1)
    return reduce(sums)[strata], reduce(swapped)


def _by_cases(table: Array, reducer: str, strata: Index) -> tuple[Array, Array]:
    """The same of a weighted metric."""
    cases = Weighted(table, WEIGHTED[reducer])
    values, swapped = np.empty(table.shape[:2]), np.empty(table.shape[:2])
    for part in range(int(strata.max()) + 1):
        chosen = np.flatnonzero(strata == part)
        values[chosen], swapped[chosen] = cases.each_swapped(chosen)
    return values, swapped
