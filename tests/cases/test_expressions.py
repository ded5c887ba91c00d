"""Expressions of -k and -m: pytest's own evaluator, which is private, is what they are compared with."""

from itertools import product

import pytest
from _pytest.mark.expression import Expression as Pytests
from hypothesis import given
from hypothesis import strategies as st

from harness.cases.expressions import is_part
from harness.cases.expressions import matching
from harness.cases.expressions import read_expression
from harness.errors import UsageError

NAMES = ("a", "_0", "True", "None", "gsm8k", "main-0", "x[y]", "p/q.py", "a::b", "c\\d", "1+1", "andy")
TOKENS = (*NAMES[:4], "and", "or", "not", "(", ")", "a(b=1)", "a (b='or )', c=True)", "=", "!", "'")


def of_pytest(text):
    """What pytest makes of a text: None where it is no expression."""
    try:
        return Pytests.compile(text)
    except SyntaxError:
        return None


def of_ours(text):
    try:
        return read_expression("-k", text)
    except UsageError:
        return None


def agree(text):
    """Whether both readers know the same names in a text, and the same of their values for which it holds."""
    theirs, ours = of_pytest(text), of_ours(text)
    if theirs is None or ours is None:
        return theirs is None and ours is None
    choices = [dict(zip(ours.names, values, strict=True)) for values in product((True, False), repeat=len(ours.names))]
    return set(ours.names) == set(theirs.idents()) and all(
        ours.holds(choice.__getitem__) == theirs.evaluate(lambda name, /, of=choice, **_: of[name])
        for choice in choices
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_name_has_the_characters_that_pytest_allows(name):
    assert read_expression("-k", name).names == (name,)
    assert agree(f"not {name} or ({name}and)")


@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=9).map(" ".join))
def test_a_text_of_any_tokens_means_what_it_means_to_pytest(text):
    assert agree(text), text


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("-k", "tins jars", "-k 'tins jars': no expression; expected parts of names with and, or, not"),
        ("-m", "(tins", "-m '(tins': no expression; expected names of marks with and, or, not"),
        ("-k", "50%", "-k '50%': no expression; expected parts of names with and, or, not"),
        ("-k", "and (b=1)", "-k 'and (b=1)': no expression; expected parts of names with and, or, not"),
    ],
)
def test_what_is_no_expression_is_refused(option, text, message):
    with pytest.raises(UsageError) as caught:
        read_expression(option, text)
    assert str(caught.value) == message


def test_a_word_is_part_of_a_name_in_letters_of_either_case():
    assert is_part("TIN", ["jars", "Tins"])
    assert not is_part("tins", ["tin"])


def test_benchmarks_are_matched_by_name_and_area():
    areas = {"tins": "math", "jars": "code", "lids": None}
    assert matching("math or LID", areas) == {"tins", "lids"}
    with pytest.raises(UsageError, match=r"^-k 'cows': no benchmark; expected parts of tins, jars, lids$"):
        matching("cows", areas)
    with pytest.raises(UsageError, match=r"^-k 'cows': no page; expected parts of a name$"):
        matching("cows", {}, "page")
