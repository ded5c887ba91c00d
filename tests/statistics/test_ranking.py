"""Ranks of many runs: their intervals hold together, and equal runs stay tied."""

import numpy as np
import pytest
import scipy.stats

from harness.statistics.paired import Draws
from harness.statistics.paired import paired
from harness.statistics.ranking import ranking
from harness.statistics.resampling import Design


def weighted(values: np.ndarray) -> np.ndarray:
    return np.stack([values, np.ones_like(values)], axis=-1).astype(float)


def noisy(means: list[float], cases: int, seed: int) -> list[np.ndarray]:
    """Runs that share how hard each case is, with noise of their own."""
    generator = np.random.default_rng(seed)
    hard = generator.normal(size=cases)
    return [weighted(hard + mean + generator.normal(0, 0.5, cases)) for mean in means]


def test_runs_far_apart_are_ranked_and_equal_ones_tied() -> None:
    found = ranking(noisy([0.0, 1.0, 0.02, 2.0], 400, 1), "mean")
    assert [(one.rank, one.best, one.worst) for one in found.ranks][1::2] == [(2, 2, 2), (1, 1, 1)]
    assert sorted(one.rank for one in found.ranks) == [1, 2, 3, 4]
    assert {(found.ranks[run].best, found.ranks[run].worst) for run in (0, 2)} == {(3, 4)}
    assert [set(group) for group in found.groups] == [{3}, {1}, {0, 2}]
    assert (found.n, found.clusters, found.level, found.note) == (400, 400, 0.95, None)


def test_where_lower_is_better_the_order_turns() -> None:
    runs = noisy([0.0, 1.0], 100, 2)
    assert [one.rank for one in ranking(runs, "mean").ranks] == [2, 1]
    assert [one.rank for one in ranking(runs, "mean", higher_is_better=False).ranks] == [1, 2]


def test_groups_of_neighbours_overlap() -> None:
    """Three runs in steps that only the two ends are too far apart for."""
    found = ranking(noisy([0.0, 0.07, 0.14], 300, 8), "mean")
    assert found.groups == ((2, 1), (1, 0))
    assert [(one.best, one.worst) for one in found.ranks] == [(2, 3), (1, 3), (1, 2)]


def test_two_runs_have_the_interval_of_a_pair() -> None:
    runs = noisy([0.0, 0.1], 400, 3)
    (found,) = ranking(runs, "mean", draws=Draws(resamples=20_000)).pairs
    alone = paired(*runs, "mean")
    assert (found.first, found.second, found.difference) == (0, 1, alone.difference)
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high), abs=0.004)
    assert found.p == pytest.approx(alone.p, abs=0.01)


def test_all_pairs_together_are_wider_by_the_studentised_range() -> None:
    """Five runs of independent normal errors: Tukey's constant over sqrt(2) takes the place of 1.96."""
    runs = [weighted(np.random.default_rng(seed).normal(size=2000)) for seed in range(5)]
    found = ranking(runs, "mean", draws=Draws(resamples=20_000))
    tukey = scipy.stats.studentized_range(5, np.inf).ppf(0.95) / 2**0.5
    for one in found.pairs:
        error = scipy.stats.sem(runs[one.first][:, 0] - runs[one.second][:, 0])
        assert (one.high - one.low) / 2 / error == pytest.approx(tukey, rel=0.03)


def test_equal_runs_are_told_apart_as_often_as_the_level_says() -> None:
    wrong = 0
    for seed in range(200):
        found = ranking(noisy([0.0] * 4, 60, seed), "mean", draws=Draws(resamples=400))
        wrong += any(one.best > 1 or one.worst < 4 for one in found.ranks)
    assert wrong / 200 <= 0.09  # 0.05 and twice its noise


def test_a_run_ties_with_itself() -> None:
    run = weighted(np.random.default_rng(1).random(50))
    found = ranking([run, run, run + np.array([1, 0])], "mean")
    assert [(one.rank, one.best, one.worst) for one in found.ranks] == [(2, 2, 3), (2, 2, 3), (1, 1, 1)]
    assert (found.pairs[0].difference, found.pairs[0].low, found.pairs[0].p) == (0, None, 1)
    assert found.groups == ((2,), (0, 1))


def test_few_clusters_leave_all_tied() -> None:
    found = ranking(noisy([0.0, 5.0], 40, 3), "mean", Design([case % 5 for case in range(40)]))
    assert [(one.rank, one.best, one.worst) for one in found.ranks] == [(2, 1, 2), (1, 1, 2)]
    assert (found.pairs[0].low, found.pairs[0].p, found.note) == (None, None, "no interval: 5 clusters")
    assert found.groups == ((1, 0),)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([[(1, 1)]], r"runs: found \[1\] cases; expected two runs or more of the same"),
        ([[(1, 1)], [(1, 1), (0, 1)]], r"runs: found \[1, 2\] cases; expected two runs or more of the same"),
        ([[(0, 0)] * 12, [(1, 1)] * 12], r"runs: found values \[nan, 1.0\]; expected each defined, to rank them"),
    ],
)
def test_what_cannot_be_ranked_is_refused(runs: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ranking(runs, "mean")
