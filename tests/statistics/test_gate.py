"""The gate: its three verdicts, how strict it is for many benchmarks, and how many cases it asks for."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.statistics.gate import Trial
from harness.statistics.gate import gate
from harness.statistics.gate import trial
from harness.statistics.intervals import normal
from harness.statistics.paired import pair
from harness.statistics.sequential import level


def known(difference: float, error: float, margin: float, n: int = 1000) -> Trial:
    """A benchmark whose difference has a normal error."""

    def interval(level: float) -> tuple[float, float]:
        reach = normal(level) * error
        return difference - reach, difference + reach

    return Trial(difference, n, margin, interval, error)


def verdicts(first_only: int, second_only: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    pattern = np.repeat([[1, 0], [0, 1], [1, 1]], [first_only, second_only, n - first_only - second_only], axis=0)
    return tuple(np.stack([pattern[:, run], np.ones(n)], axis=-1).astype(float) for run in (0, 1))


@pytest.mark.parametrize(
    ("difference", "decision"),
    [
        (0.0, "pass"),  # [-.0098, .0098] above -.01
        (-0.0001, "pass"),
        (-0.0005, "inconclusive"),  # low is beyond the margin, high above 0
        (-0.0097, "inconclusive"),
        (-0.0099, "regressed"),
        (-0.2, "regressed"),
        (0.2, "pass"),
    ],
)
def test_the_interval_decides(difference: float, decision: str) -> None:
    (found,) = gate([known(difference, 0.005, 0.01)])
    assert found.decision == decision
    assert (found.low, found.high) == pytest.approx((difference - 0.0098, difference + 0.0098), abs=1e-5)
    assert (found.level, found.margin, found.n) == (0.95, 0.01, 1000)


def test_a_small_drop_that_is_sure_passes_within_the_margin() -> None:
    """[-.0148, -.0052] is worse for certain, and within two points for certain."""
    assert gate([known(-0.01, 0.00245, 0.02)])[0].decision == "pass"


def test_more_cases_would_decide() -> None:
    (found,) = gate([known(-0.002, 0.005, 0.01, n=1000)])
    assert found.decision == "inconclusive"
    # half the width .0098 must come under .008: 1000 (.0098 / .008)^2 = 1500.5
    assert found.more == math.floor(1000 * (1.959964 * 0.005 / 0.008) ** 2) + 1 - 1000 == 501
    scaled = 0.005 * (1000 / (1000 + found.more)) ** 0.5
    assert gate([known(-0.002, scaled, 0.01)])[0].decision == "pass"
    (found,) = gate([known(-0.009, 0.005, 0.01, n=1000)])
    assert found.more == math.floor(1000 * (1.959964 * 0.005 / 0.009) ** 2) + 1 - 1000
    assert gate([known(0.0, 0.005, 0.0)])[0].more is None


def test_a_margin_under_the_detectable_difference_is_said_so() -> None:
    (found,) = gate([known(-0.002, 0.005, 0.01)])
    assert found.detectable == pytest.approx(2.8016 * 0.005, abs=1e-5)
    assert found.note == "the margin 0.01 is smaller than the detectable difference 0.014"
    assert gate([known(-0.002, 0.005, 0.2)])[0].note is None


def test_each_decision_makes_the_others_easier() -> None:
    """Alone 2.1 errors pass; beside one that is never decided they do not; beside one that is decided they do."""
    barely = known(0.0, 0.01, 0.021)
    assert gate([barely])[0].decision == "pass"
    undecided, decided = known(-0.5, 1.0, 0.01), known(0.5, 0.01, 0.01)
    assert [found.decision for found in gate([barely, undecided])] == ["inconclusive", "inconclusive"]
    found = gate([barely, decided])
    assert [one.decision for one in found] == ["pass", "pass"]
    assert [one.level for one in found] == [0.95, 0.975]


@given(st.lists(st.tuples(st.floats(-0.1, 0.1), st.floats(0.001, 0.05), st.floats(0, 0.1)), min_size=1, max_size=6))
@settings(deadline=None)
def test_verdicts_follow_from_their_intervals_and_no_order(rows: list[tuple[float, float, float]]) -> None:
    found = gate([known(*row) for row in rows])
    assert gate([known(*row) for row in rows[::-1]]) == found[::-1]
    for one in found:
        expected = "pass" if one.low > -one.margin else "regressed" if one.high < 0 else "inconclusive"
        assert one.decision == expected
        assert (one.more is not None) <= (one.decision == "inconclusive")
        assert 0.95 <= one.level <= 1 - 0.05 / len(rows)


@pytest.mark.parametrize("benchmarks", [1, 8])
def test_false_statements_are_as_rare_as_alpha_says(benchmarks: int) -> None:
    """At the worst places, no change and a drop of just the margin, whichever is likelier to be misjudged."""
    generator = np.random.default_rng(benchmarks)
    false = 0
    for _ in range(1500):
        true = np.where(np.arange(benchmarks) % 2, 0.0, -0.02)
        seen = generator.normal(true, 0.004)
        found = gate([known(float(one), 0.004, 0.02) for one in seen])
        wrong = np.where(true == 0, "regressed", "pass")
        false += any(one.decision == bad for one, bad in zip(found, wrong, strict=True))
    assert false / 1500 <= 0.05


def test_verdicts_of_runs_pass_and_regress() -> None:
    first, second = verdicts(10, 12, 1000)
    assert gate([trial(pair(first, second, "proportion"), 0.02)])[0].decision == "pass"
    first, second = verdicts(10, 60, 1000)
    assert gate([trial(pair(first, second, "proportion"), 0.02)])[0].decision == "regressed"
    assert gate([trial(pair(second, first, "proportion"), 0.02)])[0].decision == "pass"


def test_lower_is_better_turns_the_difference() -> None:
    generator = np.random.default_rng(4)
    old = np.stack([generator.random(300) / 2, np.ones(300)], axis=-1)
    new = old + np.array([0.3, 0])
    both = pair(new, old, "mean")
    assert both.difference > 0
    (found,) = gate([trial(both, 0.01, higher_is_better=False)])
    assert (found.decision, found.difference) == ("regressed", -both.difference)
    assert found.low < found.difference < found.high < 0


def test_runs_that_score_the_same_pass_only_where_a_loss_would_have_been_seen() -> None:
    """None of n cases has lost: up to 1 - .025^(1/n) of others may, by Clopper and Pearson."""
    same = np.stack([np.random.default_rng(4).random(40), np.ones(40)], axis=-1)
    missed = 1 - 0.025 ** (1 / 40)
    (found,) = gate([trial(pair(same, same, "mean"), missed - 1e-4)])
    assert (found.decision, found.low) == ("inconclusive", pytest.approx(-missed, abs=1e-7))
    assert gate([trial(pair(same, same, "mean"), missed + 1e-4)])[0].decision == "pass"
    (found,) = gate([trial(pair(same[:8], same[:8], "mean"), 0.01)])
    assert (found.decision, found.note) == ("inconclusive", "no interval: 8 clusters; expected 10 or more")
    # verdicts that agree say little where they are few: 0 of 20 differ is compatible with 1 of 10
    right = np.ones((20, 2))
    assert gate([trial(pair(right, right, "proportion"), 0.02)])[0].decision == "inconclusive"


def test_looks_before_the_end_are_stricter() -> None:
    one = known(0.0, 0.01, 0.022)
    assert gate([one])[0].decision == "pass"
    early = gate([one], level_of=lambda alpha: level([0.5], alpha))
    assert (early[0].decision, early[0].level) == ("inconclusive", pytest.approx(0.99695, abs=1e-5))
    assert gate([known(0.0, 0.01, 0.03)], level_of=lambda alpha: level([0.5], alpha))[0].decision == "pass"


@pytest.mark.parametrize(
    ("margin", "message"), [(-0.1, "margin: found -0.1; expected 0 or more"), (math.nan, "margin: found nan; expected")]
)
def test_margins_below_zero_are_refused(margin: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        trial(pair(*verdicts(1, 1, 20), "proportion"), margin)


def test_a_run_without_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="gate: found a run without a value; expected one in both"):
        trial(pair([(0, 0, 0)] * 20, [(1, 0, 0)] * 20, "f1"), 0.1)
