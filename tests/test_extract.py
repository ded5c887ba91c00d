"""Extraction rules, on answers as models write them."""

import re

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.extract import hash_number
from harness.extract import hendrycks_string
from harness.extract import last_boxed
from harness.extract import last_number
from harness.extract import plain_number
from harness.extract import trimmed
from harness.extract import without_punctuation


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


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (r"so $\boxed{7}$.", "7"),
        (r"\boxed{7}, no, \boxed{8}", "8"),
        (r"\boxed{7} or \fbox{8}", "8"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{\left\{ 1 \right.}", r"\left\{ 1 \right."),  # TeX's rule: an escaped brace needs no partner
        (r"\boxed { 7 }", "7"),
        (r"is $\boxed 7$, so", "7"),
        ("\\boxed7\nand so on", "7"),
        (r"\boxed{\boxed{7}}", "7"),
        (r"\boxed{7", None),
        (r"\boxed{7} and \boxed{8", None),
        (r"\boxed{}", None),
        (r"\boxed", None),
        (r"\boxedness{7}", None),
        ("7", None),
        ("", None),
    ],
)
def test_last_boxed(text: str, content: str | None) -> None:
    assert last_boxed(text) == content


# what strip_string of lm-evaluation-harness 0.4.13 (hendrycks_math) returned, or the text itself where it raised
@pytest.mark.parametrize(
    ("text", "short"),
    [
        (r"\dfrac12 + \tfrac{3}{4}", r"\frac{1}{2}+\frac{3}{4}"),
        (r"\frac1{72}", r"\frac{1}{72}"),
        (r"\sqrt2 \cdot \sqrt{3}", r"\sqrt{2}\cdot\sqrt{3}"),
        (r"\left( 1,\! 2 \right)", "(1,2)"),
        (r"90^\circ", "90"),
        (r"90^{\circ}", "90"),
        (r"\$5", "5"),
        (r"50\%", "50"),
        (r"10\text{ cm}", "10"),
        (r"10\text{cm}", r"10\text{cm}"),
        (".5", r"\frac{1}{2}"),
        ("0.5", r"\frac{1}{2}"),
        ("{.5}", "{0.5}"),
        ("x = 5", "5"),
        ("xy = 5", "xy=5"),
        ("x=y=5", "x=y=5"),
        ("3/4", r"\frac{3}{4}"),
        ("03/4", "03/4"),
        ("a/b", "a/b"),
        ("1/2/3", "1/2/3"),
        (r"1\text{ a}2\text{ b}", r"1\text{ a}2\text{ b}"),
        (r"\frac1", r"\frac1"),
        (r"1 + \frac", r"1 + \frac"),
        (r"1 + \sqrt", r"1 + \sqrt"),
        (r"\\\%%1", "1"),
        ("", ""),
    ],
)
def test_hendrycks_string(text: str, short: str) -> None:
    assert hendrycks_string(text) == short


@pytest.mark.parametrize(("text", "plain"), [(" 18.\n", "18"), ("$1,500", "1500"), ("-1.5", "15"), ("Ja! ", "ja")])
def test_text_without_space_around_it_and_without_punctuation(text: str, plain: str) -> None:
    assert without_punctuation(trimmed(text)) == plain


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
