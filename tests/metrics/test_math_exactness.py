"""Pairs that math-verify alone judges otherwise than mathematics does: small exact numbers, bases, lists, functions."""

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.metrics.math_exactness import based
from harness.metrics.math_exactness import listed
from harness.metrics.math_worker import judge

EQUAL = [
    (r"\frac{1}{2004!}", r"\frac{2005}{2005!}"),
    ("1200_8", "1200_{8}"),
    ("1200_8", "1200"),
    ("1200_8", r"1200_{\text{eight}}"),
    ("1200_8", r"1200 \text{ base } 8"),
    ("1200_8", r"1{,}200_8".replace("{,}", ",")),
    ("152A_{11}", "152a_{11}"),
    ("152A_{11}", "152A"),
    ("-221_3", "-221_{3}"),
    (r"1, 2, \ldots, n", r"1,2,\dots,n"),
    (r"\sqrt{\frac{1}{n}}", r"\frac{1}{\sqrt{n}}"),
    (r"\frac{\sqrt{a}}{\sqrt{b}}", r"\sqrt{\frac{a}{b}}"),
    (r"y=\sqrt{\frac{1}{x}}", r"y=\frac{1}{\sqrt{x}}"),
    ("50", r"50\%"),
    ("0.5", r"50\%"),
    (r"\frac{1}{3}", "0.333333"),
    (r"\sqrt{2}+\sqrt{3}", r"\sqrt{5+2\sqrt{6}}"),
]
DIFFERENT = [
    (r"\frac{1}{2004!}", r"\frac{1}{2006!}"),
    (r"\frac{1}{2^{99}}", r"\frac{1}{2^{98}}"),
    (r"\frac{2^{2005}+1}{3\cdot2^{2006}}", r"\frac{1}{3\cdot2^{2006}}"),
    ("e^{-100}", "e^{-101}"),
    ("10^{20}", r"\sqrt{10^{40}+1}"),
    (r"\left(\frac{1}{2^{99}},1\right)", r"\left(\frac{1}{2^{98}},1\right)"),
    (r"\left(2^{-99},2^{-98}\right)", r"\left(2^{-98},2^{-99}\right)"),
    (r"\{2^{-99},2^{-98}\}", r"\{2^{-98},2^{-97}\}"),
    (r"x=\frac{1}{2004!}", r"x=\frac{1}{2006!}"),
    ("0.0000001", "0.0000002"),
    ("1200_8", "1200_7"),
    ("152A_{11}", "152A_{12}"),
    ("-221_3", "221_3"),
    ("(2_3, 1_4)", "(2_3, 1_5)"),
    (r"1, 2, \ldots, n", r"1, 3, 5, \ldots, 2n-1"),
    (r"1, 2, \ldots, n", "1, 2, n"),
    ("|x|", "x"),
    (r"\sqrt{x^2}", "x"),
    (r"\frac{1}{\sqrt{n}}", r"\frac{1}{\sqrt{m}}"),
]
powers = st.tuples(st.integers(2, 12), st.integers(30, 400))


@pytest.mark.parametrize(("gold", "answer"), EQUAL)
def test_equal(gold, answer):
    assert judge(gold, answer, boxed=True)["equal"]


@pytest.mark.parametrize(("gold", "answer"), DIFFERENT)
def test_different(gold, answer):
    assert not judge(gold, answer, boxed=True)["equal"]
    assert not judge(f"Hence $\\boxed{{{gold}}}$.", f"So it is $\\boxed{{{answer}}}$.", boxed=False)["equal"]


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 999), powers, st.integers(1, 999), powers)
def test_exact_numbers_however_small_are_what_they_are(over, under, other_over, other_under):
    (base, power), (other, other_power) = under, other_under
    equal = judge(
        f"\\frac{{{over}}}{{{base}^{{{power}}}}}", f"\\frac{{{other_over}}}{{{other}^{{{other_power}}}}}", boxed=True
    )
    assert equal["equal"] == (over * other**other_power == other_over * base**power)
    same = judge(
        f"\\frac{{{over}}}{{{base}^{{{power}}}}}", f"\\frac{{{over * 3}}}{{3\\cdot{base}^{{{power}}}}}", boxed=True
    )
    assert same["equal"]


@settings(deadline=None, max_examples=60)
@given(
    st.text("0123456789", min_size=1, max_size=6),
    st.integers(10, 16),
    st.text("0123456789", min_size=1, max_size=6),
    st.integers(10, 16),
)
def test_a_numeral_is_its_digits_and_its_base(digits, base, other_digits, other_base):
    equal = judge(f"{digits}_{{{base}}}", f"{other_digits}_{{{other_base}}}", boxed=True)["equal"]
    assert equal == (int(digits) == int(other_digits) and base == other_base)
    assert judge(f"{digits}_{{{base}}}", f"{digits}_{{{base}}}", boxed=True)["equal"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x_1 + x_2", ()),
        ("F_{10}", ()),
        ("a_{10}", ()),
        (r"\log_2 8", ()),
        ("1200_8", (("1200", 8),)),
        (r"\text{E31}_{12}", (("E31", 12),)),
        ("0.0011_{2}", ((".0011", 2),)),
        ("(1200)_8", (("1200", 8),)),
        ("12_3 + 10_4", (("12", 3), ("10", 4))),
        ("101 base two", (("101", 2),)),
    ],
)
def test_numerals_with_a_base(text, found):
    assert based(text) == found


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1, 2, 3", None),
        (r"1, 2, \ldots, n", ["1", "2", "", "n"]),
        ("1, 2,  , n", ["1", "2", "", "n"]),
        ("1,...,4", ["1", "", "4"]),
    ],
)
def test_a_list_with_an_ellipsis(text, parts):
    assert listed(text) == parts
