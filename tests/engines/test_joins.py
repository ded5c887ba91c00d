"""A token that spans context and continuation: the continuation's own characters are scored, or it is refused."""

import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import LogLikelihood
from harness.core import Refusal
from harness.engines.texts.tokens import Tokens
from harness.engines.texts.unreadable import UnreadableError

_MADE = runpy.run_path(str(Path(__file__).with_name("tokenizers_made.py")))
bytes_and_merges = _MADE["bytes_and_merges"]
unigrams = _MADE["unigrams"]
with_prefix_space = _MADE["with_prefix_space"]
KINDS = (bytes_and_merges, with_prefix_space, lambda **more: unigrams([], **more))
SHORT = st.text("ab:C \n", max_size=6)


@pytest.fixture
def made_tiny(tmp_path):
    """Makes an engine of a small random model with a tokenizer."""
    return lambda made, **settings: _MADE["engine"](made, tmp_path, **settings)


def pieces(tokens, scored):
    return [tokens.tokenizer.decode([one]) for one in scored.tokens[len(scored.tokens) - scored.targets :]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("added", "context", "continuation"),
    [
        ([": C"], "a:", " C"),
        ([": C"], "a:", " Cb"),
        ([": C", " Cb"], "a:", " Cb"),
        (["b:C"], "ab", ":Ca"),
        (["ab:"], "a", "b:"),
        (["a: C"], "a", ": C"),
        (["a: Cb"], "a:", " Cb"),
    ],
)
def test_what_a_token_spans_is_tokenised_apart(kind, added, context, continuation):
    """All of the continuation is scored, and nothing of the context."""
    tokens = Tokens(kind(added=added))
    scored = tokens.pair(context, continuation)
    before = tokens.encode(context)
    assert scored.apart
    assert list(scored.tokens[: len(before)]) == before
    assert "".join(pieces(tokens, scored)).replace(" ", "") == continuation.replace(" ", "")
    assert tokens.decode(scored.tokens).replace(" ", "") == (context + continuation).replace(" ", "")
    assert pieces(tokens, scored)[0].startswith(" ") is continuation.startswith(" ") or kind is not bytes_and_merges


def test_a_merge_across_the_join_is_a_token_that_spans_both():
    tokens = Tokens(bytes_and_merges(merges=[("b", ":"), ("b:", "C")]))
    swallowed, cut = tokens.pair("ab", ":C"), tokens.pair("ab", ":Ca")
    assert (pieces(tokens, swallowed), swallowed.apart) == ([":", "C"], True)
    assert (pieces(tokens, cut), cut.apart) == ([":", "C", "a"], True)


def test_one_choice_may_be_tokenised_apart_and_the_next_not():
    tokens = Tokens(bytes_and_merges(added=[": C"]))
    first, second = tokens.pair("a:", " C"), tokens.pair("a:", " D")
    assert (first.targets, first.apart) == (second.targets, not second.apart) == (2, True)
    assert first.tokens[:2] == second.tokens[:2]


@pytest.mark.parametrize("kind", KINDS)
@given(added=st.lists(st.text("ab:C ", min_size=2, max_size=4), max_size=3), context=SHORT, continuation=SHORT)
@settings(max_examples=150, deadline=None)
def test_every_character_of_a_continuation_is_scored_or_the_pair_is_refused(kind, added, context, continuation):
    """Whatever is merged: what is scored spells the white space that moved over and the continuation, and no more."""
    tokens = Tokens(kind(added=[text for text in added if text.strip()]))
    try:
        scored = tokens.pair(context, continuation)
    except UnreadableError as error:
        assert str(error).startswith("a token spans context and continuation")  # noqa: PT017
        return
    moved = context[len(context.rstrip()) :]
    spelled, expected = tokens.decode(scored.tokens[len(scored.tokens) - scored.targets :]), moved + continuation
    if kind is not bytes_and_merges:
        # these put a space behind every added token, and decode none in front
        spelled, expected = (text.replace(" ", "") for text in (spelled, expected))
    assert spelled == expected
    assert scored.targets > 0 or not moved + continuation
    before = tokens.encode(context.rstrip())
    if context.strip():
        assert list(scored.tokens[: len(scored.tokens) - scored.targets]) == before


@given(context=SHORT.filter(str.strip), continuation=SHORT)
@settings(max_examples=150, deadline=None)
def test_where_no_token_spans_both_the_rule_is_lm_evaluation_harness_s(context, continuation):
    """`TemplateLM._encode_pair` (0.4.13): the tokens of the whole text behind as many as the context alone has."""
    tokens = Tokens(bytes_and_merges(merges=[("a", "b"), ("\N{LATIN CAPITAL LETTER G WITH DOT ABOVE}", "C")]))
    scored = tokens.pair(context, continuation)
    whole, before = tokens.encode(context + continuation), tokens.encode(context.rstrip())
    if whole[: len(before)] == before:
        assert (list(scored.tokens), scored.targets, scored.apart) == (whole, len(whole) - len(before), False)


def test_a_continuation_that_cannot_stand_alone_is_refused():
    """The added token takes the white space beside it, so that what is left apart spells another text."""
    made = bytes_and_merges()
    made.backend_tokenizer.normalizer = None
    made.add_tokens(["a:"])
    tokens = Tokens(made)
    made.convert_ids_to_tokens = made.decode = lambda *found, **_: str(found)
    with pytest.raises(UnreadableError) as caught:
        tokens.pair("a", ":b")
    assert str(caught.value) == (
        "a token spans context and continuation ':b', which spells another text when it is tokenised apart"
    )


def test_an_engine_scores_what_is_spanned_and_counts_it(made_tiny):
    tiny = made_tiny(bytes_and_merges(added=[": C"]))
    request = LogLikelihood((("a:", " C"), ("a:", " D"), ("a:", " C: C")))
    ((_, response),) = tiny.answer([request])
    assert response.apart == 2
    assert response.tokens == (2, 2, 3)
    assert all(value < -1 for value in response.values)
    ((_, alone),) = tiny.answer([LogLikelihood((("a:", " D"),))])
    assert (alone.apart, alone.values[0]) == (0, pytest.approx(response.values[1], abs=1e-4))


def test_an_empty_continuation_is_refused_and_never_certain(made_tiny):
    tiny = made_tiny(bytes_and_merges())
    answered = dict(tiny.answer([LogLikelihood((("a", " b"), ("a", ""))), LogLikelihood((("a", " "), ("a", " b")))]))
    assert answered[0] == Refusal("continuation '': it has no token; expected one to score")
    assert answered[1].tokens == (1, 2)
