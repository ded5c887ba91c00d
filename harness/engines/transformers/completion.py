"""A completion while it is written: when it ends, and what of it is thought and what is answer."""

from dataclasses import dataclass
from dataclasses import field

from harness.core import Completion
from harness.core import Finish
from harness.core import Refusal
from harness.engines.transformers.tokens import Tokens

OPEN = "<think>"
CLOSE = "</think>"
NOT_FINITE = Refusal("the model gave logits that are no finite numbers")
"""Why a completion is refused whose next token is the most likely one of nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a completion: `ends` are tokens, `stop` strings, `think_tokens` None for models that do not think.

    A stop string that is a special token, which no decoded text shows, ends it as that token.
    """

    max_tokens: int
    ends: frozenset[int]
    stop: tuple[str, ...] = ()
    think_tokens: int | None = None

    @property
    def total(self) -> int:
        """The most tokens a completion can have, thought and answer."""
        return self.max_tokens + (self.think_tokens or 0)


@dataclass(slots=True)
class Draft:
    """Takes one token after the other until `finish` is set; then `completion` is the answer.

    A model that thinks does so inside `<think>`: its own tag, or one the prompt ends with (`opened`).
    A closing tag without an opening one ends a thought as well. Stop strings and `max_tokens` are the
    answer's, which starts behind the closing tag.
    """

    tokenizer: Tokens
    limits: Limits
    opened: bool = False
    tokens: list[int] = field(default_factory=list)
    finish: Finish | None = None
    thinking: bool = False
    thought: str | None = None
    begin: int = 0
    lead: str = ""
    ends: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        special = {found for stop in self.limits.stop if (found := self.tokenizer.single(stop)) is not None}
        self.ends = self.limits.ends | special
        self.thinking = self.opened and self.limits.think_tokens is not None

    def push(self, token: int) -> bool:
        """Add the next token; True when the completion has ended with it."""
        if token in self.ends:
            self.finish = "length" if self.thinking else "stop"
            return True
        self.tokens.append(token)
        if self.limits.think_tokens is not None and self.thought is None:
            self._follow_thought()
        if self.thinking:
            self.finish = "length" if len(self.tokens) >= (self.limits.think_tokens or 0) else None
        elif self._stopped():
            self.finish = "stop"
        elif len(self.tokens) - self.begin >= self.limits.max_tokens:
            self.finish = "length"
        return self.finish is not None

    @property
    def completion(self) -> Completion:
        """The finished answer; an unfinished thought leaves its text empty."""
        finish: Finish = self.finish or "length"
        if self.thinking:
            return Completion("", "length", len(self.tokens), _inside(self.tokenizer.decode(self.tokens)))
        text = self._answer()
        if finish == "stop":
            text = text[: min((at for stop in self.limits.stop if stop and (at := text.find(stop)) >= 0), default=None)]
        return Completion(text, finish, len(self.tokens), self.thought)

    def _answer(self) -> str:
        text = self.lead + self.tokenizer.decode(self.tokens[self.begin :])
        return text.lstrip() if self.thought is not None else text

    def _stopped(self) -> bool:
        """Whether a stop string is in the answer; the whole of it is decoded only when its last tokens show one."""
        longest = max((len(stop.encode("utf-8", "surrogatepass")) for stop in self.limits.stop), default=0)
        if not longest:
            return False
        if len(self.tokens) - self.begin > longest + 4:
            tail = self.tokenizer.decode(self.tokens[-longest - 4 :])
            return self._in(tail) and self._in(self._answer())
        return self._in(self._answer())

    def _in(self, text: str) -> bool:
        return any(stop in text for stop in self.limits.stop if stop)

    def _follow_thought(self) -> None:
        """Notice where a thought begins and ends."""
        closed = self.tokens[-1] == self.tokenizer.added(CLOSE)
        if not self.thinking and len(self.tokens) <= len(OPEN):
            self.thinking = OPEN in self.tokenizer.decode(self.tokens) or self.tokens[0] == self.tokenizer.added(OPEN)
        if closed:
            self._close(self.tokenizer.decode(self.tokens[:-1]), "")
        elif CLOSE in self.tokenizer.decode(self.tokens[-len(CLOSE) - 4 :]):
            before, _, after = self.tokenizer.decode(self.tokens).partition(CLOSE)
            self._close(before, after)

    def _close(self, before: str, after: str) -> None:
        self.thinking, self.thought = False, _inside(before)
        self.begin, self.lead = len(self.tokens), after


def _inside(text: str) -> str:
    return text.strip().removeprefix(OPEN).strip()


def opens_thought(decoded_prompt: str) -> bool:
    """Whether a prompt (decoded with its special tokens) leaves a `<think>` open for the model."""
    return decoded_prompt.rstrip().endswith(OPEN)
