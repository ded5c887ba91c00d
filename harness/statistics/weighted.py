"""Weighted metrics: values that no sum over cases gives, such as ranks, from cases that count so and so often.

The second kind of reducer. It is made ready for the cases' statistics once (it sorts them, say), and then takes how
often each case counts, for many resamples at once; bootstrap, jackknife, sign flips, clusters and strata follow.
"""

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.statistics.draws import BLOCK
from harness.statistics.draws import counts
from harness.statistics.reducers import REDUCERS
from harness.statistics.reducers import Array
from harness.statistics.resampling import Design
from harness.statistics.resampling import Index
from harness.statistics.resampling import Sample
from harness.statistics.resampling import arranged
from harness.statistics.resampling import sample
from harness.statistics.ties import tied

Often: TypeAlias = NDArray[Any]
"""How often each unit or case counts: where it is 0 or 1 as a byte, since a row of bytes stays in a core's cache."""
Weighing: TypeAlias = Callable[[Often], Array]
"""From how often each case counts, shape (r, n), to values, shape (r,); nan where one is undefined."""
WeightedReducer: TypeAlias = Callable[[Array], Weighing]
"""From the cases' statistics, shape (n, k)."""


def auroc(rows: Array) -> Weighing:
    """(score, label 0 or 1) -> the probability that a positive case scores above a negative one, ties half, 0..1.

    The area under the ROC curve as the Mann-Whitney statistic (Hanley and McNeil 1982, Radiology 143:29), with weights
    as scikit-learn's `roc_auc_score(sample_weight=...)`. Scores equal up to rounding are ties. Undefined without a
    positive or without a negative case. Raises ValueError for other labels.
    """
    score, positive = tied(rows[:, 0]), rows[:, 1] == 1
    if not (positive | (rows[:, 1] == 0)).all():
        raise ValueError("auroc: found labels other than 0 and 1; expected one of them for each case")
    if 2 * positive.sum() < len(rows):
        # the running sums are what takes time: over the fewer cases, so the other way round
        score, positive = -score, ~positive
    order = np.argsort(score, kind="stable")
    above, below = order[positive[order]], order[~positive[order]]
    lower, upper = (np.searchsorted(score[below], score[above], side=side) for side in ("left", "right"))
    ties = bool((lower < upper).any())

    def weighing(weights: Often) -> Array:
        beaten = np.zeros((len(weights), len(below) + 1))
        np.cumsum(weights.take(below, axis=1, mode="clip"), axis=1, out=beaten[:, 1:])
        passed = beaten.take(lower, axis=1, mode="clip")
        if ties:
            passed = (passed + beaten.take(upper, axis=1, mode="clip")) / 2
        own = weights.take(above, axis=1, mode="clip").astype(float, copy=False)
        pairs = own.sum(axis=1) * beaten[:, -1]
        value: Array = np.full(len(weights), np.nan)
        np.divide(np.einsum("ij,ij->i", own, passed), pairs, out=value, where=pairs > 0)
        return value

    return weighing


WEIGHTED: dict[str, WeightedReducer] = {"auroc": auroc}


def value_of(reducer: str, stats: Array) -> float:
    """The value of an additive or weighted reducer over cases' statistics (n, k); nan where it is undefined."""
    if reducer in WEIGHTED:
        return float(WEIGHTED[reducer](stats)(np.ones((1, len(stats))))[0])
    return float(REDUCERS[reducer](stats.sum(axis=0)))


def drawn_cases(table: Array, reducer: str, design: Design) -> Sample:
    """The cases' statistics (n, runs, k) as `design` draws them, whichever kind of reducer the name is.

    Raises ValueError as `arranged` does.
    """
    if reducer in WEIGHTED:
        return arranged(Weighted(table, WEIGHTED[reducer]), design)
    return sample(table, REDUCERS[reducer], design)


