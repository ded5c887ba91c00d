"""Differences of bounded scores of which few are not 0: how often an interval holds, and how wide it is.

Grids of cases, of the share that differs, of the sizes of differences, single and in clusters; the worst of each.
"""

import math
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import betaln
from tables import Figures
from tables import beyond
from tables import monte_carlo

from harness.statistics import estimate_pass_at_k
from harness.statistics.bounded import BoundedMean
from harness.statistics.estimates import percentiles
from harness.statistics.intervals import student
from harness.statistics.passk import pass_at_k
from harness.statistics.reducers import mean
from harness.statistics.resampling import Design
from harness.statistics.resampling import sample

CASES = (20, 50, 100, 164, 500, 1319)
SHARES = (0.005, 0.02, 0.05, 0.1, 0.2)
SIZES: dict[str, tuple[Callable[[np.random.Generator, int], np.ndarray], float]] = {
    "all lost": (lambda _, n: -np.ones(n), -1.0),
    "two of three lost": (lambda generator, n: np.where(generator.random(n) < 2 / 3, -1.0, 1.0), -1 / 3),
    "skewed losses": (lambda generator, n: -generator.beta(0.25, 1.75, n), -0.125),
    "rare losses, small gains": (lambda generator, n: np.where(generator.random(n) < 0.1, -1.0, 0.05), -0.055),
    "skewed both ways": (
        lambda generator, n: np.where(generator.random(n) < 0.75, -1, 1) * generator.beta(0.4, 1.6, n),
        -0.1,
    ),
}
"""How large the differences are that are not 0, and their mean."""
WIDTHS = 5
"""Repeats whose width is measured as well."""


