"""The detectable drop: found four times of five at the level in force, however few cases differ."""

import numpy as np
import pytest
from scipy.stats import binom

from harness.statistics.bounded import BoundedMean
from harness.statistics.detectable import detectable_drop
from harness.statistics.power import detectable_difference


def counted(lost: int, won: int, n: int) -> BoundedMean:
    often = np.array([lost, won, n - lost - won], dtype=float)
    return BoundedMean(np.array([-1.0, 1.0, 0.0]), np.ones(3), often, (-1.0, 1.0))


def caught(generator: np.random.Generator, n: int, apart: float, drop: float, alpha: float) -> float:
    """How often the exact McNemar test finds the drop, on top of so many cases that differ without it."""
    won, lost = apart / 2, min(1.0, apart / 2 + drop)
    counts = generator.multinomial(n, [lost, min(won, 1 - lost), max(0.0, 1 - lost - won)], size=4000)
    return float(np.mean(binom.sf(counts[:, 0] - 1, counts[:, 0] + counts[:, 1], 0.5) <= alpha))


@pytest.mark.parametrize("benchmarks", [1, 15, 40])
@pytest.mark.parametrize("apart", [0.0, 0.01, 0.05, 0.2])
@pytest.mark.parametrize("n", [50, 164, 1319])
def test_what_is_printed_is_found_four_times_of_five(n: int, apart: float, benchmarks: int) -> None:
    """The drop printed for one pair of runs, in other runs: 60 pairs, each tried 4,000 times, to within 0.8 %."""
    generator = np.random.default_rng([17, n, round(1000 * apart), benchmarks])
    level = 1 - 0.05 / benchmarks
    chances, drops = [], []
    for _ in range(60):
        lost, won, _ = generator.multinomial(n, [apart / 2, apart / 2, 1 - apart])
        drops.append(detectable_drop(counted(lost, won, n), level))
        chances.append(caught(generator, n, apart, drops[-1], (1 - level) / 2))
    assert np.mean(chances) >= 0.792
    if apart == 0.2 and n == 1319:
        assert np.mean(drops) < 1.35 * detectable_difference((apart / n) ** 0.5, level)


@pytest.mark.parametrize("benchmarks", [1, 15])
def test_so_it_is_of_scores_of_many_sizes(benchmarks: int) -> None:
    generator = np.random.default_rng([18, benchmarks])
    level, n, found = 1 - 0.05 / benchmarks, 300, []

    def noise() -> np.ndarray:
        return generator.choice((-1, 1), n) * generator.beta(0.5, 1.5, n) * (generator.random(n) < 0.1)

    for _ in range(150):
        seen = noise()
        mean = BoundedMean(seen, np.ones(n), np.ones(n), (-1.0, 1.0))
        drop = detectable_drop(mean, level)
        size = np.sum(seen**2) / np.sum(np.abs(seen))
        later = np.clip(noise() - size * (generator.random(n) < drop / size), -1, 1)
        turned = BoundedMean(-later, np.ones(n), np.ones(n), (-1.0, 1.0))
        found.append(turned.below(0.0) <= (1 - level) / 2)
    # 150 tries at 0.8 leave 106 or fewer with a chance of 0.3 %
    assert sum(found) > 106


def test_where_too_few_cases_could_ever_tell_a_drop_there_is_none() -> None:
    """Five cases that are all lost have an exact p of 1/32 on one side."""
    assert detectable_drop(counted(0, 0, 5), 0.95) is None
    assert detectable_drop(counted(0, 0, 12), 0.95) is not None
