"""Wilson's interval against scipy, the bootstrap against the normal theory it must approach."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from harness.statistics import REDUCERS
from harness.statistics import bootstrap
from harness.statistics import wilson

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


def test_bootstrap_spreads_as_the_standard_error_of_a_mean() -> None:
    values = np.random.default_rng(3).normal(5, 2, size=400)
    rows, multiplicity = np.c_[values, np.ones(400)], np.ones(400)
    resampled = bootstrap(rows, multiplicity, REDUCERS["mean"], resamples=4000, seed=1)
    assert resampled.shape == (4000,)
    assert resampled.mean() == pytest.approx(values.mean(), abs=0.01)
    assert resampled.std() == pytest.approx(values.std() / 20, rel=0.05)


def test_bootstrap_in_blocks_is_the_same_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, multiplicity = np.array([[0.0, 1.0], [1.0, 1.0], [3.0, 2.0]]), np.array([5.0, 7.0, 2.0])
    whole = bootstrap(rows, multiplicity, REDUCERS["mean"], resamples=1000, seed=2)
    monkeypatch.setattr("harness.statistics.intervals.BLOCK_BYTES", 48 * 7)
    assert (bootstrap(rows, multiplicity, REDUCERS["mean"], resamples=1000, seed=2) == whole).all()
