"""Extraction rules, on answers as models write them."""

import re

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.extract import hash_number
from harness.extract import last_number
from harness.extract import plain_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("so 4 + 5 = 9\n#### 9", "9"),
        ("#### -3", "-3"),
        ("#### 1,250.50 dollars", "1,250.50"),
        ("#### 7.", "7."),
        ("#### 1\nNext:\n#### 2", "1"),
        ("####9", None),
        ("#### $9", None),
        ("#### nine", None),
        ("the answer is 9", None),
        ("", None),
    ],
)
def test_hash_number(text: str, number: str | None) -> None:
    assert hash_number(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3 boxes of 4 make 12", "12"),
        ("It costs $1,250.50.", "$1,250.50."),
        ("minus 5 is -5", "-5"),
        ("a range of 3-5", "-5"),
        ("7", "7"),
        ("10% of 20", "20"),
        ("12 and so on...", "..."),  # the pattern takes two characters of bare punctuation for a number
        ("£9", "9"),
        ("no number", None),
        ("", None),
    ],
)
def test_last_number(text: str, number: str | None) -> None:
    assert last_number(text) == number


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("$1,250.50.", "1250.50"),
        ("7.", "7"),
        ("-3", "-3"),
        ("3 + 4\nis 7\n#### 7", "7"),
        ("1E5", "1e5"),
        ("12", "12"),
    ],
)
def test_plain_number(text: str, plain: str) -> None:
    assert plain_number(text) == plain


def lm_eval(pattern: str, group_select: int, text: str) -> str:
    """RegexFilter of lm-evaluation-harness 0.4.13, in short (lm_eval/filters/extraction.py)."""
    match = re.findall(pattern, text)
    if not match:
        return "[invalid]"
    match = match[group_select]
    if isinstance(match, tuple):
        match = [group for group in match if group]
        match = match[0] if match else "[invalid]"
    return match.strip()


answers = st.text(alphabet=st.sampled_from("#$0123456789.,- \nabEA:"), max_size=40)


@given(answers)
@settings(deadline=None)
def test_rules_equal_lm_evaluation_harness(text: str) -> None:
    assert (hash_number(text) or "[invalid]") == lm_eval(r"#### (\-?[0-9\.\,]+)", 0, text)
    assert (last_number(text) or "[invalid]") == lm_eval(r"(-?[$0-9.,]{2,})|(-?[0-9]+)", -1, text)


@given(answers)
@settings(deadline=None)
def test_normalising_as_lm_evaluation_harness(text: str) -> None:
    expected = text
    for pattern in (",", "\\$", "(?s).*#### ", "\\.$"):  # gsm8k.yaml, regexes_to_ignore
        expected = re.sub(pattern, "", expected)
    assert plain_number(text) == expected.lower()
