"""Differences of what has no bounds or is no mean: how often the interval of `paired` covers, and how wide it is.

A population of cases of each kind, from which cases (or clusters) are drawn; the truth is the population's own value.
"""

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
from sacrebleu.metrics import BLEU
from tables import Figures
from tables import beyond
from tables import monte_carlo
from tables import percent

from harness.statistics.estimates import percentiles
from harness.statistics.paired import Draws
from harness.statistics.paired import pair
from harness.statistics.reducers import REDUCERS
from harness.statistics.resampling import Design

CASES = (10, 20, 50, 164, 500, 1319)
SHARES = (0.02, 0.05, 0.2, 1.0)
POPULATION = 200_000
SENTENCES = 20_000
RESAMPLES = 999
GIVEN = 0.1
"""Where fewer samples have an interval, whether it covers says little."""
WORDS = np.array([f"w{number}" for number in range(400)])

Sizes = Callable[[np.random.Generator, int], np.ndarray]
SIZES: dict[str, Sizes] = {
    "two of three lost": lambda generator, n: np.where(generator.random(n) < 2 / 3, -1.0, 1.0),
    "normal": lambda generator, n: generator.normal(-0.3, 1, n),
    "Student's t3": lambda generator, n: generator.standard_t(3, n) - 0.2,
    "exponential losses": lambda generator, n: -generator.exponential(1, n),
    "lognormal losses": lambda generator, n: -generator.lognormal(0, 1, n),
    "lognormal, three of four lost": lambda generator, n: (
        np.where(generator.random(n) < 0.75, -1, 1) * generator.lognormal(0, 1, n)
    ),
}
"""Differences of means, by what they are drawn from."""
KINDS = (*SIZES, "lognormal losses in clusters", "perplexity", "bleu")


def population(kind: str) -> tuple[str, np.ndarray]:
    """The reducer and the statistics (cases or clusters, 2, k) of all there are, the second run's all different."""
    generator = np.random.default_rng([6400, len(kind)])
    if kind == "bleu":
        return kind, _translations(generator)
    if kind == "perplexity":
        units = np.ceil(generator.lognormal(5, 1, POPULATION))
        old = units * generator.normal(-2.5, 0.5, POPULATION)
        new = old - units * generator.gamma(1, 0.2, POPULATION)
        return kind, np.stack([np.stack([run, units], axis=1) for run in (new, old)], axis=1)
    clusters = kind.endswith("in clusters")
    weights = generator.integers(1, 10, POPULATION).astype(float) if clusters else np.ones(POPULATION)
    old = weights * generator.normal(-50, 10, POPULATION)
    new = old + weights * SIZES[kind.removesuffix(" in clusters")](generator, POPULATION)
    return "mean", np.stack([np.stack([run, weights], axis=1) for run in (new, old)], axis=1)


def _translations(generator: np.random.Generator) -> np.ndarray:
    """Sentences of 8 to 60 words, of which the systems miss a share of their own in each: a tenth, a seventh."""
    references, systems = [], ([], [])
    for _ in range(SENTENCES):
        words = generator.choice(WORDS, size=generator.integers(8, 60))
        references.append(" ".join(words))
        for system, rate in zip(systems, (0.14, 0.1), strict=True):
            missed = generator.random(len(words)) < generator.beta(0.5, 0.5 / rate)
            system.append(" ".join(np.where(missed, generator.choice(WORDS, size=len(words)), words)))
    tables = [BLEU()._extract_corpus_statistics(one, [references]) for one in systems]  # noqa: SLF001
    return np.stack([np.array(one, dtype=float) for one in tables], axis=1)


cached = cache(population)


def covering(kind: str, n: int, share: float, repeats: int, seed: int = 6500) -> tuple[int, np.ndarray]:
    """How many samples have an interval; of each whether it covers, the percentiles' does, and both widths (m, 4)."""
    reducer, every = cached(kind)
    generator = np.random.default_rng([seed, n, round(1000 * share), len(kind)])
    every = every.copy()
    same = generator.random(len(every)) >= share
    every[same, 0] = every[same, 1]
    true = float(-np.diff(REDUCERS[reducer](every.sum(axis=0)))[0])
    found = []
    for number in range(repeats):
        table = every[generator.integers(0, len(every), n)]
        both = pair(table[:, 0], table[:, 1], reducer, Design())
        draws = Draws(resamples=RESAMPLES, seed=number)
        resampled = both.differences(draws)
        _, interval, _ = both.interval(draws, resampled)
        if interval is not None:
            other = percentiles(both.drawn, resampled, 0.95)[0] or interval
            covers = [low <= true <= high for low, high in (interval, other)]
            found.append((*covers, *(high - low for low, high in (interval, other))))
    return len(found), np.array(found, dtype=float).reshape(-1, 4)


def unbounded(repeats: int) -> Figures:
    """How often there is an interval, and how often the worst of the kinds covers, beside the percentile bootstrap.

    The kind that looks worst is drawn again, five times as often and from other seeds: the worst of many is below what
    it covers by chance alone. Large samples are drawn less often.
    """
    head = ("cases", "share that differs", "has an interval", "covers, worst", "of", "percentile bootstrap", "width")
    rows, missed = [], ()
    for n, share in product(CASES, SHARES):
        often = max(20, repeats * min(CASES[3], n) // n)
        found = {kind: covering(kind, n, share, often) for kind in KINDS}
        given = float(np.mean([count for count, _ in found.values()])) / often
        seen = {kind: one[:, 0].mean() for kind, (count, one) in found.items() if count >= GIVEN * often}
        cells: tuple[str, ...] = ("",) * 4
        if seen:
            worst = min(seen, key=seen.__getitem__)
            count, one = covering(worst, n, share, 5 * often, seed=6600)
            ours, other = one[:, :2].mean(axis=0)
            wider = np.median(one[:, 2]) / np.median(one[:, 3])
            cells = (monte_carlo(ours, count), worst, monte_carlo(other, count), f"{wider:.2f}")
            # a goal is missed where chance does not explain it
            missed += beyond(f"coverage, {n}, {share:g} differ, {worst}", ours + 2 * error(count), least=0.93, most=2)
        rows.append((f"{n:,}", percent(share, 0), percent(given), *cells))
        print(rows[-1], flush=True)
    return Figures("unbounded", head, tuple(rows), missed)


def error(count: int) -> float:
    """The standard error of a simulated coverage of 93 %."""
    return float(np.sqrt(0.93 * 0.07 / count))
