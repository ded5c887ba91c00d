"""Cluster-robust errors against the formulas of the textbooks and against scipy."""

import numpy as np
import pytest
import scipy.stats

from harness.statistics import REDUCERS
from harness.statistics.intervals import student
from harness.statistics.resampling import Design
from harness.statistics.resampling import Sample
from harness.statistics.resampling import sample
from harness.statistics.variance import against
from harness.statistics.variance import spread

SINGLE = Design()


def cases(values: np.ndarray, design: Design = SINGLE) -> Sample:
    return sample(np.stack([values, np.ones_like(values)], axis=-1)[:, None], REDUCERS["mean"], design)


def test_the_error_of_single_cases_is_scipys() -> None:
    values = np.random.default_rng(4).normal(3, 2, size=17)
    found = spread(cases(values))
    assert found.error == pytest.approx(scipy.stats.sem(values), abs=1e-12)
    reach = student(0.9, found.freedom) * found.error
    expected = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert (values.mean() - reach, values.mean() + reach) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_clusters_of_one_size_have_the_clustered_error() -> None:
    """Miller 2024, arXiv:2411.00640, appendix A, times C/(C-1): sqrt(C/(C-1) sum of squared cluster residuals) / n."""
    values, labels = np.random.default_rng(6).normal(size=48), np.repeat(np.arange(12), 4)
    residuals = np.add.reduceat(values - values.mean(), range(0, 48, 4))
    found = spread(cases(values, Design(list(labels))))
    assert found.error == pytest.approx(np.sqrt(12 / 11 * (residuals**2).sum()) / 48, abs=1e-12)
    assert found.freedom == 11


def test_strata_have_the_stratified_error() -> None:
    """Cochran 1977, section 5.4: the variance of a mean of stratum means is the mean's of s_h^2 / n_h, over H^2."""
    generator = np.random.default_rng(7)
    parts = [generator.normal(size=size) for size in (4, 7, 9)]
    found = spread(cases(np.concatenate(parts), Design(None, list(np.repeat([0, 1, 2], [4, 7, 9])), "macro")))
    expected = np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts)) / 3
    assert found.error == pytest.approx(expected, abs=1e-12)
    assert found.freedom == 17


def test_a_difference_has_the_error_of_the_differences() -> None:
    values = np.random.default_rng(4).normal(size=(2, 25))
    table = np.stack([values, np.ones_like(values)], axis=-1).swapaxes(0, 1)
    found = spread(sample(table, REDUCERS["mean"], SINGLE), against)
    assert found.error == pytest.approx(scipy.stats.sem(values[0] - values[1]), abs=1e-12)


def test_normal_values_have_nearly_all_their_degrees_of_freedom_and_a_few_wrong_answers_have_not() -> None:
    normal = spread(cases(np.random.default_rng(4).normal(size=4000)))
    assert normal.effective == pytest.approx(normal.freedom, rel=0.1)
    # two of 100: squared deviations are worth about two observations
    assert spread(cases(np.r_[np.zeros(98), 1.0, 1.0])).effective == pytest.approx(4, abs=0.3)


def test_equal_clusters_have_no_error_not_rounding() -> None:
    found = spread(cases(np.full(30, 0.1)))
    assert (found.error, found.effective) == (0, 29)


def test_a_value_that_hangs_on_one_cluster_has_no_error() -> None:
    table = np.array([[1.0, 0, 0]] + [[0.0, 0, 0]] * 20)[:, None]
    assert spread(sample(table, REDUCERS["f1"], SINGLE)) is None
