"""The bootstrap-t: how far resampled values lie from the one seen, over their own errors.

Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 12.5; Hall 1988, Ann. Stat. 16:927, says why it
holds for skewed scores where percentiles do not: a sample that missed the long tail has too small an error as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.statistics.draws import counts
from harness.statistics.estimates import farther_out
from harness.statistics.intervals import Found
from harness.statistics.intervals import percentile
from harness.statistics.reducers import Array
from harness.statistics.resampling import Pool
from harness.statistics.resampling import Sample
from harness.statistics.resampling import SumPool
from harness.statistics.variance import Contrast
from harness.statistics.variance import deviations

_ROUNDING = 1e-8
"""An error is 0 where it is such a part of the one of all units."""
_STEP = 1e-3
"""Of a unit's largest statistic: how far sums are moved to see what a unit adds."""
_MOST = 64
"""Of more statistics than that the slopes would take minutes; what units add where all are there once stands in."""


def studentised(drawn: Sample, contrast: Contrast, resampled: Array, level: float, seed: int) -> Found:
    """The central `level` of resampled values less the one seen, in their own errors; a little more for few clusters.

    `resampled` (resamples,) are the values of `contrast`, a weighted sum of runs, over the resamples of `seed`. A
    resample without an error (all its clusters are alike) is undefined.
    """
    errors = resampled_errors(drawn, contrast, len(resampled), seed)
    ratios = np.full(len(resampled), np.nan)
    np.divide(resampled - contrast(drawn.values()), errors, out=ratios, where=errors > 0)
    return percentile(ratios, farther_out(drawn, level))


def resampled_errors(drawn: Sample, contrast: Contrast, resamples: int, seed: int) -> Array:
    """The standard error of `contrast` in each of the resamples that `Sample.resampled` draws, shape (resamples,).

    The infinitesimal jackknife (Efron 1982, section 6) from what a unit more would add to the value of the resample.
    """
    generator = np.random.default_rng(seed)
    total, whole = np.zeros(resamples), 0.0
    for pool, (values, multiplicity) in zip(drawn.pools, drawn.without_one(), strict=True):
        apart = deviations(values, multiplicity, contrast)
        adding = _adding(pool, apart * (pool.units - 1), contrast, drawn.parts)
        drawing = counts(multiplicity, pool.draws, resamples, generator)
        squares = np.concatenate([_squares(block, adding(block), pool.draws) for block in drawing])
        own = (pool.units - 1) / pool.units * float(multiplicity @ apart**2)
        # one draw shows no error
        total += squares if pool.draws > 1 else own
        whole += own
    return np.where(total > _ROUNDING**2 * whole, np.sqrt(total), 0.0)


def _squares(drawn: Array, each: Array, draws: int) -> Array:
    """The squared errors of means over `draws` units: counts (b, u), what a unit adds (b, u) or (u,), to (b,)."""
    added = drawn * each
    first, second = added.sum(axis=1) / draws, np.einsum("bu,bu->b", added, np.broadcast_to(each, added.shape)) / draws
    squares: Array = np.maximum(second - first**2, 0.0) / max(1, draws - 1)
    return squares


@dataclass(frozen=True, slots=True, eq=False)
class _Fixed:
    """What units add where all are there once, whatever the resample."""

    each: Array

    def __call__(self, _: Array) -> Array:
        return self.each


@dataclass(frozen=True, slots=True, eq=False)
class _Sloped:
    """What units of a pool of sums add in each resample: their statistics times the value's slopes there.

    `weights` (runs,) are those of the runs in the value. The slopes are central differences.
    """

    pool: SumPool
    weights: Array

    def __call__(self, drawn: Array) -> Array:
        sums, rows = self.pool.summed(drawn), self.pool.rows
        slopes = np.stack(list(self._slopes(sums, _STEP * np.abs(rows).max(axis=0))), axis=-1) * self.weights[:, None]
        each: Array = slopes.reshape(len(drawn), -1) @ rows.reshape(len(rows), -1).T * self.pool.draws
        return each

    def _slopes(self, sums: Array, steps: Array) -> Iterator[Array]:
        """For each statistic the slopes of the parts' and runs' values, shape (b, parts, runs)."""
        for index in range(sums.shape[-1]):
            moved = np.zeros_like(steps)
            moved[..., index] = steps[..., index]
            rise = self.pool.reducer(sums + moved) - self.pool.reducer(sums - moved)
            yield np.divide(rise, 2 * steps[..., index], out=np.zeros_like(rise), where=steps[..., index] > 0)


def _adding(pool: Pool, apart: Array, contrast: Contrast, parts: int) -> _Fixed | _Sloped:
    if not isinstance(pool, SumPool) or pool.rows.shape[-1] > _MOST:
        return _Fixed(apart)
    return _Sloped(pool, contrast(np.eye(pool.rows.shape[2])) / parts)
