"""Confidence intervals: Wilson's for proportions, the percentile cluster bootstrap for everything else."""

import math
from statistics import NormalDist

import numpy as np

from harness.statistics.reducers import Array
from harness.statistics.reducers import Reducer

BLOCK_BYTES = 32_000_000


def wilson(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The score interval of Wilson 1927 (no continuity correction) for `successes` of `n`, within [0, 1].

    Its width is never 0. Raises ValueError where 0 <= successes <= n, n >= 1 and 0 < level < 1 do not hold.
    """
    if not (n >= 1 and 0 <= successes <= n and 0 < level < 1):
        raise ValueError(
            f"wilson: {successes} of {n} at level {level}; expected 0 <= successes <= n, 1 <= n, 0 < level < 1"
        )
    z = NormalDist().inv_cdf((1 + level) / 2)
    center = (successes + z * z / 2) / (n + z * z)
    reach = z / (n + z * z) * math.sqrt(successes * (n - successes) / n + z * z / 4)
    low = 0.0 if successes == 0 else center - reach
    high = 1.0 if successes == n else center + reach
    return low, high


def bootstrap(rows: Array, multiplicity: Array, reducer: Reducer, *, resamples: int, seed: int) -> Array:
    """Values of `reducer` over resamples of clusters, shape (resamples,); nan where one is undefined.

    `rows` (u, k) are the distinct sums of the clusters and `multiplicity` (u,) how many clusters have each. Drawing
    C of C clusters with replacement (Efron 1979; clusters whole, Davison and Hinkley 1997, section 3.8) is a
    multinomial draw over the distinct rows, taken in blocks so that memory stays small.
    """
    clusters = int(multiplicity.sum())
    shares = multiplicity / clusters
    generator = np.random.default_rng(seed)
    block = max(1, BLOCK_BYTES // (16 * len(rows)))
    sizes = [min(block, resamples - start) for start in range(0, resamples, block)]
    return np.concatenate([reducer(generator.multinomial(clusters, shares, size=size) @ rows) for size in sizes])
