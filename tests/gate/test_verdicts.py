"""Verdicts: harness.statistics.gate on the cases that two systems share."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.compare.system import CaseScores
from harness.errors import UsageError
from harness.gate.margins import Margins
from harness.gate.verdicts import check_overlap
from harness.gate.verdicts import digest
from harness.gate.verdicts import entries
from harness.gate.verdicts import judge
from harness.gate.verdicts import opponents
from harness.gate.verdicts import overall
from harness.statistics import gate
from harness.statistics import pair
from harness.statistics import trial


def judged(new, base, margins=Margins()):  # noqa: B008 - it is frozen
    found, left = entries(new, base, margins)
    return {one.entry.benchmark: one for one in judge(found)}, {one.benchmark: one.why for one in left}


@pytest.mark.parametrize(
    ("lost", "won", "margin", "decision"),
    [
        (0, 0, 2, "pass"),
        (400, 0, 2, "regressed"),
        (60, 50, 2, "inconclusive"),
        (60, 50, 20, "pass"),
        (0, 200, 2, "pass"),
        (200, 0, 60, "pass"),
        (20, 0, 5, "pass"),
    ],
)
def test_a_verdict_by_how_many_cases_are_lost_and_won_of_1000(make, lost, won, margin, decision):
    base, new = (
        make("old", {"tins": [case < 800 for case in range(1000)]}),
        make("new", {"tins": [lost <= case < 800 + won for case in range(1000)]}),
    )
    found, _ = judged(new, base, Margins(margin))
    assert found["tins"].decision == decision


def test_it_is_the_function_that_was_simulated_on_statistics_side_by_side(make):
    """benchmarks/simulations/gates.py enters `trial(pair(new, old, "proportion"), margin)` into `gate`."""
    generator = np.random.default_rng(5)
    sizes = (60, 164, 500)
    new = {f"b{n}": (generator.random(n) < 0.55).tolist() for n in sizes}
    old = {f"b{n}": (generator.random(n) < 0.6).tolist() for n in sizes}
    found, _ = judged(make("new", new), make("old", old), Margins(5.0))
    stats = {name: [np.array([[one, 1.0] for one in side[name]]) for side in (new, old)] for name in new}
    expected = gate([trial(pair(*stats[name], "proportion"), 0.05) for name in new])
    for one, verdict in zip(found.values(), expected, strict=True):
        for name in ("decision", "difference", "low", "high", "level", "margin", "n", "detectable", "more"):
            assert getattr(one, name) == getattr(verdict, name), name


def test_intervals_widen_with_the_benchmarks_still_open(make):
    verdicts = [case % 3 == 0 for case in range(600)]
    other = [case % 3 == 1 for case in range(600)]
    alone, _ = judged(make("new", {"a": other}), make("old", {"a": verdicts}))
    both, _ = judged(make("new", {"a": other, "b": other}), make("old", {"a": verdicts, "b": verdicts}))
    settled, _ = judged(make("new", {"a": other, "b": verdicts}), make("old", {"a": verdicts, "b": verdicts}))
    assert (alone["a"].level, both["a"].level) == (0.95, 0.975)
    # b is the same in both, so it passes and leaves its share to a
    assert (settled["b"].decision, settled["a"].level) == ("pass", 0.95)


def test_lower_is_better_is_turned_round(make):
    generator = np.random.default_rng(1)
    losses = [(float(value), 1.0) for value in generator.random(200) / 2]
    worse = [(value + 0.3 + 0.01 * generator.random(), 1.0) for value, _ in losses]
    found, _ = judged(make("new", {"a": worse}, "loss"), make("old", {"a": losses}, "loss"), Margins(10))
    assert found["a"].decision == "regressed"
    assert found["a"].difference == pytest.approx(-(found["a"].value - found["a"].base_value))
    assert found["a"].low < found["a"].difference < found["a"].high < 0
    found, _ = judged(make("new", {"a": losses}, "loss"), make("old", {"a": worse}, "loss"), Margins(10))
    assert (found["a"].decision, found["a"].difference > 0) == ("pass", True)


def test_a_metric_without_a_scale_of_100_needs_a_margin_of_its_own(make):
    logs = [(-float(number % 7) - 1, 2.0) for number in range(60)]
    new, base = make("new", {"a": logs}, "perplexity"), make("old", {"a": logs}, "perplexity")
    found, left = judged(new, base)
    assert (found, left) == ({}, {"a": "perplexity has no scale of 100; --margin a=POINTS gates it"})
    found, left = judged(new, base, Margins(benchmarks={"a": 0.5}))
    assert (found["a"].decision, found["a"].margin, left) == ("inconclusive", 0.5, {})
    assert found["a"].note == "no interval holds: perplexity is no mean of scores with bounds"


def test_points_are_of_the_scale_scores_are_printed_on(make):
    verdicts = [True] * 30
    found, _ = judged(make("new", {"a": verdicts}), make("old", {"a": verdicts}), Margins(2.5))
    assert (found["a"].margin, found["a"].entry.margin) == (0.025, 2.5)


def test_benchmarks_of_one_side_alone_or_not_run_are_not_gated(make):
    new = make(
        "new", {"a": [True] * 20, "b": [True], "gone": {"no-rows": "not_run"}}, failures={"gone": "no such table"}
    )
    base = make("old", {"a": [True] * 20, "c": [True], "gone": [True]})
    found, left = judged(new, base)
    assert list(found) == ["a"]
    assert left == {"c": "not in this run", "b": "not in the baseline", "gone": "not run: no such table"}


def test_only_cases_scored_in_both_with_one_content_are_compared(make):
    base = make("old", {"a": {str(case): True for case in range(40)}})
    cases = {str(case): True for case in range(5, 45)} | {
        "6": "refused",
        "7": CaseScores("measured", "else", stats={"acc": (1.0, 1.0)}),
    }
    found, _ = judged(make("new", {"a": cases}), base)
    overlap = found["a"].entry.overlap
    assert found["a"].n == len(overlap.compared) == 33
    assert (overlap.changed, set(overlap.unscored), len(overlap.only_first), len(overlap.only_second)) == (
        ("7",),
        {"6"},
        5,
        5,
    )


def test_a_benchmark_without_a_shared_case_is_inconclusive_and_takes_no_share_of_the_others(make):
    base = make("old", {"a": [True] * 40, "b": [True] * 40})
    new = make("new", {"a": [case > 0 for case in range(40)], "b": dict.fromkeys(map(str, range(40)), "error")})
    found, _ = judged(new, base)
    assert (found["b"].decision, found["b"].n, found["b"].note) == ("inconclusive", 0, "no scored case in common")
    assert found["a"].level == 0.95
    assert overall(list(found.values())) == "inconclusive"


def test_a_value_that_is_undefined_is_inconclusive(make):
    zero = [(0.0, 0.0)] * 20
    found, _ = judged(make("new", {"a": zero}, "loss"), make("old", {"a": [(1.0, 1.0)] * 20}, "loss"))
    assert (found["a"].decision, found["a"].value, found["a"].base_value) == ("inconclusive", None, 1.0)
    assert found["a"].note == "undefined in one of both"


def test_few_clusters_have_no_interval_and_decide_nothing(make):
    cases = {
        str(case): CaseScores("measured", "d", case % 4, None, {"acc": (float(case < 9), 1.0)}) for case in range(12)
    }
    other = {name: replace(one, stats={"acc": (1.0, 1.0)}) for name, one in cases.items()}
    found, _ = judged(make("new", {"a": cases}), make("old", {"a": other}))
    assert (found["a"].decision, found["a"].low, found["a"].note) == (
        "inconclusive",
        None,
        "no interval: 4 clusters; expected 10 or more",
    )


def test_a_margin_under_the_detectable_difference_is_told(make):
    cases = [case % 5 > 0 for case in range(50)]
    base, new = make("old", {"a": cases}), make("new", {"a": cases[1:] + cases[:1]})
    small, _ = judged(new, base, Margins(1))
    wide, _ = judged(new, base, Margins(60))
    assert (small["a"].asks_too_much, wide["a"].asks_too_much) == (True, False)
    assert small["a"].more > 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60), st.floats(0.1, 100))
def test_a_verdict_says_what_its_interval_says(make, pairs, points):
    new, base = make("new", {"a": [one for one, _ in pairs]}), make("old", {"a": [other for _, other in pairs]})
    found, _ = judged(new, base, Margins(points))
    one = found["a"]
    if one.low is None:
        assert one.decision == "pass" if one.difference == 0 and len(pairs) > 9 else one.decision == "inconclusive"
    else:
        expected = "pass" if one.low > -one.margin else "regressed" if one.high < 0 else "inconclusive"
        assert one.decision == expected
        assert one.low <= one.difference <= one.high


def test_the_worst_verdict_is_the_gates(make):
    base = make("old", {"a": [True] * 1000, "b": [True] * 1000})
    for others, word in (
        ([True] * 1000, "pass"),
        ([True] * 996 + [False] * 4, "inconclusive"),
        ([False] * 1000, "regressed"),
    ):
        found, _ = judged(make("new", {"a": [True] * 1000, "b": others}), base, Margins(0.6))
        assert overall(list(found.values())) == word


def test_each_model_meets_the_only_baseline_or_its_namesake(make):
    one, two, old = make("one", {"a": [True]}), make("two", {"a": [True]}), make("old", {"a": [True]})
    assert opponents([one, two], [old], "F") == [(one, old), (two, old)]
    assert opponents([two], [one, two], "F") == [(two, two)]
    with pytest.raises(UsageError) as error:
        opponents([old], [one, two], "F")
    assert str(error.value) == "--baseline F: found one, two; expected old, or one as F:MODEL"


def test_no_case_in_common_is_an_error_and_one_is_none(make):
    base = make("old", {"a": {"1": True}, "b": {"2": True}})
    with pytest.raises(UsageError) as error:
        check_overlap(make("new", {"a": {"2": True}, "c": {"1": True}}), base, "F")
    assert (
        str(error.value)
        == "--baseline F: no case in common with new's a, c; expected a run of the same benchmarks on the same rows"
    )
    check_overlap(make("new", {"a": {"2": True, "1": "not_run"}}), base, "F")


def test_a_baselines_digest_changes_with_its_scores_alone(make):
    base = make("old", {"a": [True, False]})
    assert digest([base]) == digest([replace(base, source="elsewhere")])
    assert digest([base]) != digest([make("old", {"a": [True, True]})])
