"""Estimates: which interval, when none, and never a lie about precision."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.statistics import REDUCERS
from harness.statistics import estimate
from harness.statistics import wilson
from harness.statistics.intervals import score

WIDTHS = {
    "mean": 2,
    "proportion": 2,
    "f1": 3,
    "macro_f1": 9,
    "balanced_accuracy": 4,
    "matthews": 4,
    "bias": 2,
    "scaled_bias": 4,
    "perplexity": 2,
    "bits_per_unit": 2,
    "bleu": 10,
    "chrf": 18,
    "share": 2,
    "rate": 2,
    "contrast": 4,
}


def shares(*values: float) -> list[tuple[float, float]]:
    return [(float(value), 1.0) for value in values]


def test_a_proportion_of_single_cases_has_wilsons_interval() -> None:
    found = estimate(shares(*[1] * 30, *[0] * 10), "proportion")
    assert (found.value, found.n, found.clusters, found.method, found.note) == (0.75, 40, 40, "wilson", None)
    assert (found.low, found.high) == wilson(30, 40)


def test_all_right_still_has_an_interval() -> None:
    found = estimate(shares(1, 1, 1, 1, 1), "proportion")
    assert (found.value, found.high, found.method) == (1.0, 1.0, "wilson")
    assert found.low == pytest.approx(0.5655, abs=1e-4)


def test_labels_that_are_all_different_or_none_are_single_cases() -> None:
    stats = shares(*[1, 0, 0] * 4)
    alone = estimate(stats, "proportion")
    assert estimate(stats, "proportion", list(range(12))) == estimate(stats, "proportion", [None] * 12) == alone


def test_clustered_cases_widen_the_interval() -> None:
    """Ten equal answers a passage carry the information of one."""
    answers = [1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1]
    stats, passages = shares(*np.repeat(answers, 10)), list(np.repeat(np.arange(20), 10))
    clustered, single = estimate(stats, "proportion", passages), estimate(stats, "proportion")
    assert clustered.value == single.value
    assert (clustered.n, clustered.clusters, clustered.method) == (200, 20, "wilson")
    assert clustered.high - clustered.low > 2.5 * (single.high - single.low)
    few, quantile = 19, scipy.stats.t(19).ppf(0.975)  # the variance of 20 clusters is estimated with 19
    assert (clustered.low, clustered.high) == pytest.approx(score(0.6, few, quantile), abs=1e-12)


def test_clusters_that_are_all_right_count_as_one_case_each() -> None:
    found = estimate(shares(*[1] * 60), "proportion", list(np.repeat(np.arange(20), 3)))
    assert (found.low, found.high) == score(1.0, 20, scipy.stats.t(19).ppf(0.975))


@pytest.mark.parametrize(
    ("clusters", "method"), [(9, None), (10, "t"), (29, "t"), (30, "bootstrap")], ids=["9", "10", "29", "30"]
)
def test_the_number_of_clusters_decides_how_the_interval_is_found(clusters: int, method: str | None) -> None:
    found = estimate(shares(*np.arange(clusters, dtype=float)), "mean")
    assert (found.clusters, found.method) == (clusters, method)


def test_a_mean_of_masses_has_the_normal_theorys_interval() -> None:
    values = np.random.default_rng(5).beta(2, 3, size=500)
    found = estimate(shares(*values), "mean")
    reach = 1.96 * values.std() / math.sqrt(500)
    assert found.method == "gaffke"
    assert (found.low, found.high) == pytest.approx((values.mean() - reach, values.mean() + reach), rel=0.02)


def test_the_bootstrap_covers_as_often_as_it_says() -> None:
    generator = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        found = estimate(shares(*generator.exponential(1, size=60)), "mean", level=0.9, resamples=400)
        covered += found.low <= 1 <= found.high
    assert 0.82 <= covered / 200 <= 0.95


def test_few_clusters_have_no_interval() -> None:
    found = estimate(shares(1, 0, 1, 1), "mean", ["a", "a", "b", "c"])
    assert (found.value, found.low, found.high, found.method) == (0.75, None, None, None)
    assert found.note == "no interval: 3 clusters"


def test_no_interval_is_ever_a_point() -> None:
    found = estimate([(1.5, 1.0)] * 40, "mean")
    assert (found.value, found.low, found.high, found.note) == (1.5, None, None, "no interval: all resamples agree")
    found = estimate([(1.1, 1.0)] * 20, "mean")
    assert (found.low, found.note) == (None, "no interval: all clusters agree")


@pytest.mark.parametrize("reducer", ["mean", "share"])
def test_scores_in_0_to_1_that_agree_have_an_interval_still(reducer: str) -> None:
    """A score of 0, or of 1, may have been missed with the chance that Clopper and Pearson give."""
    found = estimate([(0.5, 1.0)] * 40, reducer)
    missed = 1 - 0.025 ** (1 / 40)
    assert (found.method, found.value) == ("gaffke", 0.5)
    assert (found.low, found.high) == pytest.approx((0.5 * (1 - missed), 0.5 + 0.5 * missed), abs=1e-7)


def test_a_perplexity_that_no_float_holds_is_none() -> None:
    found = estimate([(-1000.0, 1.0)] * 40, "perplexity")
    assert (found.value, found.low, found.note) == (None, None, "no value: too large")


def test_a_mean_over_strata_is_estimated_within_them() -> None:
    answers = np.random.default_rng(3).random((6, 40)) < np.linspace(0.1, 0.9, 6)[:, None]
    stats, subjects = shares(*answers.ravel()), list(np.repeat(list("abcdef"), 40))
    fixed = estimate(stats, "proportion", strata=subjects, average="macro")
    plain = estimate(stats, "proportion", strata=subjects)
    assert fixed.value == pytest.approx(plain.value)
    assert (fixed.method, fixed.clusters, plain.method) == ("wilson", 240, "wilson")
    error = math.sqrt((answers.var(axis=1, ddof=1) / 40).sum()) / 6
    assert (fixed.high - fixed.low) / 2 == pytest.approx(1.96 * error, rel=0.05)
    whole = estimate(stats, "proportion", strata=subjects, average="macro", resample="strata")
    assert (whole.value, whole.clusters, whole.note) == (fixed.value, 6, "no interval: 6 clusters")


def test_a_stratum_without_a_value_leaves_none() -> None:
    found = estimate([(1, 0, 0)] * 20 + [(0, 0, 0)] * 20, "f1", strata=["a"] * 20 + ["b"] * 20, average="macro")
    assert (found.value, found.note) == (None, "no value: undefined on these cases")


def test_strata_of_single_clusters_are_told_beside_the_interval() -> None:
    found = estimate(shares(*np.arange(12.0)), "mean", strata=list("abcdefghijkk"), average="macro")
    assert (found.method, found.clusters) == ("t", 11)
    assert found.note == "strata drawn whole: 10 of 11 have a single cluster"


def test_no_cases_have_no_value() -> None:
    found = estimate([], "mean", [])
    assert (found.value, found.low, found.high, found.n, found.clusters) == (None, None, None, 0, 0)
    assert found.note == "no value: no cases"


def test_an_undefined_value_is_none() -> None:
    found = estimate([(0, 0, 0)] * 12, "f1")
    assert (found.value, found.low, found.n, found.note) == (None, None, 12, "no value: undefined on these cases")


def test_many_undefined_resamples_leave_no_interval() -> None:
    """One positive among forty is missed by a third of the resamples."""
    found = estimate([(1, 0, 0)] + [(0, 0, 0)] * 39, "f1", resamples=1000)
    assert (found.value, found.low, found.method) == (1.0, None, None)
    assert found.note.startswith("no interval: undefined in 3")


def test_a_few_undefined_resamples_are_told() -> None:
    """Five of thirty: (25/30)^30 = 0.4 % of the resamples have none of them."""
    found = estimate([(1, 0, 0)] * 3 + [(0, 1, 0)] * 2 + [(0, 0, 0)] * 25, "f1", resamples=2000)
    assert found.low < found.value < found.high
    missing = int(found.note.removeprefix("undefined in ").removesuffix(" of 2000 resamples"))
    assert 1 <= missing <= 25


def test_the_seed_alone_decides() -> None:
    stats = shares(*np.random.default_rng(1).exponential(size=40))
    assert estimate(stats, "mean", seed=4) == estimate(stats, "mean", seed=4) != estimate(stats, "mean", seed=5)


@given(st.permutations(range(30)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_cases_changes_nothing(order: list[int]) -> None:
    stats = np.array([(case % 3, 1, case % 2) for case in range(30)], float)
    labels = [case // 2 for case in range(30)]
    shuffled = estimate(stats[order], "f1", [labels[case] for case in order], resamples=200)
    assert shuffled == estimate(stats, "f1", labels, resamples=200)


@pytest.mark.parametrize("reducer", REDUCERS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_nothing_is_ever_nan(reducer: str, data: st.DataObject) -> None:
    width = WIDTHS[reducer]
    row = st.lists(st.sampled_from([0.0, 1.0, 7.0]), min_size=width, max_size=width)
    if reducer == "proportion":
        row = st.sampled_from([[0.0, 1.0], [1.0, 1.0]])
    if reducer == "share":
        row = st.sampled_from([[0.0, 1.0], [0.3, 1.0], [1.0, 1.0]])
    if reducer == "contrast":
        row = st.sampled_from([[0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]])
    stats = data.draw(st.lists(row, max_size=14))
    labels = data.draw(
        st.none() | st.lists(st.sampled_from("abc") | st.none(), min_size=len(stats), max_size=len(stats))
    )
    found = estimate(stats, reducer, labels, resamples=50)
    numbers = [number for number in (found.value, found.low, found.high) if number is not None]
    assert all(math.isfinite(number) for number in numbers)
    assert (found.low is None) == (found.high is None) == (found.method is None)
    assert found.low is None or found.low < found.high
    assert found.low is not None or found.note


@pytest.mark.parametrize(
    ("stats", "reducer", "clusters", "message"),
    [
        ([(1, 1)], "median", None, "reducer: found 'median'; expected one of mean, proportion, f1, "),
        ([1.0, 0.0], "mean", None, r"stats: found shape \(2,\); expected \(cases, statistics\)"),
        ([(1.5, 1)], "share", None, "stats: found values outside 0 to 1 of 1; expected each case's share"),
        ([(math.nan, 1)], "mean", None, "stats: found nan or infinity; expected finite numbers"),
        ([(1, 1)], "mean", ["a", "b"], "clusters: found 2 labels for 1 cases; expected one for each"),
    ],
)
def test_what_is_no_table_is_refused(stats: list, reducer: str, clusters: list | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        estimate(stats, reducer, clusters)
