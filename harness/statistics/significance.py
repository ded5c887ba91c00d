"""Tests of a difference: sign flips, the bootstrap, McNemar's; and corrections for many of them.

Each gives the p of two sides: how often a difference at least as large would come about were there none.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from harness.statistics.draws import BLOCK
from harness.statistics.draws import FEW
from harness.statistics.draws import SHARE
from harness.statistics.outcomes import ROUNDING
from harness.statistics.reducers import Array
from harness.statistics.reducers import Reducer
from harness.statistics.resampling import Pool
from harness.statistics.resampling import Sample
from harness.statistics.resampling import SumPool
from harness.statistics.resampling import distinct
from harness.statistics.variance import against
from harness.statistics.weighted import CasePool


def mcnemar(first: int, second: int) -> float:
    """Mid-p McNemar: `first` cases only the first run got right, `second` only the second.

    Fagerland, Lydersen and Laake 2013, BMC Med. Res. Methodol. 13:91: the exact conditional p less half the
    probability of what was observed, on either side. 1 without a case that differs. For single cases only.
    """
    differing, fewer = first + second, min(first, second)
    from scipy.special import bdtr  # type: ignore[import-untyped]

    below = bdtr(fewer - 1, differing, 0.5) if fewer else 0.0
    return float(bdtr(fewer, differing, 0.5) + below) if differing else 1.0


def centred(resampled: Array, difference: float) -> float:
    """The bootstrap's p: resampled differences (resamples,), moved to where there is none.

    Efron and Tibshirani 1993, section 16.4, both sides counted, plus one for the observation itself. (Folding before
    moving, as sacrebleu does, halves p: see `compatible`.) An undefined resample counts against the difference.
    """
    smaller = np.abs(resampled - difference) < abs(difference) * (1 - ROUNDING)
    return float((1 + np.sum(~smaller)) / (1 + len(resampled)))


def sign_flip(drawn: Sample, trials: int, seed: int) -> float:
    """The p of swapping the two runs' answers cluster by cluster, for any metric (Fisher 1935, section 21).

    The null hypothesis is that the runs can be exchanged. All swaps are tried where they are at most `trials`, which
    makes p exact; otherwise as many random ones, plus one for the observation itself (Phipson and Smyth 2010,
    Stat. Appl. Genet. Mol. Biol. 9:39). `drawn` has the two runs first. An undefined value counts against a difference.
    """
    pools = [_swaps(pool) for pool in drawn.pools]
    units = sum(pool.size for pool in pools)
    values = drawn.values()
    observed = abs(values[0] - values[1]) - ROUNDING * float(np.abs(values[:2]).max())
    exact = units < 63 and 2**units <= trials
    generator = np.random.default_rng(seed)
    total = np.zeros(2**units if exact else trials)
    start = 0
    for pool in pools:
        blocks = pool.exact(start, units) if exact else pool.random(trials, generator)
        total += against(np.concatenate(list(blocks))) / drawn.parts
        start += pool.size
    reached = int(np.sum(~(np.abs(total) < observed)))
    return reached / len(total) if exact else (1 + reached) / (1 + trials)


class _Swaps(Protocol):
    """What swapping the first two runs' answers, unit by unit, does to the values of a pool."""

    @property
    def size(self) -> int:
        """How many units can be swapped."""
        ...

    def exact(self, start: int, units: int) -> Iterator[Array]:
        """Both runs' values (trials, 2) under all 2^units patterns, of which this pool reads the bits from `start`."""
        ...

    def random(self, trials: int, generator: np.random.Generator) -> Iterator[Array]:
        """Both runs' values (trials, 2) where each unit is swapped or not by the toss of a coin."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _SumSwaps:
    """Swaps of sums: the pool's `sums` (parts, runs, k), the differences of its `units`.

    Units (u, parts * k) that do not differ are left out; `distinct` ones with their `count`.
    """

    sums: Array
    units: Array
    distinct: Array
    count: NDArray[np.intp]
    reducer: Reducer

    @property
    def size(self) -> int:
        return len(self.units)

    def exact(self, start: int, units: int) -> Iterator[Array]:
        bits = np.arange(start, start + len(self.units))
        for low in range(0, 2**units, BLOCK):
            patterns = np.arange(low, min(low + BLOCK, 2**units))
            yield self._values((patterns[:, None] >> bits & 1) @ self.units)

    def random(self, trials: int, generator: np.random.Generator) -> Iterator[Array]:
        few = len(self.distinct) <= max(FEW, len(self.units) // SHARE)
        block = max(1, BLOCK // max(1, len(self.distinct) if few else len(self.units)))
        for start in range(0, trials, block):
            size = min(block, trials - start)
            if few:
                yield self._values(generator.binomial(self.count, 0.5, size=(size, len(self.count))) @ self.distinct)
            else:
                yield self._values(generator.integers(0, 2, size=(size, len(self.units)), dtype=bool) @ self.units)

    def _values(self, kept: Array) -> Array:
        """Both runs' values from the sums of the differences of the units that are not swapped."""
        parts, _, k = self.sums.shape
        kept = kept.reshape(-1, parts, k)
        values: Array = self.reducer(np.stack([self.sums[:, 1] + kept, self.sums[:, 0] - kept], axis=2)).sum(axis=1)
        return values


