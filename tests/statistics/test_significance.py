"""Tests of a difference and their corrections, against scipy, papers' examples, and all swaps counted by hand."""

import itertools

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.statistics import REDUCERS
from harness.statistics.paired import pair
from harness.statistics.resampling import Design
from harness.statistics.significance import benjamini_hochberg
from harness.statistics.significance import centred
from harness.statistics.significance import holm
from harness.statistics.significance import mcnemar
from harness.statistics.significance import sign_flip


def weighted(values: np.ndarray) -> np.ndarray:
    return np.stack([values, np.ones_like(values)], axis=-1)


@given(st.integers(0, 400), st.integers(0, 400))
def test_mid_p_is_the_exact_p_less_what_was_observed(first: int, second: int) -> None:
    if first == second:
        assert mcnemar(first, second) == pytest.approx(1, abs=1e-12)
        return
    exact = scipy.stats.binomtest(first, first + second).pvalue
    observed = scipy.stats.binom.pmf(first, first + second, 0.5)
    assert mcnemar(first, second) == pytest.approx(exact - observed, abs=1e-12)
    assert mcnemar(first, second) == mcnemar(second, first)


def test_mid_p_of_the_papers_example() -> None:
    """1 against 7 children: exact 0.070, mid-p 0.039 (Fagerland, Lydersen and Laake 2013, airway reactivity)."""
    assert mcnemar(1, 7) == pytest.approx(0.0391, abs=5e-5)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=11))
@settings(max_examples=50, deadline=None)
def test_all_sign_flips_are_scipys(differences: list[float]) -> None:
    values = np.array(differences).round(2)
    drawn = pair(weighted(values), weighted(np.zeros_like(values)), "mean").drawn
    expected = scipy.stats.permutation_test((values,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(drawn, 10_000, 0) == pytest.approx(expected.pvalue, abs=1e-12)


def test_random_sign_flips_approach_all_of_them() -> None:
    values = np.random.default_rng(3).normal(0.4, 1, size=13)
    drawn = pair(weighted(values), weighted(np.zeros(13)), "mean").drawn
    exact, rough = sign_flip(drawn, 2**13, 0), sign_flip(drawn, 2**13 - 1, 0)
    assert exact != rough
    assert rough == pytest.approx(exact, abs=4 * np.sqrt(exact / 2**13))


def test_swaps_of_a_corpus_metric_are_counted_by_hand() -> None:
    """F1 of two runs over six cases in three clusters: all eight ways to swap clusters, recounted from the sums."""
    generator = np.random.default_rng(5)
    runs, labels = generator.integers(0, 3, size=(2, 6, 3)).astype(float), [0, 0, 1, 1, 2, 2]
    sums = runs.reshape(2, 3, 2, 3).sum(axis=2)
    differences = []
    for flips in itertools.product([0, 1], repeat=3):
        first = sum(sums[flip, unit] for unit, flip in enumerate(flips))
        second = sum(sums[1 - flip, unit] for unit, flip in enumerate(flips))
        differences.append(float(REDUCERS["f1"](first) - REDUCERS["f1"](second)))
    expected = np.mean([abs(value) >= abs(differences[0]) - 1e-12 for value in differences])
    assert sign_flip(pair(runs[0], runs[1], "f1", Design(labels)).drawn, 100, 0) == expected


@pytest.mark.parametrize(
    "labels", [None, list(np.arange(40) // 2), list(range(20)) * 2], ids=["single", "in", "across"]
)
def test_strata_are_swapped_as_their_clusters_are(labels: list[int] | None) -> None:
    """A mean over strata of one size is the mean over all, so its p is the same but for chance."""
    generator = np.random.default_rng(5)
    first, second = weighted(generator.random(40)), weighted(generator.random(40) * 0.8)
    strata = ["a"] * 20 + ["b"] * 20
    found = [
        sign_flip(pair(first, second, "mean", Design(labels, strata, average)).drawn, 20_000, 1)
        for average in ("micro", "macro")
    ]
    assert found[1] == pytest.approx(found[0], abs=0.015)


def test_few_distinct_differences_are_flipped_as_many_are() -> None:
    values = np.random.default_rng(6).choice([-1.0, 0, 1], p=[0.1, 0.7, 0.2], size=900)
    jittered = values + np.random.default_rng(7).normal(0, 1e-6, size=900)
    few, many = (
        sign_flip(pair(weighted(v), weighted(np.zeros(900)), "mean").drawn, 5000, 1) for v in (values, jittered)
    )
    expected = mcnemar(int((values > 0).sum()), int((values < 0).sum()))
    assert few == pytest.approx(expected, abs=0.003)
    assert many == pytest.approx(expected, abs=0.003)


def test_runs_that_do_not_differ_have_p_one() -> None:
    values = weighted(np.random.default_rng(3).random(40))
    assert sign_flip(pair(values, values, "mean").drawn, 1000, 0) == 1


def test_the_centred_bootstrap_counts_both_sides() -> None:
    """Moved by 1, the resamples are -1, -0.5, 0, 0.5, 3: two of five are as far from 0 as the difference."""
    assert centred(np.array([0.0, 0.5, 1, 1.5, 4]), 1.0) == 3 / 6
    assert centred(np.array([0.0, 0.5, 1, 1.5, np.nan]), 1.0) == 3 / 6


def test_the_centred_bootstrap_of_normal_values_is_the_t_tests() -> None:
    values = np.random.default_rng(8).normal(0.15, 1, size=300)
    resampled = np.random.default_rng(9).choice(values, size=(20_000, 300)).mean(axis=1)
    assert centred(resampled, values.mean()) == pytest.approx(scipy.stats.ttest_1samp(values, 0).pvalue, abs=0.01)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_is_scipys(ps: list[float]) -> None:
    assert benjamini_hochberg(ps) == pytest.approx(tuple(scipy.stats.false_discovery_control(ps)), abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_steps_down(ps: list[float]) -> None:
    """By definition: the largest, over the p's up to one's own, of p times the number of p's not below it in order."""
    order = sorted(range(len(ps)), key=lambda index: ps[index])
    expected, reached = [0.0] * len(ps), 0.0
    for step, index in enumerate(order):
        reached = max(reached, min(1.0, ps[index] * (len(ps) - step)))
        expected[index] = reached
    assert holm(ps) == pytest.approx(tuple(expected), abs=1e-12)


def test_holm_of_a_textbook_example() -> None:
    """0.01, 0.04, 0.03, 0.005: times 4, 3, 2, 1 in order, never falling (the example of Wikipedia, Holm-Bonferroni)."""
    assert holm((0.01, 0.04, 0.03, 0.005)) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_no_p_at_all_is_nothing() -> None:
    assert (holm(()), benjamini_hochberg(())) == ((), ())
