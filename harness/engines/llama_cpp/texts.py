"""Texts and turns to token ids by the model's own vocabulary, under the rules that all engines share.

Exactly one BOS where the model wants one, none that a text brings doubled; no EOS behind a text; white space at a
context's end belongs to the continuation, whose tokens are those of the whole text behind the context's.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Protocol

from harness.core import Generate
from harness.core import Message
from harness.engines.llama_cpp.bindings import AskedWrongError
from harness.engines.texts.infilling import continued
from harness.engines.texts.unreadable import UnreadableError
from harness.engines.texts.unreadable import readable
from harness.errors import EngineError
from harness.prompts import turns
from harness.text_answers.ending import CLOSE


class Vocabulary(Protocol):
    """What is needed of the bindings here."""

    @property
    def properties(self) -> Any:
        """What the library says of the model: `bos_token` and `eos_token` as texts."""
        ...

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """The tokens of a text."""
        ...

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens spell."""
        ...

    def rendered(self, turns: Sequence[dict[str, str]]) -> str:
        """Turns in the model's template."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """A sequence of tokens of which the last `targets` are scored; `apart` as in `harness.core.LogLikelihoods`."""

    tokens: tuple[int, ...]
    targets: int
    apart: bool = False


class Texts:
    """The rules above; raises EngineError where the vocabulary has neither a BOS nor an EOS."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        names = vocabulary.properties
        self._bos = str(names.get("bos_token") or "")
        begin = self._bos or str(names.get("eos_token") or "")
        ids = vocabulary.tokens(begin, special=False) if begin else []
        if len(ids) != 1:
            raise EngineError("llama.cpp: the model has neither a BOS nor an EOS token; expected one of them")
        self.prefix = ids[0]
        self._begin = begin
        around = vocabulary.tokens("", special=True)
        self.adds_bos = around[:1] == [self.prefix] and bool(self._bos)
        self._behind = len(around) - self.adds_bos

    def encode(self, text: str) -> list[int]:
        """The tokens of a text with the model's BOS, never two; raises UnreadableError."""
        if text.startswith(self._begin):
            return self.bare(text)
        tokens = self._vocabulary.tokens(readable(text), special=True)
        return tokens[: len(tokens) - self._behind] if self._behind else tokens

    def bare(self, text: str) -> list[int]:
        """The tokens of a text with nothing before or behind it; raises UnreadableError."""
        return self._vocabulary.tokens(readable(text), special=False)

    def prompt(self, request: Generate, *, template: bool) -> list[int]:
        """The tokens that a completion follows, one at least; raises UnreadableError."""
        if not template:
            return self.encode(continued(request, self._is_token)) or [self.prefix]
        text = self._rendered(turns(request))
        return self.bare(text) if self._bos and text.startswith(self._bos) else self.encode(text)

    def _is_token(self, text: str) -> bool:
        return len(self._vocabulary.tokens(text, special=False)) == 1

    def spelled(self, tokens: Sequence[int]) -> str:
        """What tokens spell, special ones included."""
        return self._vocabulary.text(tokens)

    def pair(self, context: str, continuation: str) -> Scored:
        """The sequence that scores a continuation; no targets where it has no token.

        Raises UnreadableError where a token spans both and the continuation, tokenised apart, is another text.
        """
        stripped = context.rstrip()
        before = self.encode(stripped) if stripped else []
        if not before:
            tail = self.bare(context + continuation)
            own = tail[:1] == [self.prefix]
            return Scored(tuple(tail) if own else (self.prefix, *tail), len(tail) - own)
        whole = self.encode(context + continuation)
        if whole[: len(before)] == before:
            return Scored(tuple(whole), len(whole) - len(before))
        rest = context[len(stripped) :] + continuation
        tail = self.bare(rest)
        if not tail or self.spelled([*before, *tail]) != self.spelled(whole):
            raise UnreadableError(
                f"a token spans context and continuation {rest!r}, which spells another text when it is tokenised apart"
            )
        return Scored((*before, *tail), len(tail), apart=True)

    def rolling(self, text: str, context: int) -> list[Scored]:
        """The windows that score each token of a text once, as lm-evaluation-harness cuts them; none for no text."""
        tokens = self.bare(text)
        windows = [Scored((self.prefix, *tokens[:context]), min(context, len(tokens)))] if tokens else []
        for done in range(context, len(tokens), context):
            end = min(done + context, len(tokens))
            windows.append(Scored(tuple(tokens[end - context - 1 : end]), end - done))
        return windows

    def _rendered(self, messages: Sequence[Message]) -> str:
        """The turns in the template; raises UnreadableError where it refuses them, or leaves out a turn."""
        for message in messages:
            readable(message.content)
        try:
            text = self._vocabulary.rendered(
                [{"role": message.role, "content": message.content} for message in messages]
            )
        except AskedWrongError as error:
            raise UnreadableError(f"the chat template refuses these turns: {error}") from error
        shown = _squeezed(text)
        for message in messages:
            if not any(_squeezed(reading) in shown for reading in _readings(message)):
                raise UnreadableError(f"the chat template does not show the {message.role}'s turn as it is")
        return text


def _readings(message: Message) -> tuple[str, ...]:
    """How a turn may stand in a rendered text: as it is, as a JSON string, without an earlier answer's thought."""
    readings = (message.content, json.dumps(message.content, ensure_ascii=False)[1:-1])
    return (*readings, message.content.rpartition(CLOSE)[2]) if message.role == "assistant" else readings


def _squeezed(text: str) -> str:
    """The text without white space, which templates trim and indent."""
    return "".join(text.split())
