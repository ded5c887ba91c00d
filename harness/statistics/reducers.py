"""Reducers: from the sum of additive statistics to the value of a metric.

Each takes sums of shape (..., k) and gives values of shape (...), so that one call serves the value and all
its bootstrap resamples. Where a value is undefined it is nan, where it is too large for a float infinity; `estimate`
turns both into None.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Reducer: TypeAlias = Callable[[Array], Array]

BLEU_ORDER = 4
CHRF_ORDER = 6
CHRF_BETA = 2


def mean(sums: Array) -> Array:
    """(sum of values, sum of weights) -> weighted mean; undefined where no weight is."""
    return _ratio(sums[..., 0], sums[..., 1], undefined=np.nan)


PROPORTION = "proportion"
"""The reducer of metrics that are right or wrong: a mean of 0s and 1s, which has an interval of its own."""

SHARE = "share"
"""The reducer of metrics that say of each case what share is right: a mean of values in 0..1, pass@k for one."""

RATE = "rate"
"""The reducer of quotients that know no upper bound, seconds a request for one: sum of values by sum of weights."""

CONTRAST = "contrast"
"""The reducer of metrics that set one stratum against another: it says nothing of a stratum by itself."""


def f1(sums: Array) -> Array:
    """(true positives, false positives, false negatives) -> F1 in 0..1; undefined where all three are 0."""
    hits = 2 * sums[..., 0]
    return _ratio(hits, hits + sums[..., 1] + sums[..., 2], undefined=np.nan)


def macro_f1(sums: Array) -> Array:
    """(true positives, false positives, false negatives) of each class, one after the other -> mean of their F1, 0..1.

    A class that neither occurs nor is predicted counts 0, as in sklearn's `f1_score` over fixed labels with
    `zero_division=0`, and in lm-evaluation-harness; undefined where all are.
    """
    counts = sums.reshape(*sums.shape[:-1], -1, 3)
    scores: Array = np.nan_to_num(f1(counts)).mean(axis=-1)
    value: Array = np.where(counts.any(axis=(-1, -2)), scores, np.nan)
    return value


def balanced_accuracy(sums: Array) -> Array:
    """(right, cases) of each class, one after the other -> mean of right / cases over the classes that occur, 0..1.

    sklearn's `balanced_accuracy_score`; undefined without cases.
    """
    counts = sums.reshape(*sums.shape[:-1], -1, 2)
    right, cases = counts[..., 0], counts[..., 1]
    occurring = (cases > 0).sum(axis=-1).astype(float)
    return _ratio(_ratio(right, cases).sum(axis=-1), occurring, undefined=np.nan)


def matthews(sums: Array) -> Array:
    """(true positives, false positives, false negatives, true negatives) -> Matthews correlation in -1..1.

    Matthews 1975. 0 where one side of the table is empty, as sklearn's `matthews_corrcoef`; undefined without cases.
    """
    hit, extra, missed, rest = (sums[..., index] for index in range(4))
    sides = (hit + extra) * (hit + missed) * (rest + extra) * (rest + missed)
    value: Array = np.where(sums.sum(axis=-1) > 0, _ratio(hit * rest - extra * missed, np.sqrt(sides)), np.nan)
    return value


def bias(sums: Array) -> Array:
    """(biased answers, answers that take a side) -> twice their quotient less 1, -1..1; undefined without one.

    BBQ's bias score, s_DIS of Parrish et al. 2022, arXiv:2110.08193, section 5.
    """
    value: Array = 2 * _ratio(sums[..., 0], sums[..., 1], undefined=np.nan) - 1
    return value


def scaled_bias(sums: Array) -> Array:
    """(biased answers, answers that take a side, right answers, cases) -> (1 - accuracy) times `bias`, in -1..1.

    BBQ's bias score of ambiguous contexts, s_AMB. 0 where no answer takes a side; undefined without cases.
    """
    wrong = 1 - _ratio(sums[..., 2], sums[..., 3], undefined=np.nan)
    value: Array = wrong * np.where(sums[..., 1] > 0, bias(sums[..., :2]), 0.0)
    return value


def contrast(sums: Array) -> Array:
    """(sum of values, sum of weights) of two groups -> the first's mean less the second's; undefined without either."""
    return mean(sums[..., :2]) - mean(sums[..., 2:])


def perplexity(sums: Array) -> Array:
    """(log P in nats, units) -> exp(-log P per unit), from 1 up; undefined where no unit is.

    Infinite below about -709.8 nats a unit.
    """
    with np.errstate(over="ignore"):
        value: Array = np.exp(-_ratio(sums[..., 0], sums[..., 1], undefined=np.nan))
    return value


def bits_per_unit(sums: Array) -> Array:
    """(log P in nats, units) -> bits a unit (a byte), from 0 up; undefined where no unit is."""
    value: Array = -_ratio(sums[..., 0], sums[..., 1], undefined=np.nan) / np.log(2)
    return value


def bleu(sums: Array) -> Array:
    """(hypothesis length, reference length, 4 matched, 4 possible n-gram counts) -> BLEU in 0..100.

    Papineni et al. 2002 with the exponential smoothing of Chen and Cherry 2014 (their method 3), as sacrebleu's
    default: orders without a match count 1/2, 1/4, ... of one. 0 where nothing matches or an order has no n-gram.
    """
    length, reference = sums[..., 0], sums[..., 1]
    matched, possible = sums[..., 2 : 2 + BLEU_ORDER], sums[..., 2 + BLEU_ORDER :]
    halvings = np.cumsum(matched == 0, axis=-1)
    credited = np.where(matched > 0, matched, 0.5**halvings)
    precision = _ratio(credited, possible, undefined=1.0)
    defined = (matched > 0).any(axis=-1) & (possible > 0).all(axis=-1)
    shortfall = np.minimum(0.0, 1 - _ratio(reference, length, undefined=1.0))
    return np.where(defined, 100 * np.exp(shortfall + np.log(precision).mean(axis=-1)), 0.0)


def chrf(sums: Array) -> Array:
    """(hypothesis, reference, matched) counts of character 1- to 6-grams -> chrF2 in 0..100.

    Popović 2015, with sacrebleu's effective order: an order that one side lacks is left out of the averages.
    """
    counts = sums.reshape(*sums.shape[:-1], CHRF_ORDER, 3)
    hypothesis, reference, matched = counts[..., 0], counts[..., 1], counts[..., 2]
    used = (hypothesis > 0) & (reference > 0)
    orders = used.sum(axis=-1).astype(float)
    precision = _ratio(np.where(used, _ratio(matched, hypothesis), 0.0).sum(axis=-1), orders)
    recall = _ratio(np.where(used, _ratio(matched, reference), 0.0).sum(axis=-1), orders)
    weight = CHRF_BETA**2
    return 100 * _ratio((1 + weight) * precision * recall, weight * precision + recall)


def _ratio(numerator: Array, denominator: Array, *, undefined: float = 0.0) -> Array:
    """The quotient, `undefined` where the denominator is 0."""
    ratio: Array = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), undefined)
    np.divide(numerator, denominator, out=ratio, where=denominator != 0)
    return ratio


REDUCERS: dict[str, Reducer] = {
    "mean": mean,
    PROPORTION: mean,
    "f1": f1,
    "macro_f1": macro_f1,
    "balanced_accuracy": balanced_accuracy,
    "matthews": matthews,
    "bias": bias,
    "scaled_bias": scaled_bias,
    "perplexity": perplexity,
    "bits_per_unit": bits_per_unit,
    "bleu": bleu,
    "chrf": chrf,
    SHARE: mean,
    RATE: mean,
    CONTRAST: contrast,
}

UNBOUNDED = (-np.inf, np.inf)
RANGES: dict[str, tuple[float, float]] = {
    PROPORTION: (0.0, 1.0),
    SHARE: (0.0, 1.0),
    "f1": (0.0, 1.0),
    "macro_f1": (0.0, 1.0),
    "balanced_accuracy": (0.0, 1.0),
    "matthews": (-1.0, 1.0),
    "bias": (-1.0, 1.0),
    "scaled_bias": (-1.0, 1.0),
    "perplexity": (1.0, np.inf),
    "bits_per_unit": (0.0, np.inf),
    "bleu": (0.0, 100.0),
    "chrf": (0.0, 100.0),
    RATE: (0.0, np.inf),
    CONTRAST: (-1.0, 1.0),
    "auroc": (0.0, 1.0),
}
"""Where a reducer's values lie, if not anywhere: no interval reaches beyond."""

BOUNDED: dict[str, tuple[float, float]] = dict.fromkeys(("mean", PROPORTION, SHARE, "balanced_accuracy"), (0.0, 1.0))
"""Where the cases' scores lie, for reducers that are means of them; those of "mean" may also have no bounds."""
