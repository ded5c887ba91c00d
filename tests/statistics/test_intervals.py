"""Intervals against scipy and the textbooks' formulas."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from harness.statistics import wilson
from harness.statistics.intervals import about
from harness.statistics.intervals import bonett_price
from harness.statistics.intervals import normal
from harness.statistics.intervals import percentile
from harness.statistics.intervals import score

counts = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@settings(deadline=None)
def test_wilson_equals_scipy(count: tuple[int, int], level: float) -> None:
    successes, n = count
    expected = binomtest(successes, n).proportion_ci(level, method="wilson")
    assert wilson(successes, n, level) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_of_a_textbook_example() -> None:
    """15 of 148: 6.2 % to 16.0 % (Newcombe 1998, Statistics in Medicine 17, table I, method 3)."""
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)


@given(counts)
@settings(deadline=None)
def test_wilson_is_an_interval_within_zero_and_one(count: tuple[int, int]) -> None:
    low, high = wilson(*count)
    assert 0 <= low <= count[0] / count[1] <= high <= 1
    assert low < high


@pytest.mark.parametrize(("successes", "n", "level"), [(0, 0, 0.95), (3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_wilson_refuses_what_is_no_proportion(successes: int, n: int, level: float) -> None:
    with pytest.raises(ValueError, match=f"wilson: {successes} of {n} at level {level}; expected"):
        wilson(successes, n, level)


def test_percentiles_are_scipys_of_the_same_resamples() -> None:
    values = np.random.default_rng(2).exponential(size=80)
    expected = scipy.stats.bootstrap((values,), np.mean, method="percentile", n_resamples=999, rng=3)
    (low, high), note = percentile(expected.bootstrap_distribution, 0.95)
    assert (low, high) == pytest.approx(tuple(expected.confidence_interval), abs=1e-12)
    assert note is None


def test_wilson_of_cases_worth_fewer_is_that_of_fewer_cases() -> None:
    assert score(0.75, 40.0, normal(0.95)) == pytest.approx(wilson(30, 40), abs=1e-12)


def test_bonett_price_by_hand() -> None:
    """1 and 7 of 21 children changed one way only (Fagerland, Lydersen and Laake 2014): 2 and 8 of 23, then Wald's."""
    reach = 1.959964 * math.sqrt((2 / 23 + 8 / 23 - (6 / 23) ** 2) / 23)
    found = bonett_price((1 / 21, 7 / 21), 21, normal(0.95))
    assert found == pytest.approx((-6 / 23 - reach, -6 / 23 + reach), abs=1e-6)


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n // 2), st.integers(0, n // 2), st.just(n))))
def test_bonett_price_is_an_interval_about_the_difference(counts: tuple[int, int, int]) -> None:
    first, second, n = counts
    low, high = bonett_price((first / n, second / n), n, normal(0.95))
    swapped = bonett_price((second / n, first / n), n, normal(0.95))
    assert -1 <= low < high <= 1
    assert (-high, -low) == pytest.approx(swapped, abs=1e-12)
    assert low <= (first - second) / (n + 2) <= high


def test_t_stays_within_the_bounds() -> None:
    assert about(0.9, 0.2, (0.0, 1.0)) == ((0.7, 1.0), None)
    assert about(0.5, 0.0, (0.0, 1.0)) == (None, "no interval: all clusters agree")
