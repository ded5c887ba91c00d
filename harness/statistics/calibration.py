"""Calibration of choices: whether a model is as often right as it is sure, and whether it knows where it is not.

The confidence of a case is the largest share that a choice has in the probabilities of all. Reliability diagrams:
DeGroot and Fienberg 1983; the expected calibration error (ECE) is the mean distance of confidence and accuracy over
bins, weighted by cases: Naeini et al. 2015 (AAAI), Guo et al. 2017, arXiv:1706.04599. Brier 1950; selective accuracy:
Geifman and El-Yaniv 2017, arXiv:1705.08500.
"""

import math
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from typing import TypeAlias

import numpy as np

from harness.statistics.estimates import FEWEST_CLUSTERS
from harness.statistics.estimates import Estimate
from harness.statistics.estimates import bootstrap_holds
from harness.statistics.estimates import percentiles
from harness.statistics.intervals import Found
from harness.statistics.intervals import Interval
from harness.statistics.intervals import about
from harness.statistics.intervals import normal
from harness.statistics.intervals import score
from harness.statistics.intervals import student
from harness.statistics.intervals import wilson
from harness.statistics.joint import joint_pool
from harness.statistics.paired import Draws
from harness.statistics.reducers import Array
from harness.statistics.resampling import Index
from harness.statistics.resampling import Sample
from harness.statistics.selective import ranked
from harness.statistics.temperature import log_shares
from harness.statistics.ties import on_edges
from harness.statistics.ties import tied_shares
from harness.statistics.variance import spread

Method: TypeAlias = Literal["wilson", "t", "bootstrap"]

BINS = 15
COVERAGES = (0.5, 0.8, 0.9)
RESAMPLED = Draws(resamples=500)
"""Fewer than scores have: twenty numbers a benchmark in half a second for 14,042 cases, ends off by a few per cent."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The cases whose confidence is in (`above`, `upto`]: their mean confidence, the share right, its interval.

    The interval is Wilson's for single cases, at the level of the estimates.
    """

    above: float
    upto: float
    n: int
    confidence: float
    right: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Each of `MEASURES` with its interval, and the reliability diagram in bins of one mass and of one width.

    Bins without cases are left out; cases of one confidence, up to rounding, are in one bin.
    """

    measures: Mapping[str, Estimate]
    equal_mass: tuple[Bin, ...]
    equal_width: tuple[Bin, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Cases:
    """What each case says: the likeliest choice's share and whether it is right, and the scores of all shares."""

    confidence: Array
    right: Array
    brier: Array
    nll: Array


MEASURES = (
    "accuracy",
    "confidence",
    "ece",
    "ece_width",
    "brier",
    "nll",
    "auroc",
    *(f"selective_{round(100 * coverage)}" for coverage in COVERAGES),
)
"""The share right and the mean confidence; the calibration error over bins of equal mass and of equal width, 0..1; the
Brier score summed over choices, 0..2; the negative log-likelihood of the right choice in nats; the AUROC of confidence
against being right; the share right of the surest 50, 80 and 90 % of cases."""
_ERRORS = ("ece", "ece_width")
_HIGHEST = {"brier": 2.0, "nll": np.inf}


def calibration(
    log_p: Array,
    right: Index,
    labels: Sequence[str],
    temperature: Array | float = 1.0,
    draws: Draws = RESAMPLED,
) -> Calibration:
    """How well the choices' shares, at a temperature that is held fixed, fit what is right.

    `log_p` (n, k) are finite log-likelihoods padded with -inf, `right` (n,) the place of the right choice, `labels`
    (n,) the clusters. The edges of the bins are those of all cases, and held fixed as well. Proportions have Wilson's
    interval by the effective number of cases; calibration errors the bootstrap's, with the bias that noise gives a sum
    of absolute gaps; others its percentiles, from 10 to 29 clusters Student's t. Below 10 clusters there is none but
    for single cases' accuracy.
    Raises ValueError without cases.
    """
    if not len(log_p):
        raise ValueError("calibration: found no case; expected at least one")
    shares = log_shares(log_p, temperature)
    order, of = _arranged(shares, right, labels)
    cases = _cases(shares[order], right[order])
    sure = tied_shares(cases.confidence)
    edges = _quantiles(sure), np.linspace(0, 1, BINS + 1)
    places = [np.searchsorted(grid[1:-1], on_edges(sure, grid), side="left") for grid in edges]
    surest = ranked(sure, cases.right, COVERAGES)
    drawn = Sample((joint_pool(_stats(cases, places), of, _additive, surest),))
    masses, widths = (_bins(cases, grid, place, draws.level) for grid, place in zip(edges, places, strict=True))
    resampled = _Resampled(drawn, drawn.resampled(draws.resamples, draws.seed), len(order), draws.level)
    values = dict(zip(MEASURES, drawn.values()[2 * BINS :].tolist(), strict=True))
    return Calibration({name: resampled.estimate(name, value) for name, value in values.items()}, masses, widths)


def _arranged(shares: Array, right: Index, labels: Sequence[str]) -> tuple[Index, Index]:
    """The order of falling confidence, which that of the cases does not change, and in it the numbers of clusters."""
    order = np.lexsort((np.array(labels), right, *shares.T, -shares.max(axis=1)))
    numbers: dict[str, int] = {}
    return order, np.array([numbers.setdefault(labels[place], len(numbers)) for place in order], dtype=np.intp)


def _cases(shares: Array, right: Index) -> _Cases:
    every = np.arange(len(right))
    best = shares.argmax(axis=1)
    probabilities = np.exp(shares)
    of_right = probabilities[every, right]
    return _Cases(
        probabilities[every, best],
        (best == right).astype(float),
        (probabilities**2).sum(axis=1) - of_right**2 + (1 - of_right) ** 2,
        -shares[every, right],
    )


