"""Filling in the middle: each family's tokens around prompt and suffix, a question in a chat, or a refusal."""

import runpy
from pathlib import Path

import pytest

from harness.core import Generate
from harness.core import fingerprint
from harness.engines.texts.infilling import continued
from harness.engines.texts.tokens import Tokens
from harness.engines.texts.unreadable import UnreadableError
from harness.prompts import with_gap

_MADE = runpy.run_path(str(Path(__file__).with_name("tokenizers_made.py")))
bytes_and_merges = _MADE["bytes_and_merges"]
GAP = Generate("def f(x):\n", suffix="    return y\n")
QWEN = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        (QWEN, "<|fim_prefix|>def f(x):\n<|fim_suffix|>    return y\n<|fim_middle|>"),
        (
            ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
            "<fim_prefix>def f(x):\n<fim_suffix>    return y\n<fim_middle>",
        ),
        (("▁<PRE>", "▁<SUF>", "▁<MID>"), "▁<PRE>def f(x):\n▁<SUF>    return y\n▁<MID>"),
        (
            ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # noqa: RUF001 - DeepSeek-Coder's own bars
            "<｜fim▁begin｜>def f(x):\n<｜fim▁hole｜>    return y\n<｜fim▁end｜>",  # noqa: RUF001
        ),
        (("[SUFFIX]", "[PREFIX]"), "[SUFFIX]    return y\n[PREFIX]def f(x):\n"),
    ],
)
def test_each_family_s_tokens(marks: tuple[str, ...], text: str) -> None:
    assert continued(GAP, marks.__contains__) == text


def test_a_gap_may_have_nothing_behind_it() -> None:
    assert continued(Generate("a", suffix=""), QWEN.__contains__) == "<|fim_prefix|>a<|fim_suffix|><|fim_middle|>"


def test_what_a_prompt_holds_is_no_mark() -> None:
    assert continued(Generate("{behind}", suffix="{before}"), QWEN.__contains__).startswith(
        "<|fim_prefix|>{behind}<|fim"
    )


def test_without_such_tokens_it_is_refused() -> None:
    with pytest.raises(UnreadableError, match="the tokenizer has no tokens for filling in the middle; a model with a"):
        continued(GAP, QWEN[:2].__contains__)
    assert continued(Generate("a"), ().__contains__) == "a"


def test_the_tokens_are_looked_up_in_the_tokenizer() -> None:
    tokens = Tokens(bytes_and_merges(added=QWEN))
    asked = tokens.prompt(GAP, template=False)
    assert tokens.tokenizer.decode(asked) == "<|fim_prefix|>def f(x):\n<|fim_suffix|>    return y\n<|fim_middle|>"
    assert [asked.count(tokens.added(mark)) for mark in QWEN] == [1, 1, 1]


def test_a_chat_template_asks_in_words() -> None:
    tokens = Tokens(bytes_and_merges(template="{{ messages[-1].content }}"))
    text = tokens.tokenizer.decode(tokens.prompt(GAP, template=True))
    assert "```python\ndef f(x):\n<gap>    return y\n\n```" in text


def test_people_are_shown_the_gap() -> None:
    assert with_gap(GAP) == "def f(x):\n<gap>    return y\n"
    assert with_gap(Generate("a")) == "a"


def test_a_request_without_a_gap_keeps_its_fingerprint() -> None:
    assert fingerprint(Generate("a")) == "9a2e42ae4664ad412a0e1af4203ddb6ef7226c7aded675d445b246c1ecee6431"
    assert fingerprint(Generate("a", suffix="b")) != fingerprint(Generate("a"))
