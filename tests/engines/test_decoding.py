"""When a completion ends and what is thought of it, token by token."""

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex
from tokenizers import Tokenizer
from tokenizers import decoders
from tokenizers import models
from tokenizers import pre_tokenizers
from transformers import PreTrainedTokenizerFast

from harness.core import Completion
from harness.engines.texts.completion import Draft
from harness.engines.texts.completion import Limits
from harness.engines.texts.completion import opens_thought
from harness.engines.texts.tokens import Tokens
from harness.text_answers.ending import begins_thought
from harness.text_answers.ending import cut
from harness.text_answers.ending import parted
from harness.text_answers.ending import replayed

PIECES = ["</s>", "<unk>", "a", "b", "c", " ", "\n", "<", ">", "/", "think", "stop", "é", "🦊"]


def tokens(*, whole_tags):
    core = Tokenizer(models.WordLevel({piece: at for at, piece in enumerate(PIECES)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Split(
        pattern=Regex("|".join(sorted(PIECES[2:], key=len, reverse=True))), behavior="isolated"
    )
    core.decoder = decoders.Fuse()
    made = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="</s>", unk_token="<unk>")
    if whole_tags:
        made.add_tokens(["<think>", "</think>"])
    return Tokens(made)


SPELLED, WHOLE = tokens(whole_tags=False), tokens(whole_tags=True)
END = 0


def write(text, *, tokenizer=SPELLED, opened=False, end=True, **limits):
    """The completion of a model that would write `text` and then its end token, again and again."""
    draft = Draft(tokenizer, Limits(**{"max_tokens": 100, "ends": frozenset({END}), **limits}), opened)
    for token in tokenizer.bare(text) + [END] * end:
        if draft.push(token):
            return draft.completion
    raise AssertionError("the draft did not end")


def test_an_end_token_stops_and_is_no_text():
    assert write("abc") == Completion("abc", "stop", 3)
    assert write("") == Completion("", "stop", 0)


def test_a_budget_used_up_is_a_length():
    assert write("abcabc", max_tokens=4) == Completion("abca", "length", 4)


def test_the_text_ends_before_the_first_stop_string():
    assert write("ab stop c", stop=("stop",)) == Completion("ab ", "stop", 4)
    assert write("a\nbb stop", stop=("stop", "b", "")) == Completion("a\n", "stop", 3)
    assert write("aaab", stop=("ab",), max_tokens=4) == Completion("aa", "stop", 4)


@given(st.text("abc\né🦊", max_size=40), st.lists(st.text("abcé🦊\n", min_size=1, max_size=3), max_size=3))
def test_writing_ends_as_soon_as_a_stop_string_is_whole_and_cuts_at_the_earliest(text, stops):
    found = write(text, stop=tuple(stops))
    read = min((text.find(stop) + len(stop) for stop in stops if stop in text), default=len(text))
    cut = min((text[:read].find(stop) for stop in stops if stop in text[:read]), default=len(text))
    assert found.text == text[:cut]
    assert found.finish == "stop"


@pytest.mark.parametrize("tokenizer", [SPELLED, WHOLE], ids=["spelled", "whole"])
class TestThoughts:
    def test_a_thought_is_taken_out_of_the_text(self, tokenizer):
        found = write("<think>a b</think>\n\nc", tokenizer=tokenizer, think_tokens=50)
        assert (found.text, found.thought, found.finish) == ("c", "a b", "stop")

    def test_the_prompt_may_have_opened_it(self, tokenizer):
        found = write("a b</think>c", tokenizer=tokenizer, opened=True, think_tokens=50)
        assert (found.text, found.thought) == ("c", "a b")

    def test_a_closing_tag_alone_ends_a_thought_too(self, tokenizer):
        found = write("a b</think>c", tokenizer=tokenizer, think_tokens=50)
        assert (found.text, found.thought) == ("c", "a b")

    def test_an_unfinished_thought_is_truncated(self, tokenizer):
        for text in ("<think>" + "a" * 60, "<think>a"):
            found = write(text, tokenizer=tokenizer, think_tokens=20)
            assert (found.text, found.finish) == ("", "length")
            assert set(found.thought) == {"a"}

    def test_the_answer_has_its_own_budget_and_stop_strings(self, tokenizer):
        found = write("<think>a stop b</think>\nc" + "a" * 9, tokenizer=tokenizer, think_tokens=40, max_tokens=5)
        assert (found.text, found.finish) == ("caaa", "length")
        found = write("<think>a\nb</think>\n\nc\na", tokenizer=tokenizer, think_tokens=40, stop=("\n",))
        assert (found.text, found.thought, found.finish) == ("c", "a\nb", "stop")

    def test_a_model_that_does_not_think_just_answers(self, tokenizer):
        assert write("a b", tokenizer=tokenizer, think_tokens=40) == Completion("a b", "stop", 3)

    def test_tags_are_text_where_no_thought_is_expected(self, tokenizer):
        assert write("<think>a</think>b", tokenizer=tokenizer).text == "<think>a</think>b"


TAGGED = st.lists(st.sampled_from([*"abc \n", "<think>", "</think>", "stop"]), max_size=12).map("".join)


@given(TAGGED, st.lists(st.sampled_from(["stop", "b", "ca", "\n", "a\n"]), max_size=3))
@pytest.mark.parametrize("tokenizer", [SPELLED, WHOLE], ids=["spelled", "whole"])
def test_a_replayed_text_becomes_what_is_left_of_one_that_is_written(tokenizer, text, stops):
    """One rule for both: what is cut, what is thought, and whether the answer was cut off.

    An engine ends at a stop string before it can know that a closing tag will follow which nothing opened.
    """
    found = parted(text)
    assume(begins_thought(text) or found.thought is None or cut(text[: text.find("</think>") + 7], stops) is None)
    written = write(text, tokenizer=tokenizer, stop=tuple(stops), think_tokens=200, max_tokens=200)
    found = replayed(Completion(text, "stop", written.tokens), stops)
    assert found == written


def test_a_tag_in_quotes_ends_no_thought_that_nothing_began():
    text = """a "b</think>c" a"""
    pieces = Tokenizer(models.WordLevel({piece: at for at, piece in enumerate([*PIECES, '"'])}, unk_token="<unk>"))
    pieces.pre_tokenizer = pre_tokenizers.Split(pattern=Regex("think|[ -~]"), behavior="isolated")
    pieces.decoder = decoders.Fuse()
    made = Tokens(PreTrainedTokenizerFast(tokenizer_object=pieces, eos_token="</s>", unk_token="<unk>"))
    written = write(text, tokenizer=made, think_tokens=200)
    assert written == replayed(Completion(text, "stop", written.tokens), ())
    assert written.text == text


def test_a_prompt_that_ends_in_an_open_tag_opens_the_thought():
    assert opens_thought("question <think>\n")
    assert not opens_thought("question <think></think>")
