"""Confidence intervals: for proportions and their differences, by Student's t, by percentiles of resamples.

`quantile` is always that of the distribution meant, normal or t: `level` of it lies between -quantile and quantile.
"""

import math
from statistics import NormalDist
from typing import TypeAlias

import numpy as np

from harness.statistics.reducers import Array

Interval: TypeAlias = tuple[float, float]
Found: TypeAlias = tuple[Interval | None, str | None]
"""An interval, and a note on it; where there is none, the note says why."""


def normal(level: float) -> float:
    """The normal distribution's quantile."""
    return NormalDist().inv_cdf((1 + level) / 2)


def student(level: float, freedom: float) -> float:
    """The quantile of Student's t."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    return float(stdtrit(freedom, (1 + level) / 2))


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """The score interval of Wilson 1927 (no continuity correction) for `successes` of `n`, within [0, 1].

    Its width is never 0. Raises ValueError where 0 <= successes <= n, n >= 1 and 0 < level < 1 do not hold.
    """
    if not (n >= 1 and 0 <= successes <= n and 0 < level < 1):
        raise ValueError(
            f"wilson: {successes} of {n} at level {level}; expected 0 <= successes <= n, 1 <= n, 0 < level < 1"
        )
    return score(successes / n, n, normal(level))


def score(share: float, n: float, quantile: float) -> Interval:
    """Wilson's interval for a share of `n` cases, or as many as clustered cases are worth (see `proportion`)."""
    z = quantile
    center = (share + z * z / 2 / n) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / 4 / n**2)
    low = 0.0 if share <= 0 else center - reach
    high = 1.0 if share >= 1 else center + reach
    return low, high


def bonett_price(shares: tuple[float, float], n: float, quantile: float) -> Interval:
    """The difference of two paired proportions, from the `shares` of `n` pairs only the first or the second got right.

    Wald's interval with one pair added to either share: Bonett and Price 2012, J. Educ. Behav. Stat. 37:479;
    recommended by Fagerland, Lydersen and Laake 2014, Stat. Med. 33:2850. Its width is never 0.
    """
    first, second = ((share * n + 1) / (n + 2) for share in shares)
    reach = quantile * math.sqrt((first + second - (first - second) ** 2) / (n + 2))
    return max(-1.0, first - second - reach), min(1.0, first - second + reach)


def about(value: float, reach: float, bounds: Interval) -> Found:
    """The interval of `reach` on both sides of a value, cut to `bounds` (but not short of a value outside them)."""
    if reach <= 0:
        return None, "no interval: all clusters agree"
    return within((value - reach, value + reach), value, bounds), None


def within(ends: Interval, value: float, bounds: Interval) -> Interval:
    """The interval cut to `bounds`, but not short of a value outside them."""
    return max(ends[0], min(value, bounds[0])), min(ends[1], max(value, bounds[1]))


def percentile(values: Array, level: float) -> Found:
    """The central `level` of resamples' values (Efron 1979), shape (resamples,).

    None where so many are undefined that an end would be, or where all agree: an interval is never a point.
    """
    defined = values[np.isfinite(values)]
    missing = len(values) - len(defined)
    undefined = f"undefined in {missing} of {len(values)} resamples"
    if missing > (1 - level) / 2 * len(values):
        return None, f"no interval: {undefined}"
    low, high = np.quantile(defined, ((1 - level) / 2, (1 + level) / 2))
    if high - low <= 1e-14 * np.abs(defined).max():
        return None, "no interval: all resamples agree"
    return (float(low), float(high)), undefined if missing else None
