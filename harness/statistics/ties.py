"""Values that are equal up to rounding are one value.

Two cases whose choices have the same probabilities can differ in the last bits, by the order of the choices or by the
batch they were computed in. Ranks and the edges of bins must not be decided by that.
"""

import numpy as np
from numpy.typing import NDArray

from harness.statistics.reducers import Array
from harness.statistics.resampling import Index

NATS = 1e-6
"""Of log odds; float32 log-likelihoods differ by less between batches, and the cases of a benchmark by far more."""
_BITS = 1e-12
"""Of a value or a share itself, whichever its size."""


def tied(values: Array, within: float = NATS) -> Array:
    """The values (n,), each run of neighbours that are no more than `within` apart as the least of them."""
    order, ordered = _sorted(values)
    with np.errstate(invalid="ignore"):  # an infinite value is as far from itself as from none
        gaps = np.diff(ordered)
        apart = gaps > within + _BITS * np.minimum(np.abs(ordered[1:]), np.abs(ordered[:-1]))
    return _joined(order, ordered, apart)


def tied_shares(shares: Array) -> Array:
    """The probabilities (n,) in 0..1, joined likewise where their log odds are no more than `NATS` apart."""
    order, ordered = _sorted(shares)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (np.diff(ordered) > _BITS) & (np.diff(np.log(ordered) - np.log1p(-ordered)) > NATS)
    return _joined(order, ordered, apart)


def on_edges(values: Array, edges: Array) -> Array:
    """The values (n,), those that are an edge up to rounding moved onto it; `edges` (m,) rise."""
    nearest = edges[np.abs(values[:, None] - edges).argmin(axis=1)]
    moved: Array = np.where(np.abs(values - nearest) <= _BITS, nearest, values)
    return moved


def _sorted(values: Array) -> tuple[Index, Array]:
    order = np.argsort(values, kind="stable")
    return order, values[order]


def _joined(order: Index, ordered: Array, apart: NDArray[np.bool_]) -> Array:
    starts = np.flatnonzero(np.r_[True, apart])
    joined = np.empty_like(ordered)
    joined[order] = np.repeat(ordered[starts], np.diff(np.r_[starts, len(ordered)]))
    return joined
