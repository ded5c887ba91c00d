"""Weighted metrics: scikit-learn's AUROC, DeLong's errors, and all that holds for additive metrics."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from harness.statistics import RANGES
from harness.statistics import REDUCERS
from harness.statistics import WEIGHTED
from harness.statistics import Design
from harness.statistics import Draws
from harness.statistics import estimate
from harness.statistics import outcomes
from harness.statistics import paired
from harness.statistics import ranking
from harness.statistics import value_of
from harness.statistics.paired import pair
from harness.statistics.resampling import Sample
from harness.statistics.resampling import arranged
from harness.statistics.resampling import sample
from harness.statistics.significance import sign_flip
from harness.statistics.variance import alone
from harness.statistics.variance import spread
from harness.statistics.weighted import Weighing
from harness.statistics.weighted import Weighted
from harness.statistics.weighted import auroc

MEAN = REDUCERS["mean"]
LABELS = st.lists(st.tuples(st.sampled_from([-1.5, 0.0, 0.25, 3.0]), st.integers(0, 1), st.integers(0, 3)), min_size=2)
LAYOUTS = {
    "single cases": Design(),
    "clusters": Design(clusters=[case // 3 for case in range(36)]),
    "uneven clusters": Design(clusters=[int(case**0.5) for case in range(36)]),
    "strata": Design(strata=[case % 2 for case in range(36)], average="macro"),
    "clusters in strata": Design([case % 12 for case in range(36)], [case % 3 for case in range(36)], "macro"),
    "clusters across strata": Design([case // 3 for case in range(36)], [case % 3 for case in range(36)], "macro"),
    "strata drawn": Design(strata=[case % 9 for case in range(36)], average="macro", resample="strata"),
    "strata drawn as clusters": Design(strata=[case % 9 for case in range(36)], resample="strata"),
    "a cluster a stratum": Design([case % 5 for case in range(36)], [case % 5 for case in range(36)], "macro"),
}


def weighted_mean(rows: np.ndarray) -> Weighing:
    """The additive mean as a weighted reducer: whatever is drawn, both must agree."""
    return lambda weights: MEAN(weights.astype(float) @ rows)


def both_ways(runs: int, design: Design, seed: int = 2) -> tuple[Sample, Sample]:
    values = np.random.default_rng(seed).normal(size=(36, runs)).round(1)
    table = np.stack([values, np.ones_like(values)], axis=-1)
    return sample(table, MEAN, design), arranged(Weighted(table, weighted_mean), design)


@given(LABELS)
@settings(max_examples=200, deadline=None)
def test_auroc_is_scikit_learns(cases: list[tuple[float, int, int]]) -> None:
    scores, labels, weights = (np.array(column, dtype=float) for column in zip(*cases, strict=True))
    value = auroc(np.stack([scores, labels], axis=1))(weights[None])[0]
    if len(set(labels[weights > 0])) < 2:
        assert math.isnan(value)
    else:
        assert value == pytest.approx(roc_auc_score(labels, scores, sample_weight=weights), abs=1e-12)


def test_the_example_of_scikit_learns_documentation() -> None:
    """roc_auc_score: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8 are 0.75."""
    rows = np.array([(0.1, 0), (0.4, 0), (0.35, 1), (0.8, 1)])
    assert value_of("auroc", rows) == estimate(rows, "auroc").value == 0.75
    assert value_of("mean", np.array([(1.0, 1.0), (0.0, 1.0)])) == 0.5


def test_ties_count_half_whichever_class_is_the_smaller() -> None:
    for labels in ((1, 0, 0, 0), (0, 1, 1, 1)):
        rows = np.array([(0.0, label) for label in labels])
        assert value_of("auroc", rows) == 0.5


def test_other_labels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^auroc: found labels other than 0 and 1; expected one of them for each"):
        estimate([(0.5, 1), (0.2, 2)], "auroc")


def test_one_class_alone_has_no_value() -> None:
    found = estimate([(value, 1.0) for value in np.arange(40.0)], "auroc")
    assert (found.value, found.low, found.note) == (None, None, "no value: undefined on these cases")


def hard_scores(cases: int = 300, runs: int = 2) -> tuple[np.ndarray, ...]:
    """Runs that separate two classes by a normal distance of 1, correlated."""
    generator = np.random.default_rng(7)
    labels = (np.arange(cases) % 3 == 0).astype(float)
    shared = generator.normal(size=cases) + labels
    return tuple(np.stack([shared + generator.normal(size=cases) * 0.7, labels], axis=1) for _ in range(runs))


def delong(*runs: np.ndarray) -> np.ndarray:
    """The covariance of AUROCs: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837, from placements."""
    placements = []
    for rows in runs:
        above, below = rows[rows[:, 1] == 1, 0], rows[rows[:, 1] == 0, 0]
        wins = np.sign(above[:, None] - below) / 2 + 0.5
        placements.append((wins.mean(axis=1), wins.mean(axis=0)))
    ours, theirs = (np.atleast_2d(np.cov(column)) / len(column[0]) for column in zip(*placements, strict=True))
    return ours + theirs


def test_the_jackknife_and_the_bootstrap_spread_as_delong_says() -> None:
    rows, _ = hard_scores()
    expected = math.sqrt(delong(rows)[0, 0])
    drawn = pair(rows, rows, "auroc").drawn
    assert spread(drawn, alone).error == pytest.approx(expected, rel=0.02)
    assert drawn.resampled(4000, seed=3)[:, 0].std() == pytest.approx(expected, rel=0.05)
    found = estimate(rows, "auroc")
    assert (found.method, found.clusters) == ("bootstrap", 300)
    assert (found.high - found.low) / 2 == pytest.approx(1.97 * expected, rel=0.05)


def test_the_error_of_a_difference_is_delongs() -> None:
    first, second = hard_scores()
    joint = delong(first, second)
    found = paired(first, second, "auroc", draws=Draws(resamples=2000))
    expected = math.sqrt(joint[0, 0] + joint[1, 1] - 2 * joint[0, 1])
    assert found.error == pytest.approx(expected, rel=0.02)
    assert found.difference == pytest.approx(value_of("auroc", first) - value_of("auroc", second))
    assert found.method == "bootstrap-t"
    z = abs(found.difference) / expected
    assert found.p == pytest.approx(math.erfc(z / math.sqrt(2)), abs=0.03)


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_additive_metric_drawn_by_cases_is_drawn_as_ever(name: str) -> None:
    sums, cases = both_ways(2, LAYOUTS[name])
    assert (cases.units, cases.freedom, cases.parts, cases.note) == (sums.units, sums.freedom, sums.parts, sums.note)
    assert cases.values() == pytest.approx(sums.values(), abs=1e-12)
    for (left, _), (expected, multiplicity) in zip(cases.without_one(), sums.without_one(), strict=True):
        repeated = np.repeat(expected, multiplicity.astype(int), axis=0)
        assert np.sort(left, axis=0) == pytest.approx(np.sort(repeated, axis=0), abs=1e-12)
    mean, spreads = (
        (lambda drawn: drawn.resampled(6000, 5).mean(axis=0)),
        (lambda drawn: drawn.resampled(6000, 5).std(0)),
    )
    assert mean(cases) == pytest.approx(mean(sums), abs=0.02)
    assert spreads(cases) == pytest.approx(spreads(sums), rel=0.06)


@pytest.mark.parametrize("name", ["clusters", "clusters in strata", "clusters across strata"])
def test_all_swaps_of_few_clusters_are_those_of_the_additive_metric(name: str) -> None:
    sums, cases = both_ways(2, LAYOUTS[name])
    assert sign_flip(cases, 2**12, 0) == sign_flip(sums, 2**12, 0)


@pytest.mark.parametrize("name", ["single cases", "uneven clusters"])
def test_random_swaps_are_too(name: str) -> None:
    sums, cases = both_ways(2, LAYOUTS[name], seed=9)
    assert sign_flip(cases, 3000, 1) == pytest.approx(sign_flip(sums, 3000, 2), abs=0.03)


@given(st.permutations(range(36)), st.sampled_from(sorted(LAYOUTS)))
@settings(max_examples=30, deadline=None)
def test_the_order_of_cases_changes_nothing(order: list[int], name: str) -> None:
    rows = [run[:36].round(1) for run in hard_scores()]
    design, draws = LAYOUTS[name], Draws(resamples=60)
    moved = Design(
        None if design.clusters is None else [design.clusters[case] for case in order],
        None if design.strata is None else [design.strata[case] for case in order],
        design.average,
        design.resample,
    )
    found = paired(*(run[order] for run in rows), "auroc", moved, draws)
    assert found == paired(*rows, "auroc", design, draws)


def test_a_run_wins_a_case_that_it_ranks_better() -> None:
    """The first puts its last positive case below a negative one, the second its first."""
    labels = [1, 1, 0, 0]
    first, second = (list(zip(scores, labels, strict=True)) for scores in ((9.0, 2, 3, 1), (2.0, 9, 3, 1)))
    assert outcomes(first, second, "auroc").tolist() == [1, -1, 0, 0]
    assert outcomes(second, first, "auroc").tolist() == [-1, 1, 0, 0]
    assert outcomes(first, second, "auroc", higher_is_better=False).tolist() == [-1, 1, 0, 0]
    strata = Design(strata=["a", "b", "a", "b"], average="macro")
    assert outcomes(first, second, "auroc", strata).tolist() == [1, 0, 0, 0]


def test_equal_runs_do_not_differ() -> None:
    rows, _ = hard_scores(60)
    found = paired(rows, rows, "auroc", draws=Draws(resamples=200))
    assert (found.difference, found.error, found.p, found.ties) == (0, 0, 1, 60)
    assert (found.low, found.note) == (None, "no interval: 0 of 60 clusters differ; expected 30")


def test_runs_are_ranked() -> None:
    good, fair = hard_scores()
    bad = np.stack([np.sin(np.arange(300.0)), good[:, 1]], axis=1)
    found = ranking([bad, good, fair], "auroc", draws=Draws(resamples=400))
    assert found.ranks[0].rank == 3
    assert {found.ranks[1].worst, found.ranks[2].worst} <= {1, 2}


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_nothing_is_ever_nan(data: st.DataObject) -> None:
    row = st.tuples(st.sampled_from([-1.0, 0.0, 2.0]), st.sampled_from([0.0, 1.0]))
    cases = data.draw(st.integers(1, 34))
    runs = [data.draw(st.lists(row, min_size=cases, max_size=cases)) for _ in range(2)]
    labels = data.draw(st.none() | st.lists(st.sampled_from("ab") | st.none(), min_size=cases, max_size=cases))
    one = estimate(runs[0], "auroc", labels, resamples=40)
    assert (one.low is None) == (one.high is None) == (one.method is None)
    assert one.low is not None or one.note
    both = paired(*runs, "auroc", Design(labels), Draws(resamples=40))
    numbers = [one.value, one.low, one.high, *both.values, both.difference, both.low, both.high, both.error, both.p]
    assert all(number is None or math.isfinite(number) for number in numbers)
    assert both.wins + both.losses + both.ties == cases


def test_no_name_is_of_both_kinds_and_each_has_its_range() -> None:
    assert not set(WEIGHTED) & set(REDUCERS)
    assert set(WEIGHTED) <= set(RANGES)
