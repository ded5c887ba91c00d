"""Log-likelihoods from an echoed prompt: which of its tokens are the continuation's, and what they are worth.

A server gives the tokens of context and continuation together, as texts. Where one of them is a part of a character,
its text does not show which. So the tokens are laid along the prompt in every way they can lie, and the cut is taken
where it is certain. A token that spans context and continuation is refused: without the tokenizer the continuation
cannot be tokenised apart.
"""

import math
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Rolling
from harness.engines.openai.failures import CallError

ROUNDING = 1e-3
"""A log-probability may exceed 0 by this much, in nats."""
LONGEST = 4
"""A token that is a part of a character may stand for so many characters at most."""
PART, BYTES = "\ufffd", "bytes:"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as a server shows it: its text, its log-probability, and that of the most likely one in its place."""

    text: str
    value: float | None
    best: float | None

    @property
    def is_part(self) -> bool:
        """Whether it shows less than whole characters."""
        return not self.text or PART in self.text or self.is_bytes

    @property
    def is_bytes(self) -> bool:
        r"""Whether it shows bytes, as `bytes:\xe2\x80`, which OpenAI's server has for parts of characters."""
        return self.text.startswith(BYTES) and "\\x" in self.text

    @property
    def head(self) -> str:
        """The whole characters that it begins with."""
        if self.is_bytes:
            return self.text.removeprefix(BYTES).partition("\\x")[0]
        return self.text.partition(PART)[0]

    @property
    def is_greedy(self) -> bool:
        """Whether it is the most likely one."""
        return self.value is not None and self.best is not None and self.value >= self.best


@dataclass(frozen=True, slots=True)
class Scored:
    """What the tokens of a continuation are worth together."""

    value: float
    tokens: int
    greedy: bool


def body(text: str, spent: int) -> dict[str, Any]:
    """The fields of a request that has `text` scored; `spent` is how many tokens the server must write besides."""
    return {"prompt": text, "echo": True, "logprobs": 1, "max_tokens": spent, "temperature": 0}


def texts(request: LogLikelihood | Rolling) -> list[tuple[str, int]]:
    """The texts that a request has scored, and where in each the scored part begins.

    White space at a context's end belongs to the continuation, as it does for lm-evaluation-harness.
    """
    if isinstance(request, Rolling):
        return [(request.text, 0)]
    return [(context + continuation, len(context.rstrip())) for context, continuation in request.pairs]


def together(scores: Sequence[Scored]) -> LogLikelihoods:
    """The answer to a request from those to its texts."""
    return LogLikelihoods(
        tuple(score.value for score in scores),
        tuple(score.tokens for score in scores),
        tuple(score.greedy for score in scores),
    )


def reader(text: str, start: int, spent: int) -> Callable[[Mapping[str, Any]], Scored]:
    """What reads the score of a text from `start` on out of a server's answer."""

    def read(answer: Mapping[str, Any]) -> Scored:
        return scored(echoed(answer, text, spent), text, start)

    return read


def echoed(answer: Mapping[str, Any], text: str, spent: int) -> list[Token]:
    """The tokens of the prompt; raises CallError where the answer does not have them."""
    choice = first_choice(answer)
    if not str(choice.get("text", "")).startswith(text):
        raise CallError("refuse", "the answer does not begin with the prompt, although echo was asked for")
    usage = answer.get("usage") or {}
    written = usage.get("completion_tokens", spent)
    sequence = tokens(choice)
    return sequence[: len(sequence) - written] if isinstance(written, int) and written else sequence


def scored(tokens: Sequence[Token], text: str, start: int) -> Scored:
    """The score of a text from `start` on; raises CallError where it has none."""
    targets = tokens[cut(tokens, text, start) :]
    if not targets:
        raise CallError("refuse", f"continuation {text[start:]!r}: it has no token", "expected one to score")
    values = [token.value for token in targets if token.value is not None]
    if len(values) != len(targets):
        raise CallError(
            "refuse", "the server gives no log-prob for a text's first token", "expected a context before it"
        )
    if not all(-math.inf < value <= ROUNDING for value in values):
        raise CallError("odd", "a log-prob that is no finite number, or above 0")
    return Scored(math.fsum(values), len(values), all(token.is_greedy for token in targets))


