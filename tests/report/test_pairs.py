"""Paired differences as the page shows them."""

import pytest

from harness.report.areas import Place
from harness.report.pairs import Pair
from harness.report.pairs import chance
from harness.report.pairs import pairs
from harness.report.pairs import place
from harness.report.pairs import signed


def result(benchmark="a", *, shown=True, difference=-0.035, low=-0.07, high=0.01, reducer="mean"):
    return {
        "first": "old",
        "second": "new",
        "benchmark": benchmark,
        "is_shown": shown,
        "reducer": reducer,
        "difference": difference,
        "low": low,
        "high": high,
    }


def test_the_axis_reaches_the_furthest_bound_of_a_bounded_metric():
    assert Pair("old", "new", (result(), result(low=-0.21))).reach == 30
    assert Pair("old", "new", (result(), result(reducer="perplexity", high=900.0))).reach == 10
    assert Pair("old", "new", (result(low=None, high=None, difference=0.0),)).reach == 1


def test_no_difference_is_the_middle():
    assert place(result(difference=0.0), 10) == Place(50.0, 15.0, 55.0)
    assert place(result(low=None, high=None), 10) == Place(32.5, None, None)
    assert place(result(difference=None), 10) is None
    assert place(result(reducer="perplexity"), 10) is None


def test_each_pair_has_its_table_and_one_of_the_metrics_beside():
    other = result() | {"second": "newer"}
    shown, hidden, last = result("a"), result("a", shown=False), result("b")
    first, second = pairs({"results": [hidden, last, other, shown]})
    assert (first.first, first.second) == ("old", "new")
    assert first.shown == [("b", [last]), ("a", [shown])]
    assert first.others == [("a", [hidden])]
    assert second.results == (other,)
    assert pairs(None) == []


@pytest.mark.parametrize(
    ("value", "text"), [(0.123, "+12.3"), (-0.123, "\N{MINUS SIGN}12.3"), (0.0, "0.0"), (-0.0001, "0.0"), (None, None)]
)
def test_a_difference_has_its_sign(value, text):
    assert signed({"reducer": "mean"}, value) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.5, "0.50"), (0.00123, "0.0012"), (1e-9, "<0.0001"), (None, None), (1.0, "1.00")]
)
def test_a_chance_has_the_digits_that_count(p, text):
    assert chance(p) == text
