"""Resampling: what is drawn together, what stays fixed, and the values of a metric over such draws.

The cluster bootstrap of Davison and Hinkley 1997, section 3.8 (clusters whole); within fixed strata one cluster
fewer than there are is drawn, which makes the variance unbiased in small strata (Rao and Wu 1988, JASA 83:231).
"""

from collections import defaultdict
from collections.abc import Hashable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from itertools import count
from typing import Literal
from typing import Protocol
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from harness.statistics.draws import counts
from harness.statistics.reducers import Array
from harness.statistics.reducers import Reducer
from harness.statistics.reducers import mean

Labels: TypeAlias = Sequence[Hashable | None]
Index: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Design:
    """How cases hang together, and what a metric's value is the average of.

    `clusters` names each case's cluster, None for a case of its own. "macro" is the mean over `strata` of the
    reducer's value within each. "cases" draws clusters, within each stratum where no cluster crosses strata and the
    value is "macro", otherwise over all cases; "strata" draws whole strata, as if they were the clusters.
    """

    clusters: Labels | None = None
    strata: Labels | None = None
    average: Literal["micro", "macro"] = "micro"
    resample: Literal["cases", "strata"] = "cases"


class Pool(Protocol):
    """Units that are drawn from each other, and each run's values, summed over the parts they fall into."""

    @property
    def units(self) -> int:
        """How many units are drawn from."""
        ...

    @property
    def parts(self) -> int:
        """How many values are summed."""
        ...

    @property
    def draws(self) -> int:
        """How many units a resample has."""
        ...

    def values(self) -> Array:
        """The values of all units, shape (runs,)."""
        ...

    def resampled(self, resamples: int, generator: np.random.Generator) -> Array:
        """The values of `draws` units drawn with replacement, shape (resamples, runs)."""
        ...

    def without_one(self) -> tuple[Array, Array]:
        """The values without one unit, shape (u, runs), and how many units have each."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class SumPool:
    """Units with sums: distinct `rows` (u, parts, runs, k), how many units have each, draws."""

    rows: Array
    multiplicity: Array
    draws: int
    reducer: Reducer

    @property
    def units(self) -> int:
        """How many units are drawn from."""
        return int(self.multiplicity.sum())

    @property
    def parts(self) -> int:
        """How many values are summed."""
        return int(self.rows.shape[1])

    @property
    def sums(self) -> Array:
        """The sum over all units, shape (parts, runs, k)."""
        return self.summed(self.multiplicity)

    def summed(self, counts: Array) -> Array:
        """The sums where each distinct row is drawn so often: counts (..., u) -> sums (..., parts, runs, k)."""
        flat = self.rows.reshape(len(self.rows), -1)
        return (counts @ flat).reshape(*counts.shape[:-1], *self.rows.shape[1:])

    def values(self) -> Array:
        """The values of all units, shape (runs,)."""
        return self._reduced(self.sums)

    def resampled(self, resamples: int, generator: np.random.Generator) -> Array:
        """The values of `draws` units drawn with replacement, shape (resamples, runs)."""
        drawn = counts(self.multiplicity, self.draws, resamples, generator)
        return np.concatenate([self._reduced(self.summed(block)) for block in drawn])

    def without_one(self) -> tuple[Array, Array]:
        """The values without one unit, shape (u, runs), and how many units have each."""
        return self._reduced(self.sums - self.rows), self.multiplicity

    def _reduced(self, sums: Array) -> Array:
        """Sums of shape (..., parts, runs, k) to values of shape (..., runs)."""
        values: Array = self.reducer(sums).sum(axis=-2)
        return values


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The cases of one or more runs as they are drawn: independent pools, whose parts' values are averaged."""

    pools: tuple[Pool, ...]
    note: str | None = field(default=None)

    @property
    def units(self) -> int:
        """How many clusters (or strata, where these are drawn) there are."""
        return sum(pool.units for pool in self.pools)

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the variance among units: one less than units in each pool."""
        return sum(pool.units - 1 for pool in self.pools)

    @property
    def parts(self) -> int:
        """How many values are averaged."""
        return sum(pool.parts for pool in self.pools)

    def values(self) -> Array:
        """Each run's value, shape (runs,); nan where one is undefined, in any stratum."""
        total: Array = sum((pool.values() for pool in self.pools), start=np.zeros(1))
        return total / self.parts

    def resampled(self, resamples: int, seed: int) -> Array:
        """Each run's value over resamples, shape (resamples, runs): the same draws for all runs."""
        generator = np.random.default_rng(seed)
        total: Array = sum((pool.resampled(resamples, generator) for pool in self.pools), start=np.zeros(1))
        return total / self.parts

    def without_one(self) -> Iterator[tuple[Array, Array]]:
        """For each pool the values without one unit, shape (u, runs), and how many units have each."""
        whole = [pool.values() for pool in self.pools]
        for number, pool in enumerate(self.pools):
            others = sum((value for other, value in enumerate(whole) if other != number), start=np.zeros(1))
            left, multiplicity = pool.without_one()
            yield (others + left) / self.parts, multiplicity


