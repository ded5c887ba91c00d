"""Points: the scale of printed scores, for differences, margins and what is to be detected."""

import pytest

from harness.errors import UsageError
from harness.printing.numbers import NOTHING
from harness.printing.points import interval
from harness.printing.points import parse_points
from harness.printing.points import per_point
from harness.printing.points import probability
from harness.printing.points import signed


@pytest.mark.parametrize(
    ("text", "points"), [("1pt", 1), ("0.5pt", 0.5), ("2", 2), (" 3 pts ", 3), (".5%", 0.5), ("1 point", 1)]
)
def test_points_are_read(text, points):
    assert parse_points("--detect", text) == points


@pytest.mark.parametrize("text", ["", "0", "0pt", "-1pt", "1km", "nan", "1e3", "pt"])
def test_what_is_no_points_is_one_sentence(text):
    with pytest.raises(UsageError) as raised:
        parse_points("--detect", text)
    assert str(raised.value) == f"--detect: found {text!r}; expected points above 0, as 1pt or 0.5pt"


@pytest.mark.parametrize(
    ("reducer", "unit"),
    [("proportion", 0.01), ("f1", 0.01), ("matthews", 0.01), ("mean", 0.01), ("bleu", 1), ("perplexity", 1)],
)
def test_a_point_is_a_hundredth_of_what_lies_within_1(reducer, unit):
    assert per_point(reducer) == unit


@pytest.mark.parametrize(
    ("value", "text"), [(0.0333, "+3.3"), (-0.0333, "-3.3"), (0.0, "0.0"), (-0.0001, "0.0"), (None, NOTHING)]
)
def test_a_difference_shows_its_sign(value, text):
    assert signed("proportion", value) == text


def test_an_interval_of_a_difference():
    assert interval("bleu", -1.25, 0.04) == "[-1.2, 0.0]"
    assert interval("bleu", None, None) == "(no interval)"


@pytest.mark.parametrize(
    ("p", "text"), [(1.0, "1"), (0.25, ".250"), (0.0004, "<.001"), (0.001, ".001"), (0.9999, "1.000"), (None, NOTHING)]
)
def test_a_p_has_three_digits(p, text):
    assert probability(p) == text
