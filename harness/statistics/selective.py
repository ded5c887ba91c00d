"""What ranking cases by confidence is worth: AUROC against being right, and accuracy on the surest share of cases.

Selective accuracy is one less the selective risk at a coverage: Geifman and El-Yaniv 2017, arXiv:1705.08500; AUROC is
that of `weighted.auroc`. Both are read off the same running sums, two a resample however many are asked for.
"""

from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from harness.statistics.reducers import Array
from harness.statistics.weighted import Often


def ranked(confidence: Array, right: Array, coverages: Sequence[float]) -> Callable[[Often], Array]:
    """From how often each case counts, shape (r, n), to AUROC and the accuracy at each coverage, shape (r, 1 + c).

    `confidence` (n,) falls, `right` (n,) is 0 or 1. Where a coverage's bound falls into a case, or among cases of one
    confidence, these count in part, as if one drew among them. AUROC is nan where all are right or none is. Raises
    ValueError where the confidence rises, or for a coverage that is not above 0 and at most 1.
    """
    if (np.diff(confidence) > 0).any():
        raise ValueError("confidence: found an increase; expected the surest case first")
    if not all(0 < coverage <= 1 for coverage in coverages):
        raise ValueError(f"coverages: found {coverages}; expected shares above 0, at most 1")
    ends = np.flatnonzero(np.r_[confidence[1:] != confidence[:-1], True])
    group = np.searchsorted(ends, np.arange(len(confidence)))

    def values(weights: Often) -> Array:
        hits = weights * right
        running, passed = np.cumsum(weights, axis=1, dtype=float), np.cumsum(hits, axis=1)
        above = passed
        if len(ends) < len(confidence):
            running, passed = running[:, ends], passed[:, ends]
            above = ((np.pad(passed[:, :-1], ((0, 0), (1, 0))) + passed) / 2)[:, group]
        pairs = passed[:, -1] * (running[:, -1] - passed[:, -1])
        beaten = np.einsum("ij,ij->i", weights - hits, above)
        area = np.divide(beaten, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
        accuracies = [_up_to(coverage, *sums) for sums in zip(running, passed, strict=True) for coverage in coverages]
        return np.column_stack([area, np.reshape(accuracies, (len(weights), -1))])

    return values


def _up_to(coverage: float, running: Array, passed: Array) -> float:
    """The share right among the first cases that make up the coverage, from the running sums of all and of right."""
    wanted = coverage * running[-1]
    if not wanted:
        return float("nan")
    place = int(running.searchsorted(wanted))
    start, had = (running[place - 1], passed[place - 1]) if place else (0.0, 0.0)
    part = (wanted - start) / (running[place] - start)
    return float((had + part * (passed[place] - had)) / wanted)
