"""sacrebleu's paired tests, to repeat published p's: `--paired-bs` and `--paired-ar` of sacrebleu 2.6.0.

Same draws, same p, given the same statistics. For decisions use `paired`: the bootstrap here folds differences before
it centres them, so its p of 0.05 is exceeded by chance about twice as often as it says.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from harness.statistics.draws import BLOCK
from harness.statistics.outcomes import aligned
from harness.statistics.reducers import REDUCERS
from harness.statistics.reducers import Array
from harness.statistics.variance import against

SEED = 12345
"""sacrebleu's own, where SACREBLEU_SEED is not set."""


@dataclass(frozen=True, slots=True)
class Compatible:
    """A paired test's `p`; for the bootstrap each run's mean over resamples and half its 95 % interval's width."""

    p: float
    trials: int
    seed: int
    means: tuple[float, float] | None = None
    half_widths: tuple[float, float] | None = None


def sacrebleu_bootstrap(
    first: ArrayLike, second: ArrayLike, reducer: str, *, resamples: int = 1000, seed: int = SEED
) -> Compatible:
    """`sacrebleu --paired-bs` (Koehn 2004 as in Moses and sacrebleu): runs' statistics (n, k), in corpus order.

    The second run is the baseline; its interval is drawn with the same seed, hence from the same sentences.
    """
    table = aligned(first, second, reducer)
    values = np.concatenate([REDUCERS[reducer](sums) for sums in _resampled(table, resamples, seed)])
    folded = np.abs(against(values))
    p = _p(folded - folded.mean(), table, reducer)
    ordered, cut = np.sort(values, axis=0), resamples // 40
    means, halves = values.mean(axis=0), (ordered[resamples - cut - 1] - ordered[cut]) / 2
    return Compatible(p, resamples, seed, tuple(means.tolist()), tuple(halves.tolist()))


def sacrebleu_randomisation(
    first: ArrayLike, second: ArrayLike, reducer: str, *, trials: int = 10_000, seed: int = SEED
) -> Compatible:
    """`sacrebleu --paired-ar`: approximate randomisation (Riezler and Maxwell 2005), sentences swapped at random."""
    table = aligned(first, second, reducer)
    values = np.concatenate([REDUCERS[reducer](sums) for sums in _swapped(table, trials, seed)])
    return Compatible(_p(np.abs(against(values)), table, reducer), trials, seed)


def _p(values: Array, table: Array, reducer: str) -> float:
    """One more than the values strictly above the observed difference, of one more than there are."""
    observed = abs(float(against(REDUCERS[reducer](table.sum(axis=0)))))
    return float((np.sum(values > observed) + 1) / (len(values) + 1))


def _resampled(table: Array, resamples: int, seed: int) -> Iterator[Array]:
    """Sums over sentences drawn by index, as `Generator.choice` draws them; shape (block, runs, k)."""
    generator, n = np.random.default_rng(seed), len(table)
    block = max(1, BLOCK // n)
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        cells = generator.choice(n, size=(size, n)) + n * np.arange(size)[:, None]
        counts = np.bincount(cells.ravel(), minlength=size * n).reshape(size, n).astype(float)
        yield (counts @ table.reshape(n, -1)).reshape(size, *table.shape[1:])


def _swapped(table: Array, trials: int, seed: int) -> Iterator[Array]:
    """Sums of both runs with the baseline's sentence in the first's place where a coin says so."""
    generator, n = np.random.default_rng(seed), len(table)
    # bits are drawn 32 at a time: a block of a multiple of 32 rows goes on where the last one ended
    block = max(32, BLOCK // n // 32 * 32)
    total, kept = table.sum(axis=0), table[:, 1]
    for start in range(0, trials, block):
        chosen = generator.integers(2, size=(min(block, trials - start), n), dtype=bool)
        swapped = (chosen @ (kept - table[:, 0])) + total[0]
        yield np.stack([swapped, total[0] + total[1] - swapped], axis=1)
