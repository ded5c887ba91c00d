"""Bets on a mean: bounds at any stop, and the verdict whether two runs are the same within a margin."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.statistics.betting import Bets
from harness.statistics.betting import Rates
from harness.statistics.betting import compared
from harness.statistics.betting import parities
from harness.statistics.betting import rates
from harness.statistics.sequential import level

ENDS = range(50, 1001, 50)


def alone(differences, clusters=None, **options):
    return compared(differences, clusters or [None] * len(differences), **options)


def counted(lost, n):
    """A case is lost, or nothing differs."""
    rows = [(-1.0, lost), (0.0, n - lost)]
    added, multiplicity = (np.array(column) for column in zip(*[row for row in rows if row[1]], strict=True))
    return Bets(added, np.ones(len(added)), multiplicity, 1)


def verdict(differences, margin=0.02, fractions=None):
    """The verdict at a rate of .05: by bets, which have half of .1, or at these looks."""
    (parity,) = parities([alone(differences)], margin, 0.05 if fractions else 0.1, fractions)
    return parity


def test_where_nothing_differs_the_capital_is_that_of_the_spread_stakes():
    """Each stake s of the largest, m / (1 - m), grows by 1 + s m / (1 - m) a case: the sum of all, by hand."""
    n, margin = 300, 0.02
    shares = [2.0 ** -(place / 2) for place in range(21)]
    spread = [0.75**place for place in range(21)]
    capital = sum(w / sum(spread) * (1 + s * margin / (1 - margin)) ** n for w, s in zip(spread, shares, strict=True))
    assert alone([0.0] * n).worst.above(-margin) == pytest.approx(1 / capital, rel=1e-9)


@pytest.mark.parametrize(("margin", "cases"), [(0.01, 405), (0.02, 202)])
def test_so_many_equal_cases_show_that_runs_are_the_same(margin, cases):
    """A third more than the ln .05 / ln(1 - m) that Clopper and Pearson's one-sided bound takes of a fixed number."""
    assert math.log(0.05) / math.log(1 - margin) * 1.3 < cases < math.log(0.05) / math.log(1 - margin) * 1.4
    assert verdict([0.0] * (cases - 1), margin).decision == "inconclusive"
    assert verdict([0.0] * cases, margin).decision == "same"


