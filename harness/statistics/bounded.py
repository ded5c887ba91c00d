"""The mean of scores with bounds: an interval that holds for few cases, and where few of them differ.

Gaffke's bound: a score as bad as can be is added to those seen, as if it had only been missed, and the bound is a
quantile of their mean under weights that are Dirichlet(1, ..., 1). Gaffke 2005, "Three test statistics for a
nonparametric one-sided hypothesis on the mean of a nonnegative variable", Math. Methods Stat. 14:451; Learned-Miller
and Thomas 2019, arXiv:1905.06208. Of 0s and 1s it is Clopper and Pearson's, of verdicts that differ the exact McNemar
test's where it tells a difference from 0. For other scores it is proven in special cases, and no counterexample is
known; docs/statistics.md shows how often it held.

The weights are exponentials divided by their sum, so the quantile is where P(sum of G z <= 0) is alpha, z a score less
the mean tried: a saddlepoint approximation (Lugannani and Rice 1980, Adv. Appl. Probab. 12:475), put right by the
inversion of the transform along the same line. Nothing is drawn at random.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.statistics.intervals import Interval
from harness.statistics.reducers import BOUNDED
from harness.statistics.reducers import Array
from harness.statistics.resampling import Pool
from harness.statistics.resampling import Sample
from harness.statistics.resampling import SumPool

_NODES = 32
_STEP = 0.25
"""Of the line's width: the sum along it is then right to 1e-11 (Trefethen and Weideman 2014, SIAM Rev. 56:385)."""
_NEGLIGIBLE = 1e-10
_EXACT = 1e-8
_AT_END, _NEAR = 1e-6, 1e-8
"""A mean so near the worst score, or a bound that is such a part of the way to it, has the worst score as its bound."""
_LEAST = 1e-300
_MOST_TIMES = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class BoundedMean:
    """Independent units of a mean of scores in `bounds`: the mean is sum(`added`) / sum(`weights`) over all of them.

    A unit is a case, or a cluster whose cases hang together. `added` (u,) are sums of weighted scores, `weights` (u,)
    those of the weights, `multiplicity` (u,) how many units are alike. A unit not seen is as heavy as the heaviest.
    """

    added: Array
    weights: Array
    multiplicity: Array
    bounds: Interval

    @property
    def value(self) -> float:
        """The mean."""
        return float(self.multiplicity @ self.added / (self.multiplicity @ self.weights))

    @property
    def units(self) -> float:
        """How many units there are."""
        return float(self.multiplicity.sum())

    def interval(self, level: float) -> Interval:
        """The interval at `level`, half of what it leaves out on either side; never a point."""
        alpha = (1 - level) / 2
        return self.lower(alpha), -self.negative.lower(alpha)

    @property
    def negative(self) -> "BoundedMean":
        """The mean of the scores' negatives."""
        low, high = self.bounds
        return BoundedMean(-self.added, self.weights, self.multiplicity, (-high, -low))

    def lower(self, alpha: float) -> float:
        """The bound that the true mean is below with probability `alpha` at most."""
        from scipy.special import ndtri  # type: ignore[import-untyped]

        lowest, value = self.bounds[0], self.value
        if value - lowest <= _AT_END or alpha <= 0:
            return lowest
        wanted = aim = float(ndtri(alpha))
        bound = value
        for _ in range(9):
            bound = self._where(aim)
            if bound <= lowest:
                break
            short = wanted - float(ndtri(max(self.below(bound), _LEAST)))
            aim += short
            if abs(short) <= _EXACT:
                break
        return bound

    def below(self, mean: float) -> float:
        """How probable weights are that leave a mean of at most `mean`, the worst score included: a p-value.

        Of the hypothesis that the true mean is `mean` or less: 1 where the scores with the worst are not above it, 0
        where no mean can be as low.
        """
        return _not_above(*self._deviations(mean)) if mean > self.bounds[0] else 0.0

    def times(self, mean: float, alpha: float) -> float | None:
        """How many times as many units, alike in all respects, leave `mean` below the bound; None beyond a million."""
        if self.value <= mean or mean <= self.bounds[0]:
            return None if self.value <= mean else 1.0

        def excess(power: float) -> float:
            deviations, often = self._deviations(mean)
            return math.log(max(_not_above(deviations, np.append(often[:-1] * 10**power, 1.0)), _LEAST)) - at

        at = math.log(max(alpha, _LEAST))
        if excess(_MOST_TIMES) > 0:
            return None
        return 10 ** _root(excess, 0.0, _MOST_TIMES) if excess(0.0) > 0 else 1.0

    def _where(self, quantile: float) -> float:
        """The mean whose approximate probability is that of a normal `quantile`."""
        lowest, value = self.bounds[0], self.value

        def excess(share: float) -> float:
            return _signed_root(*self._deviations(lowest + (value - lowest) * share)) - quantile

        return lowest if excess(_NEAR) >= 0 else lowest + (value - lowest) * _root(excess, _NEAR, 1.0)

    def _deviations(self, mean: float) -> tuple[Array, Array]:
        """What each unit, and one as bad as can be, adds to a mean less `mean`; over the latter's. Below 0 is -1."""
        worst = float(self.weights.max()) * (mean - self.bounds[0])
        deviations: Array = np.append(self.added - mean * self.weights, -worst) / worst
        return np.maximum(deviations, -1.0), np.append(self.multiplicity, 1.0)