@dataclass(frozen=True, slots=True, eq=False)
class _CaseSwaps:
    """Swaps of cases that keep their own rows."""

    pool: CasePool

    @property
    def size(self) -> int:
        return self.pool.units

    def exact(self, start: int, units: int) -> Iterator[Array]:
        bits = np.arange(start, start + self.size)
        for low in range(0, 2**units, self._block):
            patterns = np.arange(low, min(low + self._block, 2**units))
            yield self.pool.swapped((patterns[:, None] >> bits & 1).astype(bool))

    def random(self, trials: int, generator: np.random.Generator) -> Iterator[Array]:
        for start in range(0, trials, self._block):
            size = (min(self._block, trials - start), self.size)
            yield self.pool.swapped(generator.integers(0, 2, size=size, dtype=bool))

    @property
    def _block(self) -> int:
        return max(1, BLOCK // len(self.pool.rows))


def _swaps(pool: Pool) -> _Swaps:
    if isinstance(pool, CasePool):
        return _CaseSwaps(pool)
    if not isinstance(pool, SumPool):
        raise TypeError(f"sign_flip: found {type(pool).__name__}; expected SumPool or CasePool")
    flat = (pool.rows[:, :, 0] - pool.rows[:, :, 1]).reshape(len(pool.rows), -1)
    differing = flat.any(axis=1)
    units = np.repeat(flat[differing], pool.multiplicity[differing].astype(int), axis=0)
    rows, count = distinct(units)
    return _SumSwaps(pool.sums[:, :2], units, rows, count.astype(np.intp), pool.reducer)


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p's that control the family-wise error, in the order given (Holm 1979, Scand. J. Stat. 6:65)."""
    order = np.argsort(ps, kind="stable")
    stepped = np.maximum.accumulate(np.asarray(ps, dtype=float)[order] * np.arange(len(ps), 0, -1))
    return _back(np.minimum(stepped, 1.0), order)


def benjamini_hochberg(ps: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p's that control the false discovery rate, in the order given.

    Benjamini and Hochberg 1995, JRSS B 57:289; also under positive dependence.
    """
    order = np.argsort(ps, kind="stable")
    scaled = np.asarray(ps, dtype=float)[order] * len(ps) / np.arange(1, len(ps) + 1)
    return _back(np.minimum.accumulate(scaled[::-1])[::-1], order)


def _back(adjusted: Array, order: NDArray[np.intp]) -> tuple[float, ...]:
    placed = np.empty(len(order))
    placed[order] = adjusted
    return tuple(placed.tolist())
