"""The mean of bounded scores: exact where the truth is known, and never short of its level where few cases differ."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.stats import beta
from scipy.stats import binom

from harness.statistics.bounded import BoundedMean
from harness.statistics.estimates import estimate
from harness.statistics.gate import gate
from harness.statistics.gate import trial
from harness.statistics.paired import pair
from harness.statistics.resampling import Design


def scores(values: np.ndarray, bounds: tuple[float, float] = (-1.0, 1.0)) -> BoundedMean:
    found, often = np.unique(values, return_counts=True)
    return BoundedMean(found, np.ones(len(found)), often.astype(float), bounds)


def weighted(values: np.ndarray) -> np.ndarray:
    return np.stack([values, np.ones_like(values)], axis=-1).astype(float)


@pytest.mark.parametrize("alpha", [0.1, 0.025, 0.05 / 40, 1e-6])
@pytest.mark.parametrize(("right", "n"), [(20, 20), (49, 50), (3, 164), (700, 1319), (1, 2), (14_000, 14_042)])
def test_right_and_wrong_have_clopper_and_pearsons_bound(right: int, n: int, alpha: float) -> None:
    """Learned-Miller and Thomas 2019, section 4: of 0s and 1s the bound is Clopper and Pearson's."""
    found = scores(np.repeat([1.0, 0.0], [right, n - right]), (0.0, 1.0))
    assert found.lower(alpha) == pytest.approx(beta.ppf(alpha, right, n - right + 1), abs=1e-8)


@pytest.mark.parametrize("n", [10, 60, 400])
def test_the_bound_is_the_quantile_of_dirichlet_means_with_the_worst_added(n: int) -> None:
    """By its definition, with 200,000 draws of the weights."""
    generator = np.random.default_rng(n)
    values = generator.beta(0.3, 0.5, n) - generator.beta(0.4, 0.5, n)
    drawn = np.concatenate(
        [
            (weights := generator.exponential(size=(10_000, n + 1))) @ np.append(values, -1.0) / weights.sum(axis=1)
            for _ in range(20)
        ]
    )
    found = scores(values)
    for alpha in (0.025, 0.005):
        assert np.mean(drawn <= found.lower(alpha)) == pytest.approx(alpha, abs=4 * (alpha / len(drawn)) ** 0.5)
    assert found.below(found.lower(0.001)) == pytest.approx(0.001, rel=1e-6)


def test_verdicts_are_told_apart_as_by_the_exact_mcnemar_test() -> None:
    for lost, won in ((6, 0), (12, 3), (30, 18), (2, 0)):
        turned = scores(np.repeat([1.0, -1.0, 0.0], [lost, won, 200]))
        assert turned.below(0.0) == pytest.approx(binom.sf(lost - 1, lost + won, 0.5), rel=1e-6)


@given(
    st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=40),
    st.sampled_from([0.5, 0.9, 0.95, 1 - 0.05 / 40, 1 - 1e-9]),
)
@settings(max_examples=40, deadline=None)
def test_intervals_hold_the_mean_stay_in_bounds_and_are_no_points(values: list[float], level: float) -> None:
    found = scores(np.array(values))
    low, high = found.interval(level)
    assert -1 <= low <= high <= 1
    assert high - low > 0
    if level >= 0.9:
        assert low <= found.value + 1e-9
        assert high >= found.value - 1e-9
    turned = found.negative.interval(level)
    assert turned == pytest.approx((-high, -low), abs=1e-9)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.integers(0, 29), st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_a_score_that_is_lower_never_raises_the_bound(values: list[float], which: int, less: float) -> None:
    lower = list(values)
    lower[which % len(values)] = max(-1.0, lower[which % len(values)] - less)
    assert scores(np.array(lower)).lower(0.025) <= scores(np.array(values)).lower(0.025) + 1e-7


def test_a_cluster_counts_as_one_and_the_unseen_one_is_as_large_as_the_largest() -> None:
    """None of 20 clusters of 1 to 9 cases differs: 1 - .025^(1/20) of them may, each of 9, over their mean size."""
    sizes = np.tile([1, 9, 5, 5], 5)
    labels = list(np.repeat(np.arange(20), sizes))
    right = weighted(np.ones(sizes.sum()))
    found = pair(right, right, "mean", Design(labels)).bounded
    # by draws of the weights: the largest size times the unseen cluster's weight over all sizes times theirs
    drawn = np.random.default_rng(1).exponential(size=(200_000, 21))
    missed = 9 * drawn[:, 20] / (drawn[:, :20] @ sizes + 9 * drawn[:, 20])
    assert found.interval(0.95) == pytest.approx((-np.quantile(missed, 0.975), np.quantile(missed, 0.975)), abs=3e-3)


def test_strata_count_as_in_the_mean_and_classes_as_in_balanced_accuracy() -> None:
    generator = np.random.default_rng(3)
    new, old = (generator.random(90) < 0.8, generator.random(90) < 0.7)
    strata = ["a"] * 20 + ["b"] * 70
    macro = pair(weighted(new), weighted(old), "mean", Design(None, strata, "macro"))
    assert macro.bounded.value == pytest.approx(macro.difference, abs=1e-12)
    gold = np.arange(90) % 3 == 0
    tables = [np.stack([run & gold, gold, run & ~gold, ~gold], axis=1).astype(float) for run in (new, old)]
    balanced = pair(*tables, "balanced_accuracy")
    assert balanced.bounded.value == pytest.approx(balanced.difference, abs=1e-12)
    low, high = balanced.bounded.interval(0.95)
    assert low < balanced.difference < high


