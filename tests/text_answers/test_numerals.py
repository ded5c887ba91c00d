"""Numbers in running text: drawn values in the digits, signs and separators of many scripts, and a table."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.text_answers.numerals import final_number
from harness.text_answers.numerals import numbers
from harness.text_answers.numerals import value

ZEROS = "0\u0660\u06f0\u0966\u09e6\u0c66\u0e50\u1040\u17e0\uff10\U0001d7ce"
"""The zero of ASCII, Arabic, Persian, Devanagari, Bengali, Telugu, Thai, Burmese, Khmer, full width, and bold."""
MINUS = "-\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"


def in_script(text: str, zero: str) -> str:
    return "".join(chr(ord(zero) + int(sign)) if sign in "0123456789" else sign for sign in text)


amounts = st.decimals(-(10**12), 10**12, allow_nan=False, places=2)


@given(amounts, st.sampled_from(ZEROS), st.sampled_from(MINUS), st.booleans(), st.sampled_from(["", "$", "\\$", "€"]))
def test_a_value_is_read_however_it_is_written(amount, zero, minus, grouped, currency):
    digits = f"{amount.copy_abs():,.2f}" if grouped else f"{amount.copy_abs():.2f}"
    sign = minus if amount < 0 else ""
    text = f"So it is {sign}{currency}{in_script(digits, zero)} in all."
    found = final_number(text)
    assert found is not None
    assert found[1] == amount


@given(amounts, st.sampled_from([".", "\u00a0", "\u202f", " ", "'"]), st.booleans())
def test_a_language_with_a_decimal_comma(amount, group, grouped):
    digits = f"{amount.copy_abs():,.2f}" if grouped else f"{amount.copy_abs():.2f}"
    text = digits.replace(",", "\0").replace(".", ",").replace("\0", group)
    sign = "-" if amount < 0 else ""
    assert [found for _, found in numbers(f"Es sind {sign}{text} Euro", decimal_comma=True)] == [amount]


@given(st.integers(-(10**40), 10**40))
def test_no_digit_is_rounded_away(number):
    assert value(str(number)) == number
    assert final_number(f"#### {number}") == (str(number), number)


@given(st.text())
def test_any_text_is_read(text):
    found = final_number(text)
    assert found is None or found[1].is_finite()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("18.00", "18"),
        ("It is 1.8", "1.8"),
        ("-18", "-18"),
        ("from 10-18", "18"),
        ("20 - 18", "18"),
        ("x-18", "18"),
        ("(5)-18", "18"),
        ("= -18", "-18"),
        ("-$18", "-18"),
        ("$-18", "-18"),
        ("- 18 apples", "18"),
        ("1,80,000 rupees", "180000"),
        ("1{,}800", "1800"),
        (r"1,\!800", "1800"),
        (r"1\,800", "1800"),
        ("1,2", "2"),
        ("0.125", "0.125"),
        (".5", "0.5"),
        ("18%", "18"),
        ("1.8e1", "18"),
        (r"1.8 \times 10^{1}", "18"),
        ("1.8 \u00d7 10\u00b9", "18"),
        ("1.8 * 10^-1", "0.18"),
        ("#### 18\nThat is 3 more.", "18"),
        ("#### 5\nNo: #### 6 apples of 7", "6"),
        ("####\n7", "7"),
        (r"\boxed{18} of 40", "18"),
        (r"\boxed{x} is 40", "40"),
        ("\u0e51\u0e58 \u0e1a\u0e32\u0e17", "18"),
    ],
)
def test_what_a_text_ends_with(text, wanted):
    found = final_number(text)
    assert found is not None
    assert found[1] == Decimal(wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("1.800", "1800"), ("1,800", "1800"), ("1,80", "1.8"), ("0,125", "0.125"), ("1 234,5", "1234.5"), ("1.8", "1.8")],
)
def test_three_digits_behind_a_separator_are_thousands(text, wanted):
    assert [found for _, found in numbers(text, decimal_comma=True)] == [Decimal(wanted)]


@pytest.mark.parametrize("text", ["", "no", "eighteen", "\u00bd", "$", "-", "...", "\u5341\u516b"])
def test_what_is_no_number(text):
    assert final_number(text) is None


@pytest.mark.parametrize("text", ["", "18 apples", "x", "1 2"])
def test_a_target_is_one_number(text):
    assert value(text) is None
