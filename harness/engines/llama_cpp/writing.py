"""Completions: what is asked of the library, and when what it writes has ended.

Stop strings, thoughts and budgets are judged here, piece by piece, by the rules that all engines share, so the library
is given none of them but the number of tokens.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from harness.core import Completion
from harness.core import Finish
from harness.core import Generate
from harness.engines.texts.clock import now
from harness.engines.texts.clock import since
from harness.text_answers.ending import CLOSE
from harness.text_answers.ending import OPEN
from harness.text_answers.ending import begins_thought
from harness.text_answers.ending import closing
from harness.text_answers.ending import cut
from harness.text_answers.ending import inside


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a completion: tokens of the answer, stop strings, tokens of the thought (None: it does not think)."""

    max_tokens: int
    stop: tuple[str, ...] = ()
    think_tokens: int | None = None

    @property
    def total(self) -> int:
        """The most tokens a completion can have, thought and answer."""
        return self.max_tokens + (self.think_tokens or 0)


def fields(prompt: Sequence[int], request: Generate, limits: Limits, sample: int) -> dict[str, Any]:
    """The library's fields for one sample: greedy, or temperature before top-p as other engines draw, and no more.

    Tokens that are special and named as stop, or as a thought's tags, are written as text, which shows none otherwise.
    """
    tags = () if limits.think_tokens is None else (OPEN, CLOSE)
    drawn = request.temperature > 0
    return {
        "prompt": list(prompt),
        "max_tokens": limits.total,
        "temperature": request.temperature,
        "top_p": request.top_p if drawn else 1.0,
        "samplers": ["temperature", "top_p"] if drawn else ["temperature"],
        "seed": drawn_seed(request.seed, sample),
        "repeat_penalty": 1.0,
        "preserved_tokens": [stop for stop in (*limits.stop, *tags) if stop],
        "timings_per_token": True,
    }


def drawn_seed(seed: int, sample: int) -> int:
    """The seed of a sample, which no other request or sample changes."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{sample}".encode()).digest()[:4], "big") >> 1


def opens_thought(prompt: str) -> bool:
    """Whether a prompt leaves a `<think>` open for the model."""
    return prompt.rstrip().endswith(OPEN)


@dataclass(slots=True)
class Draft:
    """Takes a completion piece by piece until `finish` is set.

    Attributes:
        limits: What ends it.
        opened: Whether the prompt ends with an open tag of a thought.
        text: What is written, thought included.
        tokens: How many tokens that is.
        finish: Why it ended; None before it has.
        thinking: Whether what comes now is thought.
        thought: The thought, when it is whole.
        begin: How many tokens the thought took.
        start: Where in the text the answer begins.
        began: When the slot took it up, by `clock.now`.
        first_token: Seconds from then to the first token; None before it is there.
        latency: Seconds from then to the last token; None while it has not ended.
    """

    limits: Limits
    opened: bool = False
    text: str = ""
    tokens: int = 0
    finish: Finish | None = None
    thinking: bool = False
    thought: str | None = None
    begin: int = 0
    start: int = 0
    began: float = field(default_factory=now)
    first_token: float | None = None
    latency: float | None = None

    def __post_init__(self) -> None:
        self.thinking = self.opened and self.limits.think_tokens is not None

    def push(self, piece: str, tokens: int) -> bool:
        """Add what is written, `tokens` in all so far; True when the completion has ended with it.

        A piece that comes with more tokens than the budget, as one that finishes a character may, is left out.
        """
        self._note_time()
        if self._ends_with(piece, tokens):
            self.latency = since(self.began)
        return self.finish is not None

    def _note_time(self) -> None:
        if self.first_token is None:
            self.first_token = since(self.began)

    def _ends_with(self, piece: str, tokens: int) -> bool:
        if tokens > self._most:
            self.tokens, self.finish = self._most, "length"
            return True
        self.text, self.tokens = self.text + piece, tokens
        if self.limits.think_tokens is not None and self.thought is None:
            self._follow_thought()
        if not self.thinking and not self._may_think and cut(self._answer, self.limits.stop) is not None:
            self.finish = "stop"
        elif tokens >= self._most:
            self.finish = "length"
        return self.finish is not None

    def end(self, finish: Finish, tokens: int) -> None:
        """The library ended it after so many tokens; the model's own end is one of them, and no part of the answer."""
        if self.finish is None:
            self._note_time()
            self.latency = since(self.began)
            self.finish, self.tokens = finish, tokens - (finish == "stop")

    @property
    def completion(self) -> Completion:
        """The finished answer; an unfinished thought leaves its text empty."""
        times = (self.first_token, self.latency)
        if self.thinking:
            return Completion("", "length", self.tokens, inside(self.text), *times)
        before = cut(self._answer, self.limits.stop)
        finish: Finish = "stop" if before is not None else self.finish or "length"
        return Completion(self._answer if before is None else before, finish, self.tokens, self.thought, *times)

    @property
    def _most(self) -> int:
        return (self.limits.think_tokens or 0) if self.thinking else self.begin + self.limits.max_tokens

    @property
    def _answer(self) -> str:
        text = self.text[self.start :]
        return text if self.thought is None else text.lstrip()

    @property
    def _may_think(self) -> bool:
        """Whether what is written so far may still begin a thought: white space, for one, is no answer yet."""
        return self.limits.think_tokens is not None and self.thought is None and begins_thought(self.text) is None

    def _follow_thought(self) -> None:
        """Notice where a thought begins and ends."""
        self.thinking = self.thinking or bool(begins_thought(self.text))
        place = closing(self.text, is_open=self.thinking)
        if place is not None:
            self.thinking, self.thought = False, inside(self.text[:place])
            self.begin, self.start = self.tokens, place + len(CLOSE)