def test_statistics_that_the_mean_does_not_use_are_nothing_to_its_bound() -> None:
    values = weighted(np.random.default_rng(4).random(40))
    more = np.column_stack([values, np.full(40, 7.0)])
    assert estimate(more, "share") == estimate(values, "share")
    assert pair(more, more, "mean").bounded.interval(0.95) == pair(values, values, "mean").bounded.interval(0.95)


@pytest.mark.parametrize(
    ("new", "old"),
    [(np.full((40, 2), (1.5, 1.0)), np.ones((40, 2))), (np.ones((40, 2)), np.full((40, 2), (1.0, 2.0)))],
    ids=["score above 1", "other weights"],
)
def test_scores_without_known_bounds_have_no_such_mean(new: np.ndarray, old: np.ndarray) -> None:
    both = pair(new, old, "mean")
    assert both.bounded is None
    (found,) = gate([trial(both, 0.9)])
    assert (found.decision, found.low) == ("inconclusive", None)
    assert found.note == "no interval holds: scores outside 0 to 1, or weights that differ, have no known bounds"


def lost(generator: np.random.Generator, n: int, share: float, size: str) -> tuple[np.ndarray, float]:
    """Differences of which a `share` are losses of one size or many; and their true mean."""
    hit = generator.random(n) < share
    sizes = {"whole": (np.ones(n), 1.0), "skewed": (generator.beta(0.3, 2, n), 0.3 / 2.3)}
    each, mean = sizes[size]
    return -each * hit, -share * mean


@pytest.mark.parametrize("size", ["whole", "skewed"])
@pytest.mark.parametrize("share", [0.005, 0.02, 0.2])
@pytest.mark.parametrize("n", [20, 50, 164, 1319])
def test_a_drop_of_just_the_margin_passes_no_oftener_than_it_may(n: int, share: float, size: str) -> None:
    """One side of the interval may err in 2.5 % of 600 runs: 28 or more have a chance of 0.1 %."""
    generator = np.random.default_rng([16, n, round(1000 * share)])
    wrong = [0, 0]
    for _ in range(600):
        differences, true = lost(generator, n, share, size)
        found = scores(differences)
        wrong[0] += found.below(true) <= 0.025
        wrong[1] += found.negative.below(-true) <= 0.025
    assert max(wrong) < 28


def exact_error(n: int, won: float, drop: float, alpha: float) -> float:
    """How often the bound at `alpha` is above the true difference, over all counts of cases won and lost."""
    losing = won + drop
    total = 0.0
    for wins in range(int(binom.ppf(1 - 1e-9, n, won)) + 1):
        # fewer losses, higher bound: the most that still pass
        most, above = -1, int(binom.ppf(1 - 1e-9, n, losing)) + 1
        while above - most > 1:
            losses = (most + above) // 2
            found = scores(np.repeat([-1.0, 1.0, 0.0], [losses, wins, max(0, n - losses - wins)]))
            most, above = (losses, above) if found.below(-drop) <= alpha else (most, losses)
        if most >= 0:
            total += binom.pmf(wins, n, won) * binom.cdf(most, n - wins, losing / (1 - won))
    return float(total)


@pytest.mark.parametrize("benchmarks", [1, 15, 40])
@pytest.mark.parametrize(("n", "drop"), [(50, 0.02), (164, 0.05), (817, 0.01), (1319, 0.02)])
@pytest.mark.parametrize("won", [0.0, 0.25, 1.0], ids=["losses only", "a quarter won back", "as many again won"])
def test_verdicts_hold_in_the_far_tail(n: int, drop: float, won: float, benchmarks: int) -> None:
    """Exactly, without simulation: the family's errors then add up to at most half of alpha."""
    alpha = 0.025 / benchmarks
    assert exact_error(n, won * drop, drop, alpha) <= alpha


def test_fourteen_thousand_cases_that_all_differ_are_no_matter_of_luck() -> None:
    generator = np.random.default_rng(5)
    values = generator.beta(2, 3, 14_042) - generator.beta(2, 3, 14_042)
    found = BoundedMean(values, np.ones(14_042), np.ones(14_042), (-1.0, 1.0))
    reach = 1.96 * values.std() / math.sqrt(14_042)
    low, high = found.interval(0.95)
    assert (low, high) == found.interval(0.95)
    assert (low, high) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.1 * reach)


def test_more_cases_alike_would_decide() -> None:
    """No loss in 50 cases: 182.6 of them leave less than 2 points at .025 (log .025 / log .98)."""
    found = scores(np.zeros(50))
    assert 50 * found.times(-0.02, 0.025) == pytest.approx(math.log(0.025) / math.log(0.98), rel=1e-6)
    assert found.times(0.0, 0.025) is None
    assert scores(np.zeros(500)).times(-0.02, 0.025) == 1.0
    (verdict,) = gate([trial(pair(np.ones((50, 2)), np.ones((50, 2)), "proportion"), 0.02)])
    assert (verdict.decision, verdict.more) == ("inconclusive", 133)