def test_few_clusters_have_no_bound_but_that_of_bets():
    assert alone([0.0] * 18, [place // 2 for place in range(18)]).worst.bounded is None
    assert alone([0.0] * 20, [place // 2 for place in range(20)]).worst.bounded is not None
    (parity,) = parities([alone([0.0] * 18, [place // 2 for place in range(18)])], 0.02)
    assert (parity.decision, parity.low, parity.high, parity.more) == ("inconclusive", -1.0, 1.0, None)


def test_one_look_at_all_cases_is_gaffkes_bound_at_the_whole_rate():
    """Of cases that are all equal it is Clopper and Pearson's: (1 - m)^n = alpha, 148.3 cases for 2 points."""
    assert verdict([0.0] * 148, fractions=(1.0,)).decision == "inconclusive"
    assert verdict([0.0] * 149, fractions=(1.0,)).decision == "same"
    assert rates(0.05, (1.0,)) == Rates(0.0, 0.05, 0.025)


def test_at_several_looks_bets_have_half_of_the_rate_and_the_spending_the_other():
    """The last of looks at .5 and 1: the level of two-sided .05 and .025 by the gate's own function."""
    due = rates(0.05, (0.5, 1.0))
    same, differs = ((1 - level((0.5, 1.0), alpha)) / 2 for alpha in (0.05, 0.025))
    assert (due.bets, due.same, due.differs) == (0.025, same, differs)
    assert due.same < 0.025
    assert rates(0.05, None) == Rates(0.025, 0.0, 0.0)


def test_a_clear_difference_is_told_either_way():
    assert verdict([-1.0, 0.0] * 30).decision == "differs"
    assert verdict([1.0, 0.0] * 30).decision == "differs"
    assert verdict([1.0, -1.0] * 30).decision == "inconclusive"


def test_the_verdict_agrees_with_the_interval():
    parity = verdict([0.0] * 300)
    assert -0.02 < parity.low < parity.difference < parity.high < 0.02


def test_what_is_missing_counts_for_no_claim():
    """A case without a score on one side is a loss for "not below" and a win for "not above"."""
    whole = verdict([0.0] * 300)
    missing = verdict([0.0] * 300 + [None] * 3)
    assert whole.decision == "same"
    assert missing.decision == "inconclusive"
    assert (missing.low, missing.high) == pytest.approx((-missing.high, missing.high))
    assert missing.low == pytest.approx(verdict([0.0] * 300 + [-1.0] * 3).low)
    assert verdict([-1.0] * 30 + [None] * 60).decision == "inconclusive"


def test_further_cases_like_these_decide():
    seen = [0.0] * 98 + [1.0, -1.0]
    parity = verdict(seen, fractions=(1.0,))
    assert parity.decision == "inconclusive"
    times = (len(seen) + parity.more) / len(seen)
    assert verdict(seen * math.ceil(times), fractions=(1.0,)).decision == "same"
    assert verdict(seen * math.floor(times), fractions=(1.0,)).decision == "inconclusive"


def test_no_number_of_cases_decides_a_difference_of_just_the_margin():
    assert verdict([1.0] + [0.0] * 49, margin=0.02).more is None


def test_several_benchmarks_share_the_error_rate_until_one_is_decided():
    """210 equal cases are enough alone at .05, not at .05 / 2; the one that decides leaves its share (Holm)."""
    some, many = alone([0.0] * 210), alone([0.0] * 400)
    for pairs, said in (((some, some), "inconclusive"), ((some, many), "same")):
        assert [parity.decision for parity in parities(pairs, 0.02, 0.1, None)] == [said, said]
    (parity,) = parities([some], 0.02, 0.1, None, absent=1)
    assert parity.decision == "inconclusive"


def test_a_cluster_is_one_unit_as_heavy_as_the_largest_there_is():
    cases = [0.0] * 400
    single = alone(cases).worst.above(-0.02)
    pairs = alone(cases, [place // 2 for place in range(400)]).worst.above(-0.02)
    foreseen = alone(cases, heaviest=2).worst.above(-0.02)
    assert pairs == pytest.approx(alone([0.0] * 200).worst.above(-0.02))
    assert single < pairs
    assert foreseen > single


@given(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=1, max_size=60), st.floats(0.001, 0.5))
@settings(max_examples=60, deadline=None)
def test_order_changes_nothing_and_bounds_hold_the_mean(differences, alpha):
    bets = alone(differences).worst
    bound = bets.lower(alpha)
    assert -1 <= bound <= bets.value + 1e-9
    assert alone(differences[::-1]).worst.lower(alpha) == pytest.approx(bound, abs=1e-8)
    if -1 < bound < bets.value - 1e-6:
        assert bets.above(bound) == pytest.approx(alpha, rel=1e-3)
    assert -bets.negative.lower(alpha) >= bets.value - 1e-9


def test_a_difference_of_just_the_margin_is_seldom_called_the_same_at_any_of_many_looks():
    """At most 5 % by Ville's inequality; 300 runs looked at every 50 cases, three standard errors above it."""
    generator = np.random.default_rng(1)
    wrong = 0
    for _ in range(300):
        lost = (generator.random(1000) < 0.05).cumsum()
        looks = [counted(int(lost[n - 1]), n) for n in ENDS]
        wrong += any(look.above(-0.05) <= 0.05 for look in looks)
    assert wrong / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: alone([None]), "differences: found none; expected a case with two scores"),
        (lambda: alone([1.5]), "differences: found one beyond -1 to 1; expected scores in 0 to 1"),
        (lambda: parities([], 1.0), "margin 1.0, alpha 0.05: found one outside 0 to 1; expected both within"),
    ],
)
def test_what_is_wrong_is_one_sentence(call, message):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message
