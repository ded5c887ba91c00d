"""Cluster-robust errors: the spread of a value among clusters, and how well it is known.

The delete-one-cluster jackknife (CV3 of MacKinnon, Nielsen and Webb 2023, J. Econometrics 232:272), stratum by
stratum; for a mean over clusters of one size it is the clustered error times C/(C-1) of Miller 2024,
arXiv:2411.00640, appendix A.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from harness.statistics.reducers import Array
from harness.statistics.resampling import Sample

Contrast: TypeAlias = Callable[[Array], Array]
"""From runs' values (..., runs) to the value asked for (...)."""

_SAME = 1e-14


@dataclass(frozen=True, slots=True)
class Spread:
    """A value's standard error, and degrees of freedom of its square.

    `freedom` is the number of clusters less the number of strata; `effective` is smaller where few clusters make up
    most of the variance, which its fourth moment tells (Satterthwaite 1946, Biometrics Bulletin 2:110), but not
    below 2.
    """

    error: float
    freedom: int
    effective: float


def alone(values: Array) -> Array:
    """The contrast of a single run."""
    return values[..., 0]


def against(values: Array) -> Array:
    """The contrast of two runs: the first less the second."""
    return values[..., 0] - values[..., 1]


def spread(drawn: Sample, contrast: Contrast = alone) -> Spread | None:
    """The error of `contrast` over the runs; None where it is undefined without some cluster."""
    square = noise = 0.0
    for values, multiplicity in drawn.without_one():
        units = multiplicity.sum()
        if not np.isfinite(contrast(values)).all():
            return None
        shares, apart = multiplicity / units, deviations(values, multiplicity, contrast)
        second, fourth = float(shares @ apart**2), float(shares @ apart**4)
        square += (units - 1) * second
        noise += (units - 1) ** 2 / units * max(0.0, fourth - second**2)
    freedom = drawn.freedom
    effective = min(float(freedom), 2 * square**2 / noise) if noise else float(freedom)
    return Spread(math.sqrt(square), freedom, max(2.0, effective))


def deviations(values: Array, multiplicity: Array, contrast: Contrast) -> Array:
    """How far `contrast` without one unit is from the mean over the units, given `Pool.without_one`."""
    left = contrast(values)
    apart: Array = left - multiplicity / multiplicity.sum() @ left
    # equal clusters leave the same value but for rounding
    apart[np.abs(apart) <= _SAME * np.abs(values).max()] = 0
    return apart


def covariance(drawn: Sample) -> Array | None:
    """The covariance of the runs' values among clusters, shape (runs, runs); None where it is undefined."""
    total = np.zeros((1, 1))
    for values, multiplicity in drawn.without_one():
        if not np.isfinite(values).all():
            return None
        units = multiplicity.sum()
        deviations = values - multiplicity @ values / units
        total = total + (units - 1) / units * (deviations.T * multiplicity) @ deviations
    return total
