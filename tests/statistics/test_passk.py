"""pass@k: the estimator by counting all choices of samples, the interval and the sampling error by simulation."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from harness.statistics.passk import estimate_pass_at_k
from harness.statistics.passk import pass_at_k
from harness.statistics.resampling import Design


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_the_estimator_is_the_share_of_choices_with_a_right_sample(counts: tuple[int, int, int]) -> None:
    n, correct, k = counts
    choices = list(combinations([1] * correct + [0] * (n - correct), k))
    expected = sum(map(any, choices)) / len(choices)
    assert pass_at_k([n], [correct], k)[0] == pytest.approx(expected, abs=1e-12)


def test_many_samples_overflow_nothing() -> None:
    """Chen et al. 2021 draw 200; 1 - (1 - 1/100)^100 is approached from above."""
    assert pass_at_k([200], [2], 100)[0] == pytest.approx(1 - 0.5 * 99 / 199)
    assert pass_at_k([100_000], [1000], 100)[0] == pytest.approx(1 - 0.99**100, abs=1e-3)


def test_all_problems_solved_have_an_interval_still() -> None:
    found = estimate_pass_at_k([10] * 40, [10] * 40, 5)
    assert (found.estimate.value, found.estimate.high, found.sampling_error) == (1.0, 1.0, None)
    assert 0.88 < found.estimate.low < 0.93


def test_one_sample_is_a_proportion() -> None:
    found = estimate_pass_at_k([1] * 50, [1] * 20 + [0] * 30, 1)
    assert (found.estimate.value, found.estimate.method, found.sampling_error) == (0.4, "gaffke", None)
    expected = binomtest(20, 50).proportion_ci(0.95, method="exact")
    assert (found.estimate.low, found.estimate.high) == pytest.approx((expected.low, expected.high), abs=1e-7)


def simulated(problems: int, repeats: int) -> tuple[float, list, list[float]]:
    """Problems as hard as a Beta(0.5, 0.7) says, 10 samples each: the true pass@5 and what was estimated."""
    generator = np.random.default_rng(17)
    found, values = [], []
    for _ in range(repeats):
        right = generator.binomial(10, generator.beta(0.5, 0.7, size=problems))
        found.append(estimate_pass_at_k([10] * problems, right, 5))
        values.append(found[-1].estimate.value)
    chances = generator.beta(0.5, 0.7, size=2_000_000)
    return float((1 - (1 - chances) ** 5).mean()), found, values


def test_the_interval_covers_and_the_estimator_has_no_bias() -> None:
    true, found, values = simulated(120, 400)
    assert np.mean(values) == pytest.approx(true, abs=0.006)
    assert 0.92 <= np.mean([one.estimate.low <= true <= one.estimate.high for one in found]) <= 0.99


def test_the_sampling_error_is_that_of_new_samples_for_the_same_problems() -> None:
    generator = np.random.default_rng(18)
    chances = generator.beta(0.5, 0.7, size=100)
    rights = generator.binomial(10, chances, size=(500, 100))
    found = [estimate_pass_at_k([10] * 100, right, 5) for right in rights]
    spread = np.std([one.estimate.value for one in found])
    guessed = np.mean([one.sampling_error for one in found])
    assert spread <= guessed <= 1.5 * spread
    assert guessed < np.mean([(one.estimate.high - one.estimate.low) / 3.92 for one in found])


def test_means_over_strata_and_few_problems() -> None:
    strata = Design(None, ["a"] * 20 + ["b"] * 40, "macro")
    found = estimate_pass_at_k([4] * 60, [4] * 20 + [0] * 20 + [2] * 20, 2, strata)
    assert found.estimate.value == pytest.approx((1 + (5 / 6) / 2) / 2)
    assert (found.estimate.clusters, found.sampling_error) == (60, None)
    few = estimate_pass_at_k([4] * 5, [1] * 5, 2).estimate
    assert (few.low, few.note) == (None, "no interval: 5 clusters")


@pytest.mark.parametrize(
    ("samples", "correct", "k", "message"),
    [
        ([1, 1], [0, 1], 5, "pass@5: found a problem with 1 samples; expected at least k, and k at least 1"),
        ([3], [4], 1, "pass@1: found more correct samples than samples, or fewer than 0; expected 0 to all"),
        ([3, 3], [1], 1, r"pass@1: found \(2,\) samples and \(1,\) correct; expected one number a problem each"),
        ([3], [1], 0, "pass@0: found a problem with 3 samples; expected at least k, and k at least 1"),
    ],
)
def test_what_cannot_be_estimated_is_refused(samples: list, correct: list, k: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pass_at_k(samples, correct, k)
