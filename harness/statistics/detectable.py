"""The drop that a comparison of bounded scores finds four times of five, at the level it is decided at.

A drop is taken to come on top of the differences that there are without one: units that lose as much as units differ,
a whole score where none does. It is found where the exact bound (harness.statistics.bounded) on the difference is below
0; for verdicts that is the exact McNemar test, whose power Connor 1987, Biometrics 43:207, approximates for many.
"""

import math
from statistics import NormalDist

import numpy as np

from harness.statistics.bounded import BoundedMean
from harness.statistics.reducers import Array

GROUPS = 100
"""More sizes of differences change the drop by less than its last digit."""


def detectable_drop(differences: BoundedMean, level: float, chance: float = 0.8) -> float | None:
    """The true drop found with probability `chance` by the interval at `level`; None where no drop is.

    `differences` are the first run's less the second's. The differences seen count as noise around 0, and one unseen
    win and loss with them.
    """
    alpha, units = (1 - level) / 2, differences.units
    weight = float(differences.multiplicity @ differences.weights) / units
    seen = np.abs(differences.added)
    size = float(differences.multiplicity @ seen**2 + weight**2) / float(differences.multiplicity @ seen + weight)
    noise = _Noise(differences, weight, size)
    wanted = losses = 0.0
    # where no more losses than needed are left over, those expected beyond them are noise
    for _ in range(2):
        lost = _losses(noise, alpha, wanted - losses)
        if lost is None:
            return None
        losses = float(lost)
        wanted = _expected(losses, noise.variance / size**2, chance)
    drop = wanted * size / (weight * units)
    return drop if drop <= 1 else None


class _Noise:
    """The differences as they would be without a drop: each as likely to be a win as a loss of the same size."""

    def __init__(self, differences: BoundedMean, weight: float, size: float) -> None:
        self.units, self.weight, self.size, self.bounds = differences.units, weight, size, differences.bounds
        added, weights, often = _grouped(differences)
        self.added: Array = np.concatenate([added, -added, [size, -size]])
        self.weights: Array = np.concatenate([weights, weights, [weight, weight]])
        self.often: Array = np.concatenate([often, often, [1.0, 1.0]])
        self.variance = float(self.often @ self.added**2)
        self.differing = float(self.often @ (self.added != 0))

    def with_losses(self, losses: float, more: float) -> BoundedMean:
        """The noise, `more` of it than was seen, with so many losses; turned round, so that they are wins.

        Losses are in units that do not differ, if there are enough.
        """
        left = min(1.0, max(0.0, self.units - losses - more) / self.differing)
        return BoundedMean(
            np.concatenate([-self.added, [self.size, -self.size]]),
            np.concatenate([self.weights, [self.weight, self.weight]]),
            np.concatenate([self.often * left, [losses + more / 2, more / 2]]),
            self.bounds,
        )


def _grouped(differences: BoundedMean) -> tuple[Array, Array, Array]:
    """The sizes of the differences, weights, half of how often each occurs; many sizes in groups."""
    sizes, often = np.abs(differences.added), differences.multiplicity / 2
    if len(sizes) <= GROUPS:
        return sizes, differences.weights, often
    groups = np.array_split(np.argsort(sizes, kind="stable"), GROUPS)
    counts = np.array([often[group].sum() for group in groups])
    squares = np.array([often[group] @ sizes[group] ** 2 for group in groups])
    weights = np.array([often[group] @ differences.weights[group] for group in groups])
    return np.sqrt(squares / counts), weights / counts, counts


def _losses(noise: _Noise, alpha: float, more: float) -> int | None:
    """The fewest losses that tell a drop where the noise is as expected; None where all units are too few."""
    low, high = 0, math.floor(noise.units)
    if noise.with_losses(high, more).below(0.0) > alpha:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if noise.with_losses(middle, more).below(0.0) <= alpha else (middle, high)
    return high


def _expected(losses: float, variance: float, chance: float) -> float:
    """How many losses must be expected for at least so many with probability `chance`, among noise of `variance`."""
    from scipy.special import gammaincinv  # type: ignore[import-untyped]

    counted = float(gammaincinv(losses, chance)) - losses
    return losses + math.hypot(counted, NormalDist().inv_cdf(chance) * math.sqrt(variance))
