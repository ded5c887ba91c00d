"""Where in a prompt's tokens the continuation begins, also where tokens are parts of characters."""

import pytest

from harness.engines.openai.failures import CallError
from harness.engines.openai.failures import waiting
from harness.engines.openai.scoring import Token
from harness.engines.openai.scoring import cut
from harness.engines.openai.scoring import scored
from harness.engines.openai.scoring import tokens


def pieces(*shown):
    return [Token(text, None if number == 0 else -1.0, -1.0) for number, text in enumerate(shown)]


@pytest.mark.parametrize(
    ("shown", "context", "continuation", "before"),
    [
        (("The", " cat"), "The", " cat", 1),
        (("<s>", "The", " cat"), "The", " cat", 2),
        (("The", " ca", "t", " sat"), "The cat", " sat", 3),
        (("a", "\ufffd", "\ufffd", "\ufffd", " b"), "a😀", " b", 4),
        (("a", " \ufffd", "\ufffd", " b"), "a", " 😀 b", 1),
        (("a", "", "", "😀", " b"), "a", "😀 b", 1),
        (("a", "", "", "😀", " b"), "a😀", " b", 4),
        (("bytes:\\xf0\\x9f", "bytes:\\x98\\x80", " b"), "😀", " b", 2),
        (("a", "bytes: \\xf0\\x9f", "bytes:\\x98\\x80"), "a", " 😀", 1),
        (("你", "\ufffd", "\ufffd", "是", "好"), "你们是", "好", 4),
    ],
)
def test_the_cut_is_found(shown, context, continuation, before):
    assert cut(pieces(*shown), context + continuation, len(context)) == before


@pytest.mark.parametrize(
    ("shown", "context", "continuation", "reason"),
    [
        (("The ca", "t"), "The", " cat", "a token spans"),
        (("The", " dog"), "The", " cat", "do not spell"),
        (("ĠThe", "Ġcat"), "The", " cat", "do not spell"),
        (("a", "\ufffd", "\ufffd", "\ufffd"), "a😀", "好", "parts of characters"),
    ],
)
def test_a_cut_that_is_not_certain_is_refused(shown, context, continuation, reason):
    with pytest.raises(CallError, match=reason) as caught:
        cut(pieces(*shown), context + continuation, len(context))
    assert caught.value.kind == "refuse"


def test_a_long_text_of_parts_is_laid_in_time():
    text = "你好" * 400
    shown = pieces("a", *("\ufffd" for _ in range(1600)), " b")
    assert cut(shown, f"a{text} b", len(text) + 1) == len(shown) - 1


def test_the_score_is_of_the_continuation_alone():
    found = [Token("a", None, None), Token(" b", -1.0, -0.5), Token(" c", -2.0, -2.0)]
    assert scored(found, "a b c", 3).value == -2.0
    assert scored(found, "a b c", 3).greedy
    assert not scored(found, "a b c", 1).greedy
    assert scored(found, "a b c", 1).tokens == 2


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 0.5])
def test_a_value_that_is_no_log_prob_is_no_answer(value):
    with pytest.raises(CallError, match="no finite number"):
        scored([Token("a", None, None), Token(" b", value, value)], "a b", 1)


def test_log_probs_of_either_form_are_read():
    legacy = {"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": [{"a": -1, "b": -0.5}]}
    chat = {"content": [{"token": "a", "logprob": -1, "top_logprobs": [{"token": "b", "logprob": -0.5}]}]}
    assert tokens({"logprobs": legacy}) == tokens({"logprobs": chat}) == [Token("a", -1.0, -0.5)]


def test_the_time_to_wait_is_read_in_all_its_forms():
    assert waiting({"retry-after-ms": "1500"}) == 1.5
    assert waiting({"retry-after": "2"}) == 2
    assert waiting({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert waiting({"retry-after": "soon"}) is None
    assert waiting({}) is None
