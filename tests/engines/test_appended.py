"""What a tokenizer appends to every text is left off contexts, continuations and prompts."""

import runpy
from pathlib import Path

import pytest

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Message
from harness.engines.texts.appended import Appended
from harness.engines.texts.appended import appended
from harness.engines.texts.tokens import Tokens

_MADE = runpy.run_path(str(Path(__file__).with_name("tokenizers_made.py")))
Insistent = _MADE["Insistent"]
appending = _MADE["appending"]
bytes_and_merges = _MADE["bytes_and_merges"]
fast = _MADE["fast"]
unigrams = _MADE["unigrams"]
with_prefix_space = _MADE["with_prefix_space"]
KINDS = (bytes_and_merges, with_prefix_space, lambda **more: unigrams([], **more))
TEMPLATE = "{% for m in messages %}{{ m.content }}</s>{% endfor %}"


@pytest.fixture
def made_tiny(tmp_path):
    """Makes an engine of a small random model with a tokenizer."""
    return lambda made, **settings: _MADE["engine"](made, tmp_path, **settings)


@pytest.mark.parametrize("lead", ["", "<s>", "[SEP] <s>"])
@pytest.mark.parametrize("tail", ["</s>", "[SEP]", "[SEP] </s>", "</s> </s>"])
@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_asked_as_without_what_is_appended(kind, tail, lead):
    plain, other = Tokens(appending(kind(), "", lead=lead)), Tokens(appending(kind(), tail, lead=lead))
    for text in ("a", "7", "a b", "", "\n", "a</s>", "</s>", "<s>a"):
        assert other.encode(text) == plain.encode(text)
        assert other.bare(text) == plain.bare(text)
        assert other.prompt(Generate(text), template=False) == plain.prompt(Generate(text), template=False)
    for pair in (("a", " b"), ("a", "b"), ("", "b"), ("a ", "b"), ("a", "</s>")):
        assert other.pair(*pair) == plain.pair(*pair)
    assert other.rolling("a b", 2) == plain.rolling("a b", 2)
    assert plain.notes(template=False) == ()
    spelled = other.tokenizer.decode(other.tokenizer.convert_tokens_to_ids(tail.split()))
    assert other.notes(template=False) == (
        f"the tokenizer appends {spelled!r} to every text; it is left off what is asked",
    )


def test_a_rendered_template_keeps_the_ends_of_its_own_turns():
    other = Tokens(appending(bytes_and_merges(template=TEMPLATE), "</s>"))
    prompt = Generate((Message("user", "a"), Message("assistant", "b")))
    assert other.tokenizer.convert_ids_to_tokens(other.prompt(prompt, template=True)) == ["a", "</s>", "b", "</s>"]


def test_what_is_appended_even_without_special_tokens_is_left_off_too():
    made = bytes_and_merges()
    insistent = Tokens(fast(made.backend_tokenizer, kind=Insistent))
    assert appended(insistent.tokenizer) == Appended((1,), (1,))
    plain = Tokens(made)
    assert insistent.encode("a b") == plain.encode("a b")
    assert insistent.bare("a b") == plain.bare("a b")
    assert insistent.pair("a", " b") == plain.pair("a", " b")


def test_texts_a_tokenizer_does_not_know_are_no_tail():
    """Every probe is the unknown token here, which follows nothing."""
    made = bytes_and_merges()
    made.backend_tokenizer.normalizer = None
    strange = fast(type(made.backend_tokenizer)(_word_level()))
    assert appended(strange) == Appended()


def _word_level():
    from tokenizers import models

    return models.WordLevel({"<unk>": 0, "<s>": 1, "</s>": 2, "[SEP]": 3}, unk_token="<unk>")


def test_log_likelihoods_and_prompts_of_a_model_are_those_without_what_is_appended(made_tiny):
    requests = [LogLikelihood((("a:", " C"), ("", "b"))), Generate("a b", max_tokens=5)]
    plain, other = (dict(made_tiny(made).answer(requests)) for made in (bytes_and_merges(), _with_end()))
    assert other == plain
    assert made_tiny(_with_end()).describe()["notes"] == [
        "the tokenizer appends '</s>' to every text; it is left off what is asked"
    ]


def _with_end():
    return appending(bytes_and_merges(), "</s>")
