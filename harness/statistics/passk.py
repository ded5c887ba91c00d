"""pass@k: the chance that at least one of k samples solves a problem, with its two kinds of uncertainty.

The unbiased estimator of Chen et al. 2021, arXiv:2107.03374, section 2.1.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from numpy.typing import NDArray

from harness.statistics.estimates import Estimate
from harness.statistics.estimates import estimate
from harness.statistics.reducers import SHARE
from harness.statistics.reducers import Array
from harness.statistics.resampling import Design

SINGLE = Design()


@dataclass(frozen=True, slots=True)
class PassAtK:
    """pass@k over problems. The interval of `estimate` is for other problems of the kind, samples included.

    `sampling_error` is the standard error from the samples alone, were the problems fixed: what more samples would
    lessen. None where no problem has more than k samples or none has samples that differ, and for means over strata.
    """

    k: int
    estimate: Estimate
    sampling_error: float | None


def pass_at_k(samples: ArrayLike, correct: ArrayLike, k: int) -> Array:
    """Each problem's estimate 1 - C(n-c, k) / C(n, k), shape (problems,), from n `samples` of which c are `correct`.

    Raises ValueError where a problem has fewer than k samples, or 0 <= correct <= samples does not hold.
    """
    n, c = _counts(samples, correct, k)
    # the ratio as a product of k factors: binomials of large n are no floats
    factors = 1 - c[:, None] / (n[:, None] - np.arange(k))
    estimates: Array = 1 - np.prod(np.maximum(factors, 0), axis=1)
    return estimates


def estimate_pass_at_k(
    samples: ArrayLike, correct: ArrayLike, k: int, design: Design = SINGLE, *, level: float = 0.95
) -> PassAtK:
    """pass@k over all problems with its interval, that of a mean of shares in 0..1 (`estimate`).

    So it is never a point, not even where all problems are solved. Raises ValueError as `pass_at_k` does.
    """
    values = pass_at_k(samples, correct, k)
    mean = estimate(
        np.stack([values, np.ones_like(values)], axis=-1),
        SHARE,
        design.clusters,
        strata=design.strata,
        average=design.average,
        resample=design.resample,
        level=level,
    )
    noise = _sampling_error(samples, correct, k) if design.average == "micro" else None
    return PassAtK(k, mean, noise)


def sampling_variance(samples: ArrayLike, correct: ArrayLike, k: int) -> Array:
    """Each problem's variance of `pass_at_k` from its samples alone, shape (problems,); every n must be above k.

    The delete-one-sample jackknife, which is at least the variance (Efron and Stein 1981). Raises ValueError as
    `pass_at_k` does for n - 1 samples.
    """
    n, c = _counts(samples, correct, k)
    whole = pass_at_k(n, c, k)
    without_right = np.where(c > 0, pass_at_k(n - 1, np.maximum(c - 1, 0), k), 0.0)
    without_wrong = np.where(c < n, pass_at_k(n - 1, np.minimum(c, n - 1), k), 0.0)
    squares = c * (without_right - whole) ** 2 + (n - c) * (without_wrong - whole) ** 2
    variance: Array = (n - 1) / n * squares
    return variance


def _sampling_error(samples: ArrayLike, correct: ArrayLike, k: int) -> float | None:
    n, c = _counts(samples, correct, k)
    enough = n > k
    if not enough.any():
        return None
    variance = float(sampling_variance(n[enough], c[enough], k).mean()) / len(enough)
    return math.sqrt(variance) or None


def _counts(samples: ArrayLike, correct: ArrayLike, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    n, c = np.asarray(samples, dtype=np.int64), np.asarray(correct, dtype=np.int64)
    if n.shape != c.shape or n.ndim != 1 or not n.size:
        raise ValueError(f"pass@{k}: found {n.shape} samples and {c.shape} correct; expected one number a problem each")
    if k < 1 or n.min() < k:
        raise ValueError(f"pass@{k}: found a problem with {n.min()} samples; expected at least k, and k at least 1")
    if not ((c >= 0) & (c <= n)).all():
        raise ValueError(f"pass@{k}: found more correct samples than samples, or fewer than 0; expected 0 to all")
    return n, c