def bounded_mean(drawn: Sample, reducer: str, runs: tuple[int, ...]) -> BoundedMean | None:
    """The mean of the first of `runs`, or of the first less the second, over the units that are drawn.

    None where it is no mean of scores with bounds, or the runs' weights differ. Strata count as much as they do in
    the mean; that they stay fixed is left out, which makes the interval wider.
    """
    if reducer not in BOUNDED:
        return None
    used = None if reducer == "balanced_accuracy" else 2
    parts = [part for pool in drawn.pools if (part := _parts(pool, drawn.parts, runs, used)) is not None]
    if len(parts) < len(drawn.pools):
        return None
    added, weights, multiplicity = (np.concatenate(column) for column in zip(*parts, strict=True))
    low, high = BOUNDED[reducer]
    return BoundedMean(added, weights, multiplicity, (low, high) if len(runs) == 1 else (low - high, high - low))


def scores_have_bounds(table: Array, reducer: str) -> bool:
    """Whether the metric is a mean of scores in 0..1, judged by all that were seen, shape (n, runs, k) or (n, k)."""
    if reducer not in BOUNDED:
        return False
    used = None if reducer == "balanced_accuracy" else 2
    scores, weights = table[..., :used:2], table[..., 1:used:2]
    return bool(((scores >= 0) & (scores <= weights)).all())


def _parts(pool: Pool, parts: int, runs: tuple[int, ...], used: int | None) -> tuple[Array, Array, Array] | None:
    """What a pool's units add, their weights, how many of each; None where the runs weigh units differently.

    Each pair of the statistics that are `used` (None: all) is the scores and the weights of a class, whose means are
    averaged where there are several.
    """
    if not isinstance(pool, SumPool):
        return None
    values, weights = (
        np.concatenate([pool.rows[:, part, :, each:used:2] for part in range(pool.parts)], axis=-1)[:, runs]
        for each in (0, 1)
    )
    if (weights != weights[:, :1]).any() or (weights < 0).any():
        return None
    totals = pool.multiplicity @ weights[:, 0]
    classes = totals.size // pool.parts
    occurring = (totals > 0).reshape(-1, classes).sum(axis=1)
    if not occurring.all():
        return None
    share = np.divide(1.0, totals * np.repeat(occurring, classes) * parts, out=np.zeros_like(totals), where=totals > 0)
    contrast = values[:, 0] if len(runs) == 1 else values[:, 0] - values[:, 1]
    return contrast @ share, weights[:, 0] @ share, pool.multiplicity


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq  # type: ignore[import-untyped]

    return float(brentq(function, low, high, xtol=1e-13, rtol=1e-11))


def _signed_root(deviations: Array, often: Array) -> float:
    """The modified signed root of P(sum of G z <= 0), about normal; z >= -1, G a sum of `often` exponentials."""
    if often @ deviations <= 0:
        return math.inf
    point = _root(lambda at: float(often @ (deviations / (1 + at * deviations))), 0.0, 1 - 1e-15)
    below = -2 * _cumulant(deviations, often, point)
    width = math.sqrt(float(often @ (deviations / (1 + point * deviations)) ** 2))
    if below <= 0 or point <= 0:
        return 0.0
    root = -math.sqrt(below)
    return root + math.log(point * width / -root) / root


def _cumulant(deviations: Array, often: Array, at: float) -> float:
    """The logarithm of the transform E exp(-at sum of G z)."""
    return -float(often @ np.log1p(at * deviations))


def _not_above(deviations: Array, often: Array) -> float:
    """P(sum of G z <= 0), by inversion along the line through the saddlepoint of the integrand."""
    if often @ deviations <= 0:
        return 1.0
    point = _root(lambda at: float(often @ (deviations / (1 + at * deviations))) + 1 / at, 1e-300, 1 - 1e-15)
    slopes = deviations / (1 + point * deviations)
    step = _STEP / math.sqrt(float(often @ slopes**2) + 1 / point**2)
    total, start, nodes = 0.5, 1, _NODES
    while True:
        places = step * np.arange(start, start + nodes)
        turned = np.multiply.outer(places, slopes)
        sizes = np.exp(-np.log1p(turned**2) @ often / 2)
        along = sizes * np.exp(1j * (np.arctan(turned) @ often)) / (1 - 1j * places / point)
        total += float(along.real.sum())
        start, nodes = start + nodes, 2 * nodes
        if abs(along[-1]) < _NEGLIGIBLE:
            break
    return math.exp(_cumulant(deviations, often, point) - math.log(point)) * step / math.pi * total
