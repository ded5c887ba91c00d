"""Calibration of multiple choice: how often the likeliest choice is right, against how likely the model finds it.

The confidence is the likeliest choice's share of the sum of all choices' probabilities, by their log P as they stand.
Reliability diagrams: DeGroot and Fienberg 1983; the expected calibration error: Naeini et al. 2015, here over ten bins
of equal width as in Guo et al. 2017, arXiv:1706.04599.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.core import LogLikelihoods
from harness.core import Record
from harness.report.groups import Group
from harness.statistics import wilson

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The cases whose confidence is in (`above`, `upto`]: their mean confidence, the share right, its interval."""

    above: float
    upto: float
    n: int
    confidence: float
    right: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """A model's confidence on the `n` multiple-choice cases of a benchmark; bins without cases are left out."""

    model: str
    benchmark: str
    n: int
    confidence: float
    right: float
    error: float
    bins: tuple[Bin, ...]


def reliability(groups: Sequence[Group]) -> list[Reliability]:
    """One of each group whose measured cases have two choices or more and name the right one by its number."""
    return [found for group in groups if (found := _of_group(group)) is not None]


def _of_group(group: Group) -> Reliability | None:
    pairs = [pair for case in group.planned if case in group.records for pair in _confidence(group.records[case])]
    if not pairs:
        return None
    confidence, right = np.array(pairs, dtype=float).T
    places = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    bins = tuple(_bin(place, confidence[places == place], right[places == place]) for place in np.unique(places))
    error = sum(one.n * abs(one.right - one.confidence) for one in bins) / len(pairs)
    return Reliability(
        group.model, group.benchmark, len(pairs), float(confidence.mean()), float(right.mean()), error, bins
    )


def _confidence(record: Record) -> Iterator[tuple[float, bool]]:
    last, target = record.answer, record.target
    if record.status != "measured" or not isinstance(last, LogLikelihoods) or len(last.values) < 2:
        return
    if not isinstance(target, int) or isinstance(target, bool) or not 0 <= target < len(last.values):
        return
    values = np.array(last.values)
    best = int(values.argmax())
    if np.isfinite(values[best]):
        yield float(1 / np.exp(values - values[best]).sum()), best == target


def _bin(place: int, confidence: np.typing.NDArray[np.float64], right: np.typing.NDArray[np.float64]) -> Bin:
    low, high = wilson(int(right.sum()), len(right))
    return Bin(
        place / BINS,
        (place + 1) / BINS,
        len(right),
        float(confidence.mean()),
        float(right.mean()),
        low,
        high,
    )