def _quantiles(confidence: Array) -> Array:
    """The edges of bins of equal mass: confidences that occur, 0 before the first and 1 behind the last."""
    inner = np.quantile(confidence, np.arange(1, BINS) / BINS, method="inverted_cdf")
    edges: Array = np.r_[0.0, inner, 1.0]
    return edges


def _stats(cases: _Cases, places: Sequence[Index]) -> Array:
    """(1, right, confidence, Brier, log-likelihood), then the gap in each bin of either kind; shape (n, 5 + 30)."""
    gaps = np.zeros((len(cases.right), 2, BINS))
    every = np.arange(len(gaps))
    for kind, place in enumerate(places):
        gaps[every, kind, place] = cases.confidence - cases.right
    own = [np.ones(len(gaps)), cases.right, cases.confidence, cases.brier, cases.nll]
    return np.column_stack([*own, gaps.reshape(len(gaps), -1)])


def _additive(sums: Array) -> Array:
    """The mean gap in each bin of either kind, then the additive values in the order of `MEASURES`."""
    shares = sums[:, 1:] / sums[:, :1]
    gaps = shares[:, 4:]
    errors = np.abs(gaps.reshape(-1, 2, BINS)).sum(axis=2)
    return np.concatenate([gaps, shares[:, :2], errors, shares[:, 2:4]], axis=1)


def _bins(cases: _Cases, edges: Array, places: Index, level: float) -> tuple[Bin, ...]:
    bins = []
    for place in np.unique(places):
        inside = places == place
        n, right = int(inside.sum()), cases.right[inside]
        bounds = wilson(int(right.sum()), n, level)
        above, upto = edges[place : place + 2].tolist()
        bins.append(Bin(above, upto, n, float(cases.confidence[inside].mean()), float(right.mean()), *bounds))
    return tuple(bins)


@dataclass(frozen=True, slots=True, eq=False)
class _Resampled:
    """The gaps' and measures' resamples, shape (resamples, 30 + measures), and how many `cases` they are of."""

    drawn: Sample
    resampled: Array
    cases: int
    level: float

    def estimate(self, name: str, value: float) -> Estimate:
        """One measure with its interval."""
        n, units = self.cases, self.drawn.units
        if not np.isfinite(value):
            return Estimate(None, None, None, self.level, n, units, None, "no value: undefined on these cases")
        method, (interval, note) = self._interval(name, value)
        low, high = interval or (None, None)
        return Estimate(value, low, high, self.level, n, units, method if interval else None, note)

    def _interval(self, name: str, value: float) -> tuple[Method, Found]:
        place, share = 2 * BINS + MEASURES.index(name), _share(name)
        if name == "accuracy" and self.drawn.units == self.cases:
            return "wilson", (wilson(round(value * self.cases), self.cases, self.level), None)
        if self.drawn.units < FEWEST_CLUSTERS:
            return "t", (None, f"no interval: {self.drawn.units} clusters")
        if share is not None:
            return "wilson", self._wilson(value, self.resampled[:, place], share)
        if name in _ERRORS:
            return "bootstrap", self._error(_ERRORS.index(name), value)
        return self._mean(place, value, (0.0, _HIGHEST.get(name, 1.0)))

    def _mean(self, place: int, value: float, bounds: Interval) -> tuple[Method, Found]:
        """The interval of any other measure, as that of a score."""
        if bootstrap_holds(self.drawn, self.level, len(self.resampled)):
            return "bootstrap", percentiles(self.drawn, self.resampled[:, place], self.level)
        deviation = spread(self.drawn, lambda values: values[..., place])
        if deviation is None:
            return "t", (None, "no interval: undefined without one cluster")
        return "t", about(value, student(self.level, deviation.freedom) * deviation.error, bounds)

    def _wilson(self, value: float, resampled: Array, share: float) -> Found:
        """Wilson's interval for a `share` of the cases, by as many as leave the spread of the resamples."""
        units, freedom = self.drawn.units, self.drawn.freedom
        variance = float(resampled.var()) * units / freedom
        covered = share * self.cases
        worth = min(value * (1 - value) / variance, covered) if 0 < value < 1 and variance else share * units
        return score(value, worth, student(self.level, freedom)), None

    def _error(self, kind: int, value: float) -> Found:
        """The interval of a sum of absolute gaps, which noise makes larger the nearer they are to 0.

        A gap that the resamples tell from 0 varies with its sign, another one as an absolute value does where it is 0:
        the directional derivative of Fang and Santos 2019, Rev. Econ. Stud. 86:377, selected as in Andrews and Soares
        2010, Econometrica 78:119, at sqrt(2) times their bound for the many bins. The upper end takes no gap for 0.
        """
        units, freedom = self.drawn.units, self.drawn.freedom
        part = slice(kind * BINS, (kind + 1) * BINS)
        gaps = self.drawn.values()[part]
        off = (self.resampled[:, part] - gaps) * math.sqrt(units / freedom)
        signed = off * np.sign(gaps)
        told = np.abs(gaps) > math.sqrt(2 * math.log(self.cases)) * off.std(axis=0)
        wider = student(self.level, freedom) / normal(self.level)
        most = np.quantile(np.where(told, signed, np.abs(off)).sum(axis=1), (1 + self.level) / 2) * wider
        least = np.quantile(signed.sum(axis=1), (1 - self.level) / 2) * wider
        if most - least <= 0:
            return None, "no interval: all resamples agree"
        return (max(0.0, value - float(most)), min(1.0, value - float(least))), None


def _share(name: str) -> float | None:
    """The share of cases that a proportion is one of; None for other measures."""
    if name == "accuracy":
        return 1.0
    return int(name.removeprefix("selective_")) / 100 if name.startswith("selective_") else None
