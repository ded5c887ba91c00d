"""Coverage: how often a run's 95 % interval has the true value in it."""

import numpy as np
from models import SETTINGS
from models import Setting
from models import one_run
from tables import Figures
from tables import beyond
from tables import percent

from harness.statistics import Design
from harness.statistics import estimate
from harness.statistics.estimates import percentiles
from harness.statistics.reducers import mean
from harness.statistics.resampling import sample

HEAD = ("cases", "share right", "cases are", "interval", "covers", "percentile bootstrap", "Student's t", "mean width")


def simulated(setting: Setting, repeats: int, seed: int) -> tuple[float, float, float, float]:
    """Coverage of the interval `estimate` gives, of percentiles, of Student's t; and the mean width of the first."""
    generator = np.random.default_rng(seed)
    hits, width = np.zeros(3), 0.0
    for repeat in range(repeats):
        stats = one_run(generator, setting)
        found = estimate(stats, "proportion", setting.labels)
        drawn = sample(stats[:, None], mean, Design(setting.labels))
        interval, _ = percentiles(drawn, drawn.resampled(1000, repeat)[:, 0], 0.95)
        low, high = interval or (found.value, found.value)
        hits += found.low <= setting.share <= found.high, low <= setting.share <= high, _student(stats, setting)
        width += found.high - found.low
    return (*(hits / repeats).tolist(), width / repeats)


def _student(stats: np.ndarray, setting: Setting) -> bool:
    """Whether 1.96 clustered errors about the value reach the truth (as good as t, for 32 clusters and more)."""
    labels = np.arange(setting.n) if setting.labels is None else np.asarray(setting.labels)
    residuals = np.bincount(labels, stats[:, 0] - stats[:, 0].mean())
    error = np.sqrt(len(residuals) / (len(residuals) - 1) * (residuals**2).sum()) / setting.n
    return bool(abs(stats[:, 0].mean() - setting.share) <= 1.96 * error)


def measure(repeats: int) -> Figures:
    """Proportions in all settings."""
    rows, missed = [], ()
    for seed, setting in enumerate(SETTINGS, start=1000):
        ours, percentiles, student, width = simulated(setting, repeats // (4 if setting.n > 5000 else 1), seed)
        shown = [percent(value) for value in (ours, percentiles, student)]
        rows.append((*setting.words, "Wilson", *shown, f"{width:.4f}"))
        missed += beyond(f"coverage, {' '.join(setting.words)}", ours, least=0.93)
        print(rows[-1], flush=True)
    return Figures("coverage", HEAD, tuple(rows), missed)