def cut(tokens: Sequence[Token], text: str, start: int) -> int:
    """The number of tokens before `start`; raises CallError where a token spans it, or it cannot be told."""
    ahead = _places(tokens, text)
    if len(text) not in ahead[-1]:
        raise CallError("refuse", "the server's tokens do not spell the prompt")
    if not start:
        return int(_is_special(tokens, text))
    behind = _places_from_end(tokens, text)
    cuts = [number for number in range(len(tokens) + 1) if start in ahead[number] and start in behind[number]]
    if not cuts:
        raise CallError(
            "refuse", f"a token spans context and continuation {text[start:]!r}", "expected one to end there"
        )
    if len(cuts) == 1 or text[start - 1].isascii():
        return cuts[0]
    if start < len(text) and not text[start].isascii():
        raise CallError("refuse", f"parts of characters stand where the continuation {text[start:]!r} begins")
    return cuts[-1]


def tokens(choice: Mapping[str, Any]) -> list[Token]:
    """The tokens of a choice, as completions list them or as chat does; raises CallError where there are none."""
    given = choice.get("logprobs")
    if not isinstance(given, Mapping):
        raise CallError("refuse", "the answer has no log-probs")
    content = given.get("content")
    if isinstance(content, list):
        return [_of_chat(entry) for entry in content]
    shown, values, tops = (given.get(name) or [] for name in ("tokens", "token_logprobs", "top_logprobs"))
    tops = tops or [None] * len(shown)
    if not len(shown) == len(values) == len(tops):
        raise CallError("odd", "log-probs of another number than the tokens")
    return [
        Token(str(text), _number(value), max(map(_least, top.values()), default=None) if top else None)
        for text, value, top in zip(shown, values, tops, strict=True)
    ]


def first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first choice of an answer; raises CallError where it has none."""
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise CallError("odd", "an answer with an empty list of choices", "expected one")
    return choices[0]


def _places(tokens: Sequence[Token], text: str) -> list[set[int]]:
    """Where in the text the first n tokens can end, for each n; a special token in front stands for nothing."""
    places = [{0}]
    for number, token in enumerate(tokens):
        after = _after(token, text, places[-1])
        places.append(after or ({0} if number == 0 and token.value is None else set()))
    return places


def _places_from_end(tokens: Sequence[Token], text: str) -> list[set[int]]:
    """Where in the text all but the first n tokens can begin, for each n."""
    places = [{len(text)}]
    for token in reversed(tokens):
        places.append(_before(token, text, places[-1]))
    return places[::-1]


def _after(token: Token, text: str, places: set[int]) -> set[int]:
    """Where a token can end that begins at one of the places."""
    head = token.head
    ends = {place + len(head) for place in places if text.startswith(head, place)}
    for _ in range(LONGEST if token.is_part else 0):
        ends |= {place + 1 for place in ends if not text[place : place + 1].isascii()}
    return ends


def _before(token: Token, text: str, places: set[int]) -> set[int]:
    """Where a token can begin that ends at one of the places."""
    head, ends = token.head, set(places)
    for _ in range(LONGEST if token.is_part else 0):
        ends |= {place - 1 for place in ends if place and not text[place - 1].isascii()}
    starts = (place - len(head) for place in ends)
    return {start for start in starts if start >= 0 and text.startswith(head, start)}


def _is_special(tokens: Sequence[Token], text: str) -> bool:
    """Whether the first token is one that a server puts before every text."""
    return bool(tokens) and tokens[0].value is None and not _after(tokens[0], text, {0})


def _of_chat(entry: Any) -> Token:
    if not isinstance(entry, Mapping):
        raise CallError("odd", "a log-prob that is none")
    tops = [_least(top.get("logprob")) for top in entry.get("top_logprobs") or () if isinstance(top, Mapping)]
    return Token(str(entry.get("token", "")), _number(entry.get("logprob")), max(tops, default=None))


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _least(value: Any) -> float:
    return -math.inf if (number := _number(value)) is None else number