@dataclass(frozen=True, eq=False)
class CasePool:
    """Units whose cases keep their own `rows` (n, runs, k), unit by unit.

    `sizes` (u,) are the units' numbers of cases, `of` (n,) is the part of each case.
    """

    rows: Array
    sizes: Index
    of: Index
    draws: int
    reducer: WeightedReducer

    @property
    def units(self) -> int:
        """How many units are drawn from."""
        return len(self.sizes)

    @property
    def parts(self) -> int:
        """How many values are summed."""
        return len(self._cases)

    def values(self) -> Array:
        """The values of all units, shape (runs,)."""
        values: Array = self._weighed(np.ones((1, self.units)))[0]
        return values

    def resampled(self, resamples: int, generator: np.random.Generator) -> Array:
        """The values of `draws` units drawn with replacement, shape (resamples, runs)."""
        drawn = counts(np.ones(self.units), self.draws, resamples, generator)
        return np.concatenate([self._weighed(block) for block in drawn])

    def without_one(self) -> tuple[Array, Array]:
        """The values without one unit, shape (u, runs), and how many units have each."""
        return self._left, np.ones(self.units)

    def swapped(self, marked: NDArray[np.bool_]) -> Array:
        """The first two runs' values (r, 2) where the answers to the marked units (r, u) are swapped."""
        own = marked if self.units == len(self.rows) else np.repeat(marked, self.sizes, axis=1)
        total = np.zeros((len(marked), 2))
        for cases, both in zip(self._cases, self._both, strict=True):
            gone = own if len(self._cases) == 1 else own[:, cases]
            for run, weights in enumerate(((~gone, gone), (gone, ~gone))):
                total[:, run] += both(np.concatenate(weights, axis=1))
        return total

    @cached_property
    def _cases(self) -> list[Index]:
        return [np.flatnonzero(self.of == part) for part in range(int(self.of.max()) + 1)]

    @cached_property
    def _runs(self) -> list[list[Weighing]]:
        """Of each part, each run's reducer made ready."""
        runs = range(self.rows.shape[1])
        return [[self.reducer(self.rows[cases, run]) for run in runs] for cases in self._cases]

    @cached_property
    def _both(self) -> list[Weighing]:
        """Of each part, the reducer made ready for the rows of the first run and those of the second."""
        return [
            self.reducer(self.rows[cases, :2].swapaxes(0, 1).reshape(-1, self.rows.shape[2])) for cases in self._cases
        ]

    @cached_property
    def _left(self) -> Array:
        return np.concatenate([self._weighed(~gone) for gone in _one_by_one(self.units)])

    def _weighed(self, often: Often) -> Array:
        """The values (r, runs) where each unit counts so often, shape (r, u)."""
        weights: Often = often if self.units == len(self.rows) else np.repeat(often, self.sizes, axis=1)
        total = np.zeros((len(often), self.rows.shape[1]))
        for cases, runs in zip(self._cases, self._runs, strict=True):
            own = weights if len(self._cases) == 1 else weights[:, cases]
            for run, weighing in enumerate(runs):
                total[:, run] += weighing(own)
        return total


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Cases whose statistics (n, runs, k) keep their own rows."""

    table: Array
    reducer: WeightedReducer

    def __len__(self) -> int:
        return len(self.table)

    def pool(self, chosen: Index, units: Index, parts: Index | None = None, *, fewer: int = 0) -> CasePool:
        """The pool of the chosen cases, units and their cases in an order that theirs does not change."""
        of = np.zeros(len(chosen), dtype=np.intp) if parts is None else parts
        keys = np.column_stack([self.table[chosen].reshape(len(chosen), -1), of])
        sizes = np.bincount(units)
        order = np.lexsort(keys.T)
        if len(sizes) < len(chosen):
            order, sizes = _by_content(keys, units, sizes)
        return CasePool(self.table[chosen][order], sizes, of[order], len(sizes) - fewer, self.reducer)

    def values_by(self, strata: Index) -> Array:
        """Each stratum's value, shape (strata, runs)."""
        return np.stack([self._values(self.table[strata == part]) for part in range(int(strata.max()) + 1)])

    def each_swapped(self, chosen: Index) -> tuple[Array, Array]:
        """The first two runs' values of the chosen cases (2,), and where the answers to one are swapped (chosen, 2)."""
        once = np.ones(len(chosen), dtype=np.intp)
        pool = CasePool(self.table[chosen], once, np.zeros_like(once), len(chosen), self.reducer)
        return pool.values()[:2], np.concatenate(list(map(pool.swapped, _one_by_one(len(chosen)))))

    def _values(self, rows: Array) -> Array:
        once = np.ones((1, len(rows)))
        return np.array([self.reducer(rows[:, run])(once)[0] for run in range(rows.shape[1])])


def _one_by_one(units: int) -> Iterator[NDArray[np.bool_]]:
    """Blocks (b, units) that mark one unit in each row, all in turn."""
    block = max(1, BLOCK // units)
    for start in range(0, units, block):
        yield np.arange(start, min(start + block, units))[:, None] == np.arange(units)


def _by_content(keys: Array, units: Index, sizes: Index) -> tuple[Index, Index]:
    """The order of cases unit by unit, equal units side by side, and the sizes of the units in that order."""
    order = np.lexsort((*keys.T, units))
    starts = np.cumsum(sizes) - sizes
    inside = keys[order]
    contents = [inside[start : start + size].tobytes() for start, size in zip(starts, sizes, strict=True)]
    by_content = sorted(range(len(sizes)), key=contents.__getitem__)
    return np.concatenate([order[starts[unit] : starts[unit] + sizes[unit]] for unit in by_content]), sizes[by_content]
