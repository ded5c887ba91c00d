"""Many metrics of the same cases on the same draws: each resample is drawn once and serves all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from harness.statistics.draws import BLOCK
from harness.statistics.draws import counts
from harness.statistics.reducers import Array
from harness.statistics.resampling import Index
from harness.statistics.resampling import sums_by
from harness.statistics.weighted import Often

Several: TypeAlias = Callable[[Array], Array]
"""From sums of shape (r, k), or from how often each case counts, shape (r, n), to the values of metrics, (r, m)."""


@dataclass(frozen=True, slots=True, eq=False)
class JointPool:
    """Units, the `sums` (u, k) of their cases' statistics, the unit `of` each case, and what is made of them.

    The values are those of `additive`, from sums, then those of `weighted`, from how often each case counts. A pool as
    those of `resampling`, whose runs are metrics.
    """

    sums: Array
    of: Index
    additive: Several
    weighted: Several

    @property
    def units(self) -> int:
        """How many units are drawn from."""
        return len(self.sums)

    @property
    def parts(self) -> int:
        """One: nothing is averaged."""
        return 1

    @property
    def draws(self) -> int:
        """As many units as there are."""
        return self.units

    def values(self) -> Array:
        """The values of all units, shape (metrics,)."""
        values: Array = self._values(np.ones((1, self.units)))[0]
        return values

    def resampled(self, resamples: int, generator: np.random.Generator) -> Array:
        """The values of as many units drawn with replacement, shape (resamples, metrics)."""
        drawn = counts(np.ones(self.units), self.units, resamples, generator)
        return np.concatenate([self._values(block) for block in drawn])

    def without_one(self) -> tuple[Array, Array]:
        """The values without one unit, shape (u, metrics), and how many units have each."""
        block = max(1, BLOCK // self.units)
        parts = [
            self._values((np.arange(start, min(start + block, self.units))[:, None] != np.arange(self.units)) * 1.0)
            for start in range(0, self.units, block)
        ]
        return np.concatenate(parts), np.ones(self.units)

    def _values(self, often: Often) -> Array:
        additive = self.additive(often @ self.sums)
        cases = often if self.units == len(self.of) else often.take(self.of, axis=1)
        return np.column_stack([additive, self.weighted(cases)])


def joint_pool(stats: Array, of: Index, additive: Several, weighted: Several) -> JointPool:
    """The pool of cases' statistics (n, k), each with the number of its unit (n,), in order of appearance."""
    single = int(of.max()) + 1 == len(of)
    return JointPool(stats if single else sums_by(stats[:, None], of)[:, 0], of, additive, weighted)
