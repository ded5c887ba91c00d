"""Two runs on the same cases: interval, p, and what is said where there is none."""

import dataclasses
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.statistics import REDUCERS
from harness.statistics.intervals import bonett_price
from harness.statistics.intervals import normal
from harness.statistics.paired import Draws
from harness.statistics.paired import paired
from harness.statistics.resampling import Design
from harness.statistics.significance import mcnemar

WIDTHS = {
    "mean": 2,
    "proportion": 2,
    "f1": 3,
    "macro_f1": 9,
    "matthews": 4,
    "scaled_bias": 4,
    "perplexity": 2,
    "bleu": 10,
    "chrf": 18,
}


def weighted(values: np.ndarray) -> np.ndarray:
    return np.stack([values, np.ones_like(values)], axis=-1).astype(float)


def verdicts(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Runs of which `first` cases are right in the first alone, and so on."""
    pattern = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [both, first, second, neither], axis=0)
    return weighted(pattern[:, 0]), weighted(pattern[:, 1])


def test_verdicts_of_single_cases_have_exact_formulas() -> None:
    found = paired(*verdicts(60, 18, 8, 14), "proportion")
    assert (found.values, found.n, found.clusters) == ((0.78, 0.68), 100, 100)
    assert found.difference == pytest.approx(0.1)
    assert (found.low, found.high) == bonett_price((0.18, 0.08), 100, normal(0.95))
    assert found.method == "bonett-price"
    assert found.error == pytest.approx((found.high - found.low) / 2 / 1.959964)
    assert (found.wins, found.losses, found.ties) == (18, 8, 74)
    assert found.p == found.p_mcnemar == mcnemar(18, 8)
    assert found.p_permutation == pytest.approx(scipy.stats.binomtest(8, 26).pvalue, abs=0.01)
    assert found.p_bootstrap == pytest.approx(0.05, abs=0.02)
    assert found.bootstrap == pytest.approx((0.0, 0.2), abs=0.011)


def test_the_other_way_round_everything_is_turned() -> None:
    first, second = verdicts(60, 18, 8, 14)
    one, other = paired(first, second, "proportion"), paired(second, first, "proportion")
    assert (other.difference, other.low, other.high) == pytest.approx((-one.difference, -one.high, -one.low))
    assert (other.wins, other.losses, other.p) == (one.losses, one.wins, one.p)


def test_runs_that_agree_everywhere_have_an_interval_still() -> None:
    found = paired(*verdicts(150, 0, 0, 14), "proportion")
    assert found.difference == 0
    assert found.low == pytest.approx(-found.high)
    assert 0.01 < found.high < 0.02
    assert (found.bootstrap, found.p) == (None, 1)
    same = weighted(np.random.default_rng(1).random(50))
    found = paired(same, same, "mean")
    missed = 1 - 0.025 ** (1 / 50)
    assert (found.difference, found.note, found.method) == (0, None, "gaffke")
    assert (found.low, found.high) == pytest.approx((-missed, missed), abs=1e-7)
    assert (found.p, found.p_bootstrap, found.ties) == (1, 1, 50)


def test_scores_without_bounds_have_the_studentised_bootstraps_interval() -> None:
    generator = np.random.default_rng(2)
    first = generator.normal(size=400)
    second = first + generator.normal(0.02, 0.1, 400)
    found = paired(weighted(first), weighted(second), "mean")
    reach = 1.96 * scipy.stats.sem(first - second)
    assert (found.method, found.p_mcnemar) == ("bootstrap-t", None)
    assert (found.low, found.high) == pytest.approx((found.difference - reach, found.difference + reach), abs=0.0006)
    assert found.bootstrap == pytest.approx((found.low, found.high), abs=0.0006)
    assert found.p == found.p_permutation
    assert found.p == pytest.approx(scipy.stats.ttest_rel(first, second).pvalue, abs=0.003)


def test_masses_have_gaffkes_interval_about_as_wide_as_normal_theorys() -> None:
    generator = np.random.default_rng(2)
    first = generator.random(400)
    second = np.clip(first + generator.normal(0.02, 0.1, 400), 0, 1)
    found = paired(weighted(first), weighted(second), "mean")
    reach = 1.96 * scipy.stats.sem(first - second)
    assert found.method == "gaffke"
    # one case of 400 that lost 1.0 unseen would be a quarter of the reach
    assert 1 < (found.high - found.low) / (2 * reach) < 1.5


def test_the_bootstraps_interval_is_scipys_paired_one() -> None:
    """Not with the same draws (scipy draws indices one by one), so to within what 20,000 resamples leave open."""
    generator = np.random.default_rng(2)
    first, second = generator.exponential(size=(2, 200))
    found = paired(weighted(first), weighted(second), "mean", draws=Draws(0.9, 20_000, 1))
    expected = scipy.stats.bootstrap(
        (first, second),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        paired=True,
        method="percentile",
        n_resamples=20_000,
        confidence_level=0.9,
        rng=3,
    ).confidence_interval
    assert found.bootstrap == pytest.approx(tuple(expected), abs=0.006)


def test_clustered_verdicts_count_for_fewer() -> None:
    first, second = verdicts(60, 18, 8, 14)
    repeated, labels = [np.repeat(run, 5, axis=0) for run in (first, second)], list(np.repeat(np.arange(100), 5))
    clustered, single = paired(*repeated, "proportion", Design(labels)), paired(first, second, "proportion")
    assert (clustered.n, clustered.clusters, clustered.p_mcnemar) == (500, 100, None)
    assert clustered.high - clustered.low == pytest.approx(single.high - single.low, rel=0.03)
    assert clustered.p == clustered.p_permutation == pytest.approx(single.p_permutation, abs=0.01)


@pytest.mark.parametrize(("clusters", "method"), [(9, None), (10, "bootstrap-t"), (30, "bootstrap-t")])
def test_the_number_of_clusters_decides_how_the_interval_is_found(clusters: int, method: str | None) -> None:
    values = np.random.default_rng(clusters).normal(size=(2, clusters))
    found = paired(weighted(values[0]), weighted(values[1]), "mean")
    assert (found.method, found.clusters) == (method, clusters)
    assert (found.p_bootstrap is None) == (found.bootstrap is None) == (method is None)
    assert found.p_permutation is not None
    assert (found.note == "no interval: 9 clusters") == (method is None)


def test_no_end_is_nearer_than_scipys_paired_t() -> None:
    first, second = np.random.default_rng(3).normal(size=(2, 20))
    found = paired(weighted(first), weighted(second), "mean")
    expected = scipy.stats.ttest_rel(first, second).confidence_interval(0.95)
    assert found.low <= expected.low + 1e-12
    assert found.high >= expected.high - 1e-12
    assert found.high - found.low < 1.4 * (expected.high - expected.low)


def test_the_interval_reaches_far_where_losses_have_a_long_tail() -> None:
    """A sample of skewed losses has too small a mean and too small an error at once: the far end is put farther out."""
    losses = np.random.default_rng(4).lognormal(0, 1, 60)
    found = paired(weighted(-losses), weighted(np.zeros(60)), "mean")
    reach = scipy.stats.t.ppf(0.975, 59) * scipy.stats.sem(losses)
    assert found.difference - found.low > 1.2 * reach
    assert found.high - found.difference == pytest.approx(reach, rel=1e-9)


def test_too_few_resamples_for_a_level_have_no_interval() -> None:
    values = np.random.default_rng(3).normal(size=(2, 60))
    found = paired(weighted(values[0]), weighted(values[1]), "mean", draws=Draws(0.99, 400))
    assert found.note == "no interval: 400 resamples; expected more for the level 0.99"
    assert paired(weighted(values[0]), weighted(values[1]), "mean", draws=Draws(0.99, 1000)).low is not None


def test_a_gain_that_is_the_same_in_each_case_has_no_interval() -> None:
    values = np.random.default_rng(3).integers(0, 9, 60).astype(float)
    found = paired(weighted(values + 1), weighted(values), "mean")
    assert (found.difference, found.low, found.note) == (1, None, "no interval: all clusters agree")


@pytest.mark.parametrize(("differing", "has"), [(0, False), (6, False), (29, False), (30, True), (60, True)])
def test_what_has_no_bounds_has_an_interval_only_where_enough_cases_differ(differing: int, has: bool) -> None:
    first = np.random.default_rng(8).normal(size=(60, 1))
    second = first - (np.arange(60) < differing)[:, None] * np.linspace(0.5, 1.5, 60)[:, None]
    found = paired(weighted(first[:, 0]), weighted(second[:, 0]), "mean")
    assert (found.low is not None) == has
    assert has or found.note == f"no interval: {differing} of 60 clusters differ; expected 30"


def test_an_undefined_run_has_no_difference() -> None:
    found = paired([(0, 0, 0)] * 12, [(1, 0, 0)] * 12, "f1")
    assert (found.values, found.difference, found.p, found.note) == (
        (None, 1.0),
        None,
        None,
        "no value: undefined in a run",
    )


def test_a_difference_of_means_over_strata_spreads_within_them() -> None:
    """Strata that differ much, by one amount in every case but for noise: only the noise is in the error."""
    generator, strata = np.random.default_rng(4), list(np.repeat(np.arange(8), 25))
    base = np.repeat(generator.normal(0, 10, 8), 25)
    first, second = base + generator.normal(0.5, 1, 200), base
    found = paired(weighted(first), weighted(second), "mean", Design(None, strata, "macro"))
    error = np.sqrt(sum((first - second).reshape(8, 25).var(axis=1, ddof=1) / 25)) / 8
    assert found.error == pytest.approx(error, rel=1e-9)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.04)


@given(st.permutations(range(36)), st.sampled_from(["micro", "macro"]))
@settings(max_examples=20, deadline=None)
def test_the_order_of_cases_changes_nothing(order: list[int], average: str) -> None:
    runs = np.random.default_rng(6).random((2, 36, 2))
    strata = [f"s{case % 3}" for case in range(36)]
    draws = Draws(resamples=50)
    found = [
        paired(
            runs[0][chosen], runs[1][chosen], "mean", Design(None, [strata[case] for case in chosen], average), draws
        )
        for chosen in (list(range(36)), order)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("reducer", sorted(WIDTHS))
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_nothing_is_ever_nan(reducer: str, data: st.DataObject) -> None:
    row = st.lists(st.sampled_from([0.0, 1.0, 7.0]), min_size=WIDTHS[reducer], max_size=WIDTHS[reducer])
    if reducer == "proportion":
        row = st.sampled_from([[0.0, 1.0], [1.0, 1.0]])
    cases = data.draw(st.integers(1, 34))
    runs = [data.draw(st.lists(row, min_size=cases, max_size=cases)) for _ in range(2)]
    labels = data.draw(st.none() | st.lists(st.sampled_from("ab") | st.none(), min_size=cases, max_size=cases))
    found = paired(*runs, reducer, Design(labels), Draws(resamples=40))
    fields = dataclasses.astuple(found)
    flat = [*found.values, *(found.bootstrap or ()), *(value for value in fields if isinstance(value, float))]
    assert all(value is None or math.isfinite(value) for value in flat)
    assert (found.low is None) == (found.high is None) == (found.method is None)
    assert found.low is None or found.low < found.high
    assert found.low is not None or found.note
    assert found.wins + found.losses + found.ties == cases
    assert all(p is None or 0 <= p <= 1 for p in (found.p, found.p_bootstrap, found.p_permutation, found.p_mcnemar))


def test_every_reducer_was_tried_above() -> None:
    assert set(WIDTHS) <= set(REDUCERS)
