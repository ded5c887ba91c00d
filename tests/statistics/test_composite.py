"""Composites: their values, errors and p's against formulas, and the crossing against its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from harness.statistics import Design
from harness.statistics import Draws
from harness.statistics import paired
from harness.statistics.composite import Crossing
from harness.statistics.composite import combined
from harness.statistics.composite import component
from harness.statistics.composite import crossing
from harness.statistics.composite import ranked_together

DRAWS = Draws(resamples=4000)


def verdicts(n, *shares, seed=0):
    generator = np.random.default_rng(seed)
    return [np.column_stack([generator.random(n) < share, np.ones(n)]).astype(float) for share in shares]


def test_the_value_is_the_weighted_mean_and_the_error_that_of_independent_parts():
    tables = {"one": verdicts(400, 0.6, 0.5), "two": verdicts(100, 0.3, 0.4, seed=1)}
    parts = [component(name, runs, "proportion", Design(), DRAWS) for name, runs in tables.items()]
    both = combined(parts, [0.75, 0.25])
    for run in (0, 1):
        means = [runs[run][:, 0].mean() for runs in tables.values()]
        assert both.values[run] == pytest.approx(0.75 * means[0] + 0.25 * means[1])
    differences = [runs[0][:, 0] - runs[1][:, 0] for runs in tables.values()]
    errors = [scipy_stats.sem(one) for one in differences]
    expected = np.hypot(0.75 * errors[0], 0.25 * errors[1])
    joint = both.joint
    assert np.sqrt(joint[0, 0] + joint[1, 1] - 2 * joint[0, 1]) == pytest.approx(expected, rel=1e-9)
    low, high = both.interval([1, -1], 0.95)
    assert (high - low) / 2 == pytest.approx(1.96 * expected, rel=0.04)
    assert (both.n, both.clusters) == (500, 500)


def test_one_benchmark_alone_is_as_a_paired_comparison():
    first, second = verdicts(300, 0.6, 0.5)
    part = component("one", [first, second], "mean", Design(), DRAWS)
    found = paired(first, second, "mean", draws=DRAWS)
    low, high = part.interval([1, -1], 0.95)
    assert (low, high) == (pytest.approx(found.low, abs=0.006), pytest.approx(found.high, abs=0.006))
    (pair,) = ranked_together(part, 0.95).pairs
    assert pair.difference == pytest.approx(found.difference)
    assert pair.p == pytest.approx(found.p_permutation, abs=0.01)


def test_benchmarks_are_drawn_independently_and_in_any_order():
    same = verdicts(200, 0.6, 0.5)
    parts = [component(name, same, "proportion", Design(), DRAWS) for name in ("one", "two")]
    correlation = np.corrcoef(parts[0].deviations[:, 0], parts[1].deviations[:, 0])[0, 1]
    assert abs(correlation) < 0.06
    ahead, back = combined(parts, [0.5, 0.5]), combined(parts[::-1], [0.5, 0.5])
    np.testing.assert_allclose(ahead.deviations, back.deviations, atol=1e-15)


def test_few_clusters_are_no_interval_but_many_benchmarks_of_few_are_one():
    parts = [component(f"{row}", verdicts(8, 0.6, 0.5, seed=row), "proportion", Design(), DRAWS) for row in range(4)]
    assert parts[0].interval([1, -1], 0.95) is None
    assert parts[0].pairs(0.95) is None
    assert combined(parts, [0.25] * 4).interval([1, -1], 0.95) is not None
    assert combined(parts, [1.0, 0, 0, 0]).interval([1, -1], 0.95) is None


def test_a_single_cluster_leaves_a_composite_without_interval():
    alone = component("a", verdicts(40, 0.5, 0.5), "proportion", Design(["c"] * 40), DRAWS)
    other = component("b", verdicts(40, 0.5, 0.5), "proportion", Design(), DRAWS)
    assert not combined([alone, other], [0.5, 0.5]).is_known
    assert combined([alone, other], [0, 1.0]).is_known


def test_no_difference_reaches_beyond_its_range():
    right, wrong = np.ones((12, 2)), np.column_stack([np.arange(12) < 2, np.ones(12)]).astype(float)
    part = component("a", [right, wrong], "proportion", Design(), DRAWS)
    (pair,) = ranked_together(combined([part], [100]), 0.95).pairs
    assert pair.difference == pytest.approx(100 * 10 / 12)
    assert pair.high == 100
    assert ranked_together(part, 0.95).n == 12


def test_clusters_are_drawn_whole():
    runs = [np.repeat(one, 5, axis=0) for one in verdicts(60, 0.6, 0.5)]
    labels = [str(row // 5) for row in range(300)]
    whole = component("a", runs, "proportion", Design(labels), DRAWS)
    single = component("a", runs, "proportion", Design(), DRAWS)
    assert np.trace(whole.joint) == pytest.approx(5 * np.trace(single.joint), rel=0.02)


def test_an_undefined_value_is_refused():
    with pytest.raises(ValueError, match=r"cups: found values \[nan, nan\]; expected each defined"):
        component("cups", [np.zeros((20, 3)), np.zeros((20, 3))], "f1", Design(), DRAWS)


def test_a_crossing_worked_out_by_hand():
    # 2 points ahead on one part, 6 behind on the other: even at 3 to 1
    noise = np.random.default_rng(0).normal(size=(2, 4000))
    found = crossing(2 + noise[0] / 10, -6 + noise[1] / 10, (2, -6), 0.95)
    assert found.at == pytest.approx(0.75)
    # 0 is within two errors of w * 2 - (1 - w) * 6, whose error is sqrt(w^2 + (1 - w)^2) / 10
    reach = 1.96 * np.hypot(0.75, 0.25) / 10 / 8
    assert (found.low, found.high) == (pytest.approx(0.75 - reach, abs=0.003), pytest.approx(0.75 + reach, abs=0.003))


def test_without_a_crossing_there_may_still_be_weights_that_leave_it_open():
    noise = np.random.default_rng(0).normal(size=(2, 4000))
    assert crossing(5 + noise[0], 5 + noise[1], (5, 5), 0.95) == Crossing(None, None, None)
    found = crossing(5 + noise[0], 1 + noise[1], (5, 1), 0.95)
    assert (found.at, found.low) == (None, 0.0)
    assert 0.05 < found.high < 0.25


@settings(deadline=None, max_examples=30)
@given(st.floats(-9, 9), st.floats(-9, 9), st.integers(0, 5))
def test_a_crossing_lies_where_it_is_open(one, other, seed):
    noise = np.random.default_rng(seed).normal(size=(2, 400))
    found = crossing(one + noise[0], other + noise[1], (one, other), 0.9)
    if found.at is not None:
        assert 0 <= found.at <= 1
        assert found.at * one + (1 - found.at) * other == pytest.approx(0, abs=1e-9)
        assert found.low <= found.at <= found.high
