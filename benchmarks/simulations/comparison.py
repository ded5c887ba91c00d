"""Comparison of two runs: type-I error, coverage of the difference, power; and what other ways would have found."""

import numpy as np
from models import DISCORDANCE
from models import SETTINGS
from models import Setting
from models import two_runs
from tables import Figures
from tables import beyond
from tables import percent

from harness.statistics import Design
from harness.statistics import Draws
from harness.statistics import PairedResult
from harness.statistics import paired
from harness.statistics.compatible import sacrebleu_bootstrap
from harness.statistics.power import detectable_difference
from harness.statistics.significance import mcnemar

HEAD = (
    "cases",
    "share right",
    "cases are",
    "p: McNemar",
    "sign flips",
    "bootstrap",
    "0 outside",
    "covers 0",
    "difference",
    "covers it",
    "power",
)


def simulated(setting: Setting, difference: float, repeats: int, seed: int) -> list[PairedResult]:
    """Two runs compared again and again."""
    generator, design = np.random.default_rng(seed), Design(setting.labels)
    # a seed of its own for each: one for all would add the same accident to every repeat
    each = (Draws(resamples=1000, seed=repeat) for repeat in range(repeats))
    return [paired(*two_runs(generator, setting, difference), "proportion", design, draws) for draws in each]


def share(results: list[PairedResult], name: str) -> float | None:
    """How often this p is at most 0.05; None where it does not apply."""
    found = [getattr(one, name) for one in results]
    return None if found[0] is None else float(np.mean([p <= 0.05 for p in found]))


def covered(results: list[PairedResult], difference: float) -> float:
    """How often the interval has the true difference in it."""
    return float(np.mean([one.low <= difference <= one.high for one in results]))


def visible(setting: Setting) -> float:
    """The difference found four times of five, or what is possible of it: fewer cases differ than it takes."""
    apart = DISCORDANCE[setting.share]
    return min(detectable_difference((apart * setting.inflation / setting.n) ** 0.5), 0.9 * apart)


def measure(repeats: int) -> Figures:
    """All settings: first without a difference, then with one that should be visible."""
    rows, missed = [], ()
    for seed, setting in enumerate(SETTINGS, start=2000):
        difference = visible(setting)
        none, some = simulated(setting, 0.0, repeats, seed), simulated(setting, difference, repeats // 2, seed + 500)
        errors = [share(none, name) for name in ("p_mcnemar", "p_permutation", "p_bootstrap")]
        outside = 1 - covered(none, 0.0)
        shown = ["" if error is None else percent(error) for error in errors]
        power = share(some, "p")
        rows.append(
            (
                *setting.words,
                *shown,
                percent(outside),
                percent(1 - outside),
                f"{100 * difference:.2f}",
                percent(covered(some, difference)),
                percent(power),
            )
        )
        print(rows[-1], flush=True)
        for what, error in zip(("McNemar", "sign flips", "bootstrap"), errors, strict=True):
            missed += () if error is None else beyond(f"type I, {what}, {' '.join(setting.words)}", error, most=0.06)
        missed += beyond(f"coverage of 0, {' '.join(setting.words)}", 1 - outside, least=0.93)
        missed += beyond(f"coverage, {' '.join(setting.words)}", covered(some, difference), least=0.93)
    return Figures("comparison", HEAD, tuple(rows), missed)


def few(repeats: int) -> Figures:
    """Few verdicts that differ: the interval that is given, and the percentile bootstrap's."""
    head = ("cases", "right in the first alone", "in the second alone", "covers", "percentile bootstrap", "mean width")
    rows, missed = [], ()
    cases = tuple((n, *shares) for n in (164, 500) for shares in ((0.01, 0.01), (0.03, 0.01), (0.02, 0.0)))
    for seed, (n, first, second) in enumerate(cases, start=2900):
        generator, hits, width = np.random.default_rng(seed), np.zeros(2), 0.0
        for repeat in range(repeats):
            kind = generator.choice(4, size=n, p=(0.6, first, second, 0.4 - first - second))
            runs = [np.stack([right, np.ones(n)], axis=1) for right in (kind <= 1, kind % 2 == 0)]
            found = paired(*runs, "proportion", draws=Draws(resamples=1000, seed=repeat))
            low, high = found.bootstrap or (found.difference, found.difference)
            hits += found.low <= first - second <= found.high, low <= first - second <= high
            width += found.high - found.low
        ours, percentiles = hits / repeats
        missed += beyond(f"coverage, {n} cases, {first} against {second}", ours, least=0.93)
        shown = (percent(first), percent(second), percent(ours), percent(percentiles), f"{width / repeats:.4f}")
        rows.append((str(n), *shown))
        print(rows[-1], flush=True)
    return Figures("few", head, tuple(rows), missed)


def pitfalls(repeats: int) -> Figures:
    """What other ways find in the same runs: how often they err, and how often they see five points."""
    head = ("way", "type I, 500 single cases", "power, 5 points", "type I, 50 clusters of 10")
    single, clustered = Setting(500, 0.5), Setting(500, 0.5, 10)
    ways = ("unpaired z", "mid-p McNemar, clusters ignored", "folded bootstrap (as in sacrebleu)", "these: `p`")
    columns = []
    for seed, (setting, difference) in enumerate(((single, 0.0), (single, 0.05), (clustered, 0.0)), start=3000):
        generator, found = np.random.default_rng(seed), np.zeros(4)
        for repeat in range(repeats):
            first, second = two_runs(generator, setting, difference)
            found += [p <= 0.05 for p in _ways(first, second, setting, repeat)]
        columns.append(found / repeats)
    rows = tuple((way, *(percent(column[index]) for column in columns)) for index, way in enumerate(ways))
    return Figures("pitfalls", head, rows)


def _ways(first: np.ndarray, second: np.ndarray, setting: Setting, seed: int) -> tuple[float, float, float, float]:
    values = first[:, 0].mean(), second[:, 0].mean()
    error = np.sqrt(sum(value * (1 - value) for value in values) / setting.n)
    unpaired = 0.05 if abs(values[0] - values[1]) > 1.959964 * error else 1.0
    only = int(((first[:, 0] == 1) & (second[:, 0] == 0)).sum()), int(((first[:, 0] == 0) & (second[:, 0] == 1)).sum())
    folded = sacrebleu_bootstrap(first, second, "mean", resamples=1000, seed=seed).p
    ours = paired(first, second, "proportion", Design(setting.labels), Draws(resamples=1000, seed=seed)).p
    return unpaired, mcnemar(*only), folded, ours
