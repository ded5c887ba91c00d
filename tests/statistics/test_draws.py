"""Draws with replacement: counts are multinomial, whichever way they are drawn."""

import numpy as np
import pytest
import scipy.stats

from harness.statistics.draws import _singly
from harness.statistics.draws import _table
from harness.statistics.draws import counts


@pytest.mark.parametrize(
    ("multiplicity", "draws"),
    [(np.array([1.0, 5, 14]), 20), (np.ones(150), 150), (np.ones(150), 149), (np.repeat([1.0, 2.0], 90), 270)],
    ids=["few rows", "singles", "one fewer", "some alike"],
)
def test_counts_are_multinomial(multiplicity: np.ndarray, draws: int) -> None:
    """Each count is binomial, their sum is fixed, and two have the covariance -n p q."""
    shares = multiplicity / multiplicity.sum()
    found = np.concatenate(list(counts(multiplicity, draws, 20_000, np.random.default_rng(5))))
    assert found.shape == (20_000, len(multiplicity))
    assert (found.sum(axis=1) == draws).all()
    for cell in (0, -1):
        expected = scipy.stats.binom(draws, shares[cell]).pmf(range(6))
        assert [np.mean(found[:, cell] == k) for k in range(6)] == pytest.approx(expected, abs=0.012)
    first, last = found[:, 0], found[:, -1]
    noise = 4 * first.std() * last.std() / np.sqrt(len(found))
    assert np.cov(first, last)[0, 1] == pytest.approx(-draws * shares[0] * shares[-1], abs=noise)


def test_no_unit_is_favoured() -> None:
    """2,000 resamples of 500 units: every unit's count is Poisson-like with mean 2,000; chi-square over all."""
    totals = sum(block.sum(axis=0) for block in _singly(500, 500, 2000, np.random.default_rng(3)))
    assert scipy.stats.chisquare(totals).pvalue > 0.001
    assert totals.sum() == 2000 * 500


@pytest.mark.parametrize("mean", [0.2, 0.6, 0.98])
def test_the_table_is_the_whole_poisson_distribution(mean: float) -> None:
    table, rest = _table(mean)
    sure = np.bincount(table.astype(int), minlength=30) / 2**16
    expected = scipy.stats.poisson(mean).pmf(np.arange(30))
    assert sure + rest * (1 - sure.sum()) == pytest.approx(expected, abs=1e-15)
    assert 1 - sure.sum() < 20 / 2**16


def test_the_seed_alone_decides() -> None:
    first, second = (np.concatenate(list(counts(np.ones(300), 300, 50, np.random.default_rng(1)))) for _ in range(2))
    assert (first == second).all()