class Cases(Protocol):
    """The cases of one or more runs, as a kind of metric makes them into pools."""

    def __len__(self) -> int:
        """How many cases there are."""
        ...

    def pool(self, chosen: Index, units: Index, parts: Index | None = None, *, fewer: int = 0) -> Pool:
        """The pool of the chosen cases, each with the number of its unit, and of its part where there are several.

        `fewer` is how many units less than there are a resample has.
        """
        ...

    def values_by(self, strata: Index) -> Array:
        """Each stratum's value, shape (strata, runs)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Cases whose statistics (n, runs, k) are summed before a reducer makes them a value."""

    table: Array
    reducer: Reducer

    def __len__(self) -> int:
        return len(self.table)

    def pool(self, chosen: Index, units: Index, parts: Index | None = None, *, fewer: int = 0) -> SumPool:
        """The pool of the units' sums, in an order of their own."""
        table, size = self.table[chosen], int(units.max()) + 1
        count = 1 if parts is None else int(parts.max()) + 1
        sums = sums_by(table, units if parts is None else units * count + parts, size * count)
        rows, multiplicity = distinct(sums.reshape(size, -1))
        return SumPool(rows.reshape(-1, count, *table.shape[1:]), multiplicity, size - fewer, self.reducer)

    def values_by(self, strata: Index) -> Array:
        """Each stratum's value, shape (strata, runs)."""
        return self.reducer(sums_by(self.table, strata))


def sample(table: Array, reducer: Reducer, design: Design) -> Sample:
    """The statistics (n, runs, k) of an additive metric as `design` draws them, see `arranged`."""
    return arranged(Sums(table, reducer), design)


def arranged(cases: Cases, design: Design) -> Sample:
    """Cases as `design` draws them; the order of the cases changes nothing.

    Where a fixed stratum has a single cluster, its variance cannot be seen: strata are drawn instead, which
    overstates it, and the note says so. Raises ValueError for labels of another length, strata that are missing, or
    words of the design that mean nothing.
    """
    for word, known in ((design.average, ("micro", "macro")), (design.resample, ("cases", "strata"))):
        if word not in known:
            raise ValueError(f"design: found {word!r}; expected one of {', '.join(known)}")
    if design.strata is not None:
        _check(design.strata, len(cases), "strata")
    units, every = _clusters(design.clusters, len(cases)), np.arange(len(cases))
    if design.average == "micro" and design.resample == "cases":
        return Sample((cases.pool(every, units),))
    strata = numbered_strata(design.strata, len(cases))
    if design.average == "micro":
        return Sample((cases.pool(every, strata),))
    if design.resample == "strata":
        return _whole_strata(cases, strata)
    return _within_strata(cases, units, strata)


def _within_strata(cases: Cases, units: Index, strata: Index) -> Sample:
    size, parts = units.max() + 1, strata.max() + 1
    cells = np.unique(units * parts + strata)
    if len(cells) > size:
        return Sample((cases.pool(np.arange(len(cases)), units, strata),))
    sizes = np.bincount(cells % parts, minlength=parts)
    if parts > 1 and sizes.min() < 2:
        note = f"strata drawn whole: {(sizes < 2).sum()} of {parts} have a single cluster"
        return Sample(_whole_strata(cases, strata).pools, note)
    fewer = int(parts > 1)
    chosen = [np.flatnonzero(strata == part) for part in range(parts)]
    return Sample(tuple(cases.pool(of, np.unique(units[of], return_inverse=True)[1], fewer=fewer) for of in chosen))


def _whole_strata(cases: Cases, strata: Index) -> Sample:
    """Strata as units: the mean of their values, each with weight 1."""
    values = cases.values_by(strata)
    weighed = Sums(np.stack([values, np.ones_like(values)], axis=-1), mean)
    every = np.arange(len(values))
    return Sample((weighed.pool(every, every),))


def distinct(rows: Array) -> tuple[Array, Array]:
    """The distinct rows (u, k) in an order of their own, and how many there are of each (`np.unique` is slower)."""
    ordered = rows[np.lexsort(rows.T)] if len(rows) else rows
    starts = np.flatnonzero(np.r_[len(rows) > 0, (ordered[1:] != ordered[:-1]).any(axis=1)])
    return ordered[starts], np.diff(starts, append=len(rows)).astype(float)


def sums_by(table: Array, index: Index, groups: int | None = None) -> Array:
    """The statistics summed within each group, shape (groups, runs, k); rounding knows no order of the cases."""
    flat = table.reshape(len(table), -1)
    order = np.lexsort((*flat.T, index))
    sorted_index = index[order]
    starts = np.flatnonzero(np.diff(sorted_index, prepend=-1))
    sums = np.zeros((groups or int(index.max()) + 1, flat.shape[1]))
    sums[sorted_index[starts]] = np.add.reduceat(flat[order], starts, axis=0)
    return sums.reshape(-1, *table.shape[1:])


def _clusters(labels: Labels | None, cases: int) -> Index:
    """A number for each case's cluster, in order of appearance."""
    if labels is None:
        return np.arange(cases)
    _check(labels, cases, "clusters")
    fresh = count()
    numbers: defaultdict[Hashable, int] = defaultdict(fresh.__next__)
    return np.array([next(fresh) if label is None else numbers[label] for label in labels], dtype=np.intp)


def numbered_strata(labels: Labels | None, cases: int) -> Index:
    """A number for each case's stratum, in an order that the cases' does not change."""
    if labels is None:
        raise ValueError("strata: found none; expected one for each case")
    _check(labels, cases, "strata")
    numbers = {label: number for number, label in enumerate(sorted(set(labels), key=repr))}
    return np.array([numbers[label] for label in labels], dtype=np.intp)


def _check(labels: Labels, cases: int, what: str) -> None:
    if len(labels) != cases:
        raise ValueError(f"{what}: found {len(labels)} labels for {cases} cases; expected one for each")
