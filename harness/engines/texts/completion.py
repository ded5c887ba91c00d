"""A completion while it is written: when it ends, and what of it is thought and what is answer."""

from dataclasses import dataclass
from dataclasses import field

from harness.core import Completion
from harness.core import Finish
from harness.core import Refusal
from harness.engines.texts.clock import now
from harness.engines.texts.clock import since
from harness.engines.texts.tokens import Tokens
from harness.text_answers.ending import CLOSE
from harness.text_answers.ending import OPEN
from harness.text_answers.ending import begins_thought
from harness.text_answers.ending import closing
from harness.text_answers.ending import cut
from harness.text_answers.ending import inside

NOT_FINITE = Refusal("the model gave logits that are no finite numbers")
"""Why a completion is refused whose next token is the most likely one of nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a completion: `ends` are tokens, `stop` strings, `think_tokens` None for models that do not think.

    A stop string that is a special token, which no decoded text shows, ends it as that token; one that holds such a
    token among others ends it where the tokens spell it.
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

    What is thought and what is answer is `harness.text_answers.ending`'s to say.

    Attributes:
        tokenizer: Makes texts of tokens.
        limits: What ends the completion; its `max_tokens` are the answer's, which starts behind the closing tag.
        opened: Whether the prompt ends with an open tag of a thought.
        tokens: The tokens so far.
        finish: Why it has ended; None while it has not.
        thinking: Whether a thought is open.
        thought: The thought; None while there is no whole one.
        begin: The number of tokens before the answer.
        lead: The beginning of the answer that the token of the closing tag holds.
        may_begin: Whether a thought can still begin.
        ends: The tokens that end it, stop strings of one special token among them.
        unseen: The stop strings that hold a special token among others, which no decoded text shows.
        began: When the engine took the request up, by `clock.now`.
        first_token: Seconds from then to the first token; None before it is there.
        latency: Seconds from then to the last token; None while it has not ended.
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
    may_begin: bool = True
    ends: frozenset[int] = frozenset()
    unseen: tuple[str, ...] = ()
    began: float = field(default_factory=now)
    first_token: float | None = None
    latency: float | None = None

    def __post_init__(self) -> None:
        special = {stop: token for stop in self.limits.stop if (token := self.tokenizer.single(stop)) is not None}
        self.ends = self.limits.ends | frozenset(special.values())
        self.unseen = tuple(stop for stop in self.limits.stop if stop not in special and self.tokenizer.hides(stop))
        self.thinking = self.opened and self.limits.think_tokens is not None

    def push(self, token: int) -> bool:
        """Add the next token; True when the completion has ended with it."""
        if self.first_token is None:
            self.first_token = since(self.began)
        if self._ends_with(token):
            self.latency = since(self.began)
        return self.finish is not None

    def _ends_with(self, token: int) -> bool:
        if token in self.ends:
            self.finish = "length" if self.thinking else "stop"
            return True
        self.tokens.append(token)
        if self.limits.think_tokens is not None and self.thought is None:
            self._follow_thought()
        if self.thinking:
            self.finish = "length" if len(self.tokens) >= (self.limits.think_tokens or 0) else None
        elif not self._may_think() and (self._stopped() or self._stopped_unseen()):
            self.finish = "stop"
        elif len(self.tokens) - self.begin >= self.limits.max_tokens:
            self.finish = "length"
        return self.finish is not None

    @property
    def completion(self) -> Completion:
        """The finished answer; an unfinished thought leaves its text empty."""
        times = (self.first_token, self.latency)
        if self.thinking:
            return Completion("", "length", len(self.tokens), inside(self.tokenizer.decode(self.tokens)), *times)
        text, unseen = self._answer(), self._before_unseen()
        cuts = [place for place in (cut(text, self.limits.stop), unseen) if place is not None]
        before = min(cuts, key=len, default=None)
        finish: Finish = "stop" if before is not None else self.finish or "length"
        return Completion(text if before is None else before, finish, len(self.tokens), self.thought, *times)

    def _answer(self) -> str:
        return self._led(self.tokenizer.decode(self.tokens[self.begin :]))

    def _led(self, text: str) -> str:
        return (self.lead + text).lstrip() if self.thought is not None else self.lead + text

    def _before_unseen(self) -> str | None:
        """The answer up to the first stop string that holds a token which is in no decoded text; None without one."""
        written = self.tokens[self.begin :]
        cuts = [before for stop in self.unseen if (before := self.tokenizer.before(written, stop)) is not None]
        return self._led(min(cuts, key=len)) if cuts else None

    def _may_think(self) -> bool:
        """Whether what is written so far may still begin a thought: white space, for one, is no answer yet."""
        return self.limits.think_tokens is not None and self.thought is None and self.may_begin

    def _stopped(self) -> bool:
        """Whether a stop string is in the answer; the whole of it is decoded only when its last tokens show one."""
        longest = max(map(_size, self.limits.stop), default=0)
        if not longest:
            return False
        if len(self.tokens) - self.begin > longest + 4:
            tail = self.tokenizer.decode(self.tokens[-longest - 4 :])
            return self._in(tail) and self._in(self._answer())
        return self._in(self._answer())

    def _stopped_unseen(self) -> bool:
        """The same for a stop string that no decoded text shows."""
        for stop in self.unseen:
            last = self.tokens[max(self.begin, len(self.tokens) - _size(stop) - 4) :]
            if self.tokenizer.before(last, stop) is not None:
                return self._before_unseen() is not None
        return False

    def _in(self, text: str) -> bool:
        return any(stop in text for stop in self.limits.stop if stop)

    def _follow_thought(self) -> None:
        """Notice where a thought begins and ends."""
        if self.may_begin and not self.thinking:
            # a tag that is a special token is in no decoded text
            begins = self.tokens[-1] == self.tokenizer.added(OPEN) or begins_thought(self.tokenizer.decode(self.tokens))
            self.thinking, self.may_begin = bool(begins), begins is None
        if self.tokens[-1] == self.tokenizer.added(CLOSE):
            self._close(self.tokenizer.decode(self.tokens[:-1]), "")
        elif CLOSE in self.tokenizer.decode(self.tokens[-len(CLOSE) - 4 :]):
            text = self.tokenizer.decode(self.tokens)
            if (place := closing(text, is_open=self.thinking)) is not None:
                self._close(text[:place], text[place + len(CLOSE) :])

    def _close(self, before: str, after: str) -> None:
        self.thinking, self.thought = False, inside(before)
        self.begin, self.lead = len(self.tokens), after


def _size(stop: str) -> int:
    """The bytes of a stop string, which has no more tokens than that."""
    return len(stop.encode("utf-8", "surrogatepass"))


def opens_thought(decoded_prompt: str) -> bool:
    """Whether a prompt (decoded with its special tokens) leaves a `<think>` open for the model."""
    return decoded_prompt.rstrip().endswith(OPEN)
