"""Temperature scaling: the one number by which log-likelihoods are divided so that confidence meets accuracy.

Guo et al. 2017, arXiv:1706.04599, section 4.2: the temperature that makes the right choices likeliest. A temperature
changes no ranking of a case's choices. It is cross-fitted: each case is scaled by a temperature fitted on the clusters
of the other folds, since one fitted on the case itself would flatter it.
"""

import hashlib
import math
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics.estimates import FEWEST_CLUSTERS
from harness.statistics.estimates import joined
from harness.statistics.intervals import student
from harness.statistics.reducers import Array
from harness.statistics.resampling import Index

FOLDS = 5
LIMIT = 64.0
"""Temperatures are sought between 1/64 and 64: where all or none are right, there is no best one."""


@dataclass(frozen=True, slots=True)
class Temperature:
    """The temperature that fits all `n` cases, with its interval at `level`, and those of the `folds`.

    `low` and `high` (both or neither) are of the logarithm's cluster-robust error (Huber 1967's sandwich) and Student's
    t. `note` says why there are none, or that a temperature is one of the limits.
    """

    value: float
    low: float | None
    high: float | None
    level: float
    n: int
    clusters: int
    folds: tuple[float, ...]
    note: str | None = None


def log_shares(log_p: Array, temperature: Array | float = 1.0) -> Array:
    """The logarithm of each choice's share, the softmax of log P / temperature; shape (n, k) as `log_p`.

    A choice that a case lacks is -inf; `temperature` is one for all, or one a case.
    """
    scaled = log_p / np.reshape(temperature, (-1, 1))
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    shares: Array = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return shares


def fit(log_p: Array, right: Index) -> float:
    """The temperature that minimises the negative log-likelihood of the right choices, within the limits."""
    values = _relative(log_p, right)
    return math.exp(-_root(lambda logarithm: float(_scores(values, math.exp(logarithm))[0].sum())))


def cross_fit(
    log_p: Array, right: Index, labels: Sequence[str], level: float = 0.95, seed: int = 0
) -> tuple[Array, Temperature] | None:
    """Each case's temperature, fitted without its cluster's fold, shape (n,), and what they say; None of one cluster.

    `log_p` (n, k) is padded with -inf, `right` (n,) the place of the right choice; cases of one label are a cluster.
    Clusters are dealt to five folds, or as many as there are, in the order of a hash of seed and label, so that the
    order of the cases changes nothing.
    """
    places = {label: place for place, label in enumerate(sorted(set(labels), key=lambda label: _hash(seed, label)))}
    if len(places) < 2:
        return None
    clusters = np.array([places[label] for label in labels], dtype=np.intp)
    folds = clusters % min(FOLDS, len(places))
    fitted = [fit(log_p[folds != fold], right[folds != fold]) for fold in range(int(folds.max()) + 1)]
    return np.array(fitted)[folds], _temperature(log_p, right, clusters, fitted, level)


def _root(slope: Callable[[float], float]) -> float:
    """Where an increasing function of a logarithm is 0; the limit it is beyond, where that is neither."""
    from scipy.optimize import brentq  # type: ignore[import-untyped]

    low, high = -math.log(LIMIT), math.log(LIMIT)
    if slope(low) >= 0:
        return low
    if slope(high) <= 0:
        return high
    return float(brentq(slope, low, high, xtol=1e-10))


def _temperature(log_p: Array, right: Index, clusters: Index, folds: list[float], level: float) -> Temperature:
    value, count = fit(log_p, right), int(clusters.max()) + 1
    limited = any(math.isclose(abs(math.log(fitted)), math.log(LIMIT)) for fitted in (value, *folds))
    note = f"a temperature is at the limit, {LIMIT:g} or 1/{LIMIT:g}" if limited else None
    if count < FEWEST_CLUSTERS or limited:
        few = f"no interval: {count} clusters" if count < FEWEST_CLUSTERS else None
        return Temperature(value, None, None, level, len(right), count, tuple(folds), joined(few, note))
    scores, information = _scores(_relative(log_p, right), 1 / value)
    by_cluster = np.bincount(clusters, weights=scores)
    error = math.sqrt(count / (count - 1) * float(by_cluster @ by_cluster)) / float(information.sum()) * value
    reach = math.exp(student(level, count - 1) * error)
    return Temperature(value, value / reach, value * reach, level, len(right), count, tuple(folds))


def _relative(log_p: Array, right: Index) -> Array:
    """Log P less that of the right choice, shape (n, k)."""
    values: Array = log_p - log_p[np.arange(len(right)), right][:, None]
    return values


def _scores(values: Array, inverse: float) -> tuple[Array, Array]:
    """Of each case the first and second derivative of its negative log-likelihood by the inverse temperature."""
    shares = np.exp(log_shares(values, 1 / inverse))
    known = np.where(np.isfinite(values), values, 0.0)
    mean: Array = np.einsum("ij,ij->i", shares, known)
    return mean, np.einsum("ij,ij->i", shares, known**2) - mean**2


def _hash(seed: int, label: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{label}".encode("utf-8", "surrogatepass")).digest()