@dataclass(frozen=True, slots=True)
class Cell:
    """`n` cases of which a `share` differs by `sizes`; in clusters of 1 to 9 that differ whole, or single."""

    n: int
    share: float
    sizes: str
    clustered: bool = False

    @property
    def true(self) -> float:
        """The true difference."""
        return self.share * SIZES[self.sizes][1]

    @property
    def words(self) -> str:
        """What it is besides its cases."""
        return f"{100 * self.share:g} % differ, {self.sizes}"

    def draw(self, generator: np.random.Generator) -> BoundedMean:
        """The differences as a mean."""
        if not self.clustered:
            return counted(self.single(generator))
        clusters = max(10, self.n // 5)
        cases = generator.integers(1, 10, clusters).astype(float)
        each = SIZES[self.sizes][0](generator, clusters) * (generator.random(clusters) < self.share)
        return BoundedMean(cases * each, cases, np.ones(clusters), (-1.0, 1.0))

    def single(self, generator: np.random.Generator) -> np.ndarray:
        """The differences (n,) of single cases."""
        differs = generator.random(self.n) < self.share
        found: np.ndarray = SIZES[self.sizes][0](generator, self.n) * differs
        return found


def counted(values: np.ndarray, bounds: tuple[float, float] = (-1.0, 1.0)) -> BoundedMean:
    """Single cases' scores as a mean, equal ones counted."""
    found, often = np.unique(values, return_counts=True)
    return BoundedMean(found, np.ones(len(found)), often.astype(float), bounds)


def errors(means: Sequence[BoundedMean], true: float, alpha: float = 0.025) -> tuple[float, float]:
    """How often the lower bound is above the true value, and the upper one below it; equal means are judged once."""
    judged: dict[tuple[bytes, bytes], int] = {}
    counts = [0, 0, 0]
    for one in means:
        key = one.added.tobytes(), one.multiplicity.tobytes() + one.weights.tobytes()
        if key not in judged:
            # a bound is never beyond the mean itself
            above = one.value > true
            wrong = one.below(true) <= alpha if above else one.negative.below(-true) <= alpha
            judged[key] = (1 if above else 2) if wrong else 0
        counts[judged[key]] += 1
    return counts[1] / len(means), counts[2] / len(means)


def measure(repeats: int) -> Figures:
    """The worst cell of each number of cases, single and in clusters."""
    head = ("cases", "cases are", "drop of the margin passes", "in the cell", "covers", "in the cell", "mean width")
    rows, missed = [], ()
    for clustered, n in product((False, True), CASES):
        found, widths = [], []
        for share, sizes in product(SHARES, SIZES):
            cell = Cell(n, share, sizes, clustered)
            generator = np.random.default_rng([6000, n, round(1000 * share), len(sizes), clustered])
            means = [cell.draw(generator) for _ in range(repeats)]
            above, below = errors(means, cell.true)
            found.append((above, 1 - above - below, cell.words))
            widths += [high - low for low, high in (one.interval(0.95) for one in means[:WIDTHS])]
        passed, covered = max(found), min(found, key=lambda one: one[1])
        kind = "in clusters" if clustered else "single"
        shown = (monte_carlo(passed[0], repeats), passed[2], monte_carlo(covered[1], repeats), covered[2])
        rows.append((f"{n:,}", kind, *shown, f"{np.mean(widths):.4f}"))
        missed += beyond(f"false pass, {n}, {kind}", passed[0], most=0.05)
        missed += beyond(f"coverage, {n}, {kind}", covered[1], least=0.93)
        print(rows[-1], flush=True)
    return Figures("bounded", head, tuple(rows), missed)


def gaffke(values: np.ndarray, level: float) -> tuple[float, float]:
    """The interval of this package."""
    return counted(values).interval(level)


def bootstrapped(values: np.ndarray, level: float) -> tuple[float, float]:
    """The percentile bootstrap, 1,000 resamples; the value itself where all agree."""
    drawn = sample(np.stack([values, np.ones_like(values)], axis=1)[:, None], mean, Design())
    interval, _ = percentiles(drawn, drawn.resampled(1000, 0)[:, 0], level)
    return interval or (float(values.mean()), float(values.mean()))


def students(values: np.ndarray, level: float) -> tuple[float, float]:
    """Student's t."""
    reach = student(level, len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return float(values.mean()) - reach, float(values.mean()) + reach


def bernstein(values: np.ndarray, level: float) -> tuple[float, float]:
    """The empirical Bernstein bound of Maurer and Pontil 2009, theorem 4, on either side."""
    n, logarithm = len(values), math.log(4 / (1 - level))
    reach = math.sqrt(2 * float(values.var(ddof=1)) * logarithm / n) + 2 * 7 * logarithm / 3 / (n - 1)
    return max(-1.0, float(values.mean()) - reach), min(1.0, float(values.mean()) + reach)


def anderson(values: np.ndarray, level: float) -> tuple[float, float]:
    """Anderson 1969 with Massart's band: a part of the mass is moved to the worst score."""
    return _anderson(values, level), -_anderson(-values, level)


def _anderson(values: np.ndarray, level: float) -> float:
    moved = math.sqrt(math.log(2 / (1 - level)) / 2 / len(values))
    shares = np.clip(np.arange(1, len(values) + 1) / len(values), 0, max(0.0, 1 - moved))
    return float(np.sort(values) @ np.diff(shares, prepend=0)) - min(1.0, moved)


def betting(values: np.ndarray, level: float) -> tuple[float, float]:
    """The hedged capital of Waudby-Smith and Ramdas 2023, arXiv:2010.09686, section 4, bets cut at three quarters."""
    return _betting((values + 1) / 2, level) * 2 - 1, 1 - 2 * _betting((1 - values) / 2, level)


def _betting(values: np.ndarray, level: float) -> float:
    """The lowest mean in 0..1 against which half the capital has not won 1 / (1 - level)."""
    n, ranks = len(values), np.arange(1, len(values) + 1)
    means = (0.5 + values.cumsum()) / (ranks + 1)
    spreads = (0.25 + ((values - means) ** 2).cumsum()) / (ranks + 1)
    bets = np.sqrt(2 * math.log(2 / (1 - level)) / n / np.append(0.25, spreads[:-1]))
    low, high = 0.0, 1.0
    for _ in range(20):
        tried = (low + high) / 2
        capital = np.log1p(np.minimum(bets, 0.75 / tried) * (values - tried)).sum()
        low, high = (tried, high) if capital > math.log(2 / (1 - level)) else (low, tried)
    return low


METHODS = {
    "Gaffke (these)": gaffke,
    "percentile bootstrap": bootstrapped,
    "Student's t": students,
    "hedged betting": betting,
    "Anderson, Massart's band": anderson,
    "empirical Bernstein": bernstein,
}


def candidates(repeats: int) -> Figures:
    """Single cases: what other methods hold in four cells of each number of cases, and how wide they are there."""
    shown = (50, 164, 1319)
    head = ("method", "drop of the margin passes, worst", "covers, worst", *(f"mean width, {n:,}" for n in shown))
    rows = []
    for name, method in METHODS.items():
        passed, covered, widths = 0.0, 1.0, {n: [] for n in shown}
        for n, share, sizes in product(shown, (0.02, 0.2), ("all lost", "skewed losses")):
            cell = Cell(n, share, sizes)
            generator = np.random.default_rng([6100, n, round(1000 * share), len(sizes)])
            known: dict[bytes, tuple[float, float]] = {}
            found = np.array([_once(known, method, cell.single(generator)) for _ in range(repeats)])
            passed = max(passed, float(np.mean(found[:, 0] > cell.true)))
            covered = min(covered, float(np.mean((found[:, 0] <= cell.true) & (cell.true <= found[:, 1]))))
            widths[n].append(float(np.mean(found[:, 1] - found[:, 0])))
        cells = (f"{np.mean(widths[n]):.4f}" for n in shown)
        rows.append((name, monte_carlo(passed, repeats), monte_carlo(covered, repeats), *cells))
        print(rows[-1], flush=True)
    return Figures("candidates", head, tuple(rows))


def _once(
    known: dict[bytes, tuple[float, float]], method: Callable[[np.ndarray, float], tuple[float, float]], one: np.ndarray
) -> tuple[float, float]:
    """The interval of differences, equal ones in any order judged once where the order is nothing to the method."""
    key = (one if method is betting else np.sort(one)).tobytes()
    if key not in known:
        known[key] = method(one, 0.95)
    return known[key]


RATES = ((3, 0.3), (8, 1), (1, 0.05), (5, 0.2), (0.5, 0.7), (0.2, 3), (0.3, 0.3))
SAMPLED = ((20, 5), (10, 1), (10, 5), (5, 1))


def problems(repeats: int) -> Figures:
    """pass@k: rates from a Beta distribution, samples and k; the worst of each number of problems."""
    head = ("problems", "covers", "rates, k of samples", "percentile bootstrap", "rates, k of samples", "mean width")
    rows, missed = [], ()
    for n in (20, 50, 164, 500):
        found, widths = [], []
        for (a, b), (samples, k) in product(RATES, SAMPLED):
            generator = np.random.default_rng([6200, n, round(10 * a), samples, k])
            true = 1 - math.exp(betaln(a, b + k) - betaln(a, b))
            rights = generator.binomial(samples, generator.beta(a, b, (repeats, n)))
            values = [pass_at_k([samples] * n, right, k) for right in rights]
            above, below = errors([counted(one, (0.0, 1.0)) for one in values], true)
            others = [bootstrapped(one, 0.95) for one in values[: max(1, repeats // 5)]]
            other = float(np.mean([low <= true <= high for low, high in others]))
            found.append((1 - above - below, other, f"Beta({a:g}, {b:g}), {k} of {samples}"))
            for right in rights[:WIDTHS]:
                one = estimate_pass_at_k([samples] * n, right, k).estimate
                widths.append(one.high - one.low)
        ours, percentile = min(found), min(found, key=lambda one: one[1])
        cells = (
            monte_carlo(ours[0], repeats),
            ours[2],
            monte_carlo(percentile[1], max(1, repeats // 5)),
            percentile[2],
        )
        rows.append((str(n), *cells, f"{np.mean(widths):.4f}"))
        missed += beyond(f"pass@k, {n} problems", ours[0], least=0.93)
        print(rows[-1], flush=True)
    return Figures("problems", head, tuple(rows), missed)
