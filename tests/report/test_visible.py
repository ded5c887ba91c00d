"""A stranger's text is made harmless, and nothing of it is lost."""

import unicodedata

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.printing.visible import line
from harness.printing.visible import visible

JOINERS = {"\u200c", "\u200d"}


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_no_character_that_acts_is_left(text):
    shown = visible(text)
    assert not [one for one in shown if unicodedata.category(one) == "Cc" and one not in "\n\t"]
    assert not [
        one
        for one in shown
        if unicodedata.bidirectional(one) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]
    shown.encode("utf-8")


@settings(deadline=None)
@given(st.text())
def test_it_is_idempotent(text):
    assert visible(visible(text)) == visible(text)


@settings(deadline=None)
@given(st.text(st.characters(categories=("L", "N", "P", "S", "M"))))
def test_ordinary_text_stays_as_it_is(text):
    assert visible(text) == text


def test_each_kind_is_spelled_out():
    assert visible("a\x1b[31mb\x00\x7f\u202e\ud800\u2066") == "a␛[31mb␀<U+007F><U+202E><U+D800><U+2066>"
    assert visible("a\n\tb \u200d") == "a\n\tb \u200d"


def test_a_line_is_one_line():
    assert line(" a\n b\tc\r\n") == "a b c"
