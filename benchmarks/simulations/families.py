"""Many benchmarks at one gate: the family's errors exactly, their price, and whether the detectable drop is one."""

from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np
from scipy.stats import binom
from tables import Figures
from tables import beyond
from tables import percent

from harness.statistics.bounded import BoundedMean
from harness.statistics.detectable import detectable_drop
from harness.statistics.intervals import bonett_price
from harness.statistics.intervals import normal
from harness.statistics.power import detectable_difference

BENCHMARKS = (1, 6, 15, 40)
CASES = (50, 164, 500, 817, 1319)
MARGINS = (0.01, 0.02, 0.05)
WON = (0.0, 0.25, 1.0)
"""Cases won, as a part of the drop; as many more are lost."""
_TAIL = 1e-10


@cache
def detectable(lost: int, won: int, n: int, level: float) -> float:
    """The drop that is printed; 1 where there is none."""
    return detectable_drop(verdicts(lost, won, n), level) or 1.0


def verdicts(lost: int, won: int, n: int) -> BoundedMean:
    """So many verdicts lost and won of `n`."""
    often = np.array([lost, n - lost - won, won], dtype=float)
    return BoundedMean(np.array([-1.0, 0.0, 1.0])[often > 0], np.ones((often > 0).sum()), often[often > 0], (-1.0, 1.0))


@cache
def most_lost(n: int, won: int, margin: float, alpha: float, *, exact: bool) -> int:
    """The most cases lost with which a benchmark passes, so many being won; -1 where it never does."""
    low, high = -1, n - won + 1
    while high - low > 1:
        lost = (low + high) // 2
        passes = _passes(lost, won, n, margin, alpha, exact=exact)
        low, high = (lost, high) if passes else (low, lost)
    return low


def _passes(lost: int, won: int, n: int, margin: float, alpha: float, *, exact: bool) -> bool:
    if exact:
        return verdicts(lost, won, n).below(-margin) <= alpha
    return bonett_price((won / n, lost / n), n, normal(1 - 2 * alpha))[0] > -margin


def passing(n: int, shares: tuple[float, float], margin: float, alpha: float, *, exact: bool) -> float:
    """How often a benchmark passes whose `shares` are lost and won: over all counts, nothing simulated."""
    losing, winning = shares
    first, last = (int(binom.ppf(end, n, winning)) for end in (_TAIL, 1 - _TAIL))
    wins = np.arange(max(0, first), last + 1)
    most = np.array([most_lost(n, int(won), margin, alpha, exact=exact) for won in wins])
    return float(binom.pmf(wins, n, winning) @ binom.cdf(most, n - wins, losing / (1 - winning)))


def family(_: int) -> Figures:
    """Any false pass where each benchmark drops by just the margin: the worst of margins and of what is won back."""
    head = ("benchmarks", "cases", "any false pass, worst", "margin, won back", "Bonett-Price, worst")
    head += ("margin, won back", "equal runs pass at 5 pt", "Bonett-Price")
    rows, missed = [], ()
    for benchmarks, n in product(BENCHMARKS, CASES):
        alpha = 0.025 / benchmarks
        worst = {}
        for exact in (True, False):
            worst[exact] = max(
                (
                    1 - (1 - passing(n, ((1 + won) * margin, won * margin), margin, alpha, exact=exact)) ** benchmarks,
                    f"{100 * margin:g} pt, {100 * won:g} %",
                )
                for margin, won in product(MARGINS, WON)
            )
        equal = [passing(n, (0.05, 0.05), 0.05, alpha, exact=exact) for exact in (True, False)]
        cells = (percent(worst[True][0]), worst[True][1], percent(worst[False][0]), worst[False][1])
        rows.append((str(benchmarks), f"{n:,}", *cells, *map(percent, equal)))
        missed += beyond(f"family, {benchmarks} of {n}", worst[True][0], most=0.05)
        print(rows[-1], flush=True)
    return Figures("family", head, tuple(rows), missed)


def detects(repeats: int) -> Figures:
    """The drop that is printed for one pair of runs, in other runs: the worst of the shares that differ without it."""
    head = ("benchmarks", "cases", "found, worst", "share that differs", "normal theory", "share that differs")
    head += ("printed at 5 %", "normal theory")
    rows, missed = [], ()
    for benchmarks, n in product(BENCHMARKS, CASES):
        level, found = 1 - 0.05 / benchmarks, []
        for apart in (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2):
            generator = np.random.default_rng([6400, n, benchmarks, round(1000 * apart)])
            drops, chances, others = [], [], []
            for _ in range(repeats):
                lost, won, _ = generator.multinomial(n, [apart / 2, apart / 2, 1 - apart]).tolist()
                low, high = bonett_price((won / n, lost / n), n, 1.0)
                drops.append(detectable(lost, won, n, level))
                chances.append(caught(generator, n, apart, drops[-1], level))
                others.append(caught(generator, n, apart, detectable_difference((high - low) / 2, level), level))
            found.append(
                (float(np.mean(chances)), float(np.mean(others)), apart, float(np.mean(drops)), _error(chances))
            )
        ours, normals = min(found), min(found, key=lambda one: one[1])
        printed = next(drop for _, _, apart, drop, _ in found if apart == 0.05)
        plainly = detectable_difference((0.05 / n) ** 0.5, level)
        cells = (
            f"{100 * ours[0]:.1f} ± {100 * ours[4]:.1f} %",
            percent(ours[2]),
            percent(normals[1]),
            percent(normals[2]),
        )
        rows.append((str(benchmarks), f"{n:,}", *cells, f"{100 * printed:.2f}", f"{100 * plainly:.2f}"))
        missed += beyond(f"detectable, {benchmarks} of {n}", ours[0], least=0.78)
        print(rows[-1], flush=True)
    return Figures("detects", head, tuple(rows), missed)


def _error(values: Sequence[float]) -> float:
    """The standard error of their mean."""
    return float(np.std(values)) / len(values) ** 0.5


def caught(generator: np.random.Generator, n: int, apart: float, drop: float, level: float) -> float:
    """How often the interval is below 0 (the exact McNemar test), in 1,000 pairs of runs with such a drop."""
    lost = min(1.0, apart / 2 + drop)
    won = min(apart / 2, 1 - lost)
    counts = generator.multinomial(n, [lost, won, max(0.0, 1 - lost - won)], size=1000)
    return float(np.mean(binom.sf(counts[:, 0] - 1, counts[:, 0] + counts[:, 1], 0.5) <= (1 - level) / 2))
