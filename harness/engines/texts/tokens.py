"""Text to tokens by lm-evaluation-harness's rules (0.4.13, `TemplateLM._encode_pair` and `HFLM.tok_encode`).

White space at the end of a context belongs to the continuation; the continuation's tokens are those of
the whole text behind the tokens of the context alone; an empty context is BOS, else EOS; a text that
begins with that token as text is encoded without special tokens, so no BOS is ever doubled.

Two rules differ. Where the whole text's tokens do not begin with the context's, a token spans both, and that cut would
lose characters of the continuation or all of it: the continuation is then tokenised apart, as EleutherAI's pull request
4055 does where nothing is left of it. And what a tokenizer appends to every text, an EOS for one, is left off, since a
context goes on.
"""

import hashlib
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from typing import cast

from harness.core import Generate
from harness.engines.texts.appended import appended
from harness.engines.texts.appended import without
from harness.engines.texts.infilling import continued
from harness.engines.texts.turns import ChatTemplate
from harness.engines.texts.unreadable import UnreadableError
from harness.engines.texts.unreadable import readable
from harness.errors import EngineError
from harness.prompts import turns

CONTEXT_KEYS = ("n_positions", "max_position_embeddings", "n_ctx")
UNSET_LENGTH = 10**9
"""Tokenizers that know no length report a huge one."""


ANCHORS = ("\n", ".", "a")
"""Texts to put before a continuation, where a tokenizer adds a space to whatever it begins with."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A sequence of tokens of which the last `targets` are scored, each given all before it.

    `apart` where they were tokenised apart from the context, since a token of the whole text spans both.
    """

    tokens: tuple[int, ...]
    targets: int
    apart: bool = False

    @property
    def inputs(self) -> tuple[int, ...]:
        """What the model reads: all but the last token, which is only ever a target."""
        return self.tokens[:-1]


class Tokens:
    """A tokenizer with the rules above; `tokenizer` is one of transformers' PreTrainedTokenizerBase."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        if tokenizer.bos_token_id is None and tokenizer.eos_token_id is None:
            raise EngineError("tokenizer: it names neither a BOS nor an EOS token; an empty context needs one of them")
        self.prefix: int = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
        self._prefix_text: str = tokenizer.decode([self.prefix])
        self._added: dict[str, int] = tokenizer.get_added_vocab()
        self._appended = appended(tokenizer)
        self.template = ChatTemplate(tokenizer)
        self._singles: dict[str, int | None] = {}
        self._hiding: dict[str, bool] = {}

    def notes(self, *, template: bool) -> tuple[str, ...]:
        """What a reader must know: what the tokenizer appends to every text, and how its template takes a question."""
        tail = self._appended.whole
        cut = f"the tokenizer appends {self.tokenizer.decode(list(tail))!r} to every text; it is left off what is asked"
        turned = self.template.note() if template and self.tokenizer.chat_template else None
        return (*((cut,) if tail else ()), *((turned,) if turned else ()))

    @property
    def adds_bos(self) -> bool:
        """Whether the tokenizer itself puts its BOS before every text (Gemma, Llama)."""
        return self.encode("a")[:1] == [self.tokenizer.bos_token_id]

    def encode(self, text: str) -> list[int]:
        """The tokens of `text` with the tokenizer's own special tokens, and never two BOS; raises UnreadableError."""
        if self._prefix_text and text.startswith(self._prefix_text):
            return self.bare(text)
        tokens = cast("list[int]", self.tokenizer.encode(readable(text)))
        return without(tokens, self._appended.whole, len(self.bare(text))) if self._appended.whole else tokens

    def bare(self, text: str) -> list[int]:
        """The tokens of `text` without any special token in front or behind."""
        tokens = cast("list[int]", self.tokenizer.encode(readable(text), add_special_tokens=False))
        return without(tokens, self._appended.bare, 0)

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of `tokens` without special tokens."""
        return cast("str", self.tokenizer.decode(list(tokens), skip_special_tokens=True))

    def pair(self, context: str, continuation: str) -> Scored:
        """The sequence that scores `continuation` after `context`; no targets where it has no tokens.

        A context of white space alone counts as empty (lm-eval has no answer there). Raises UnreadableError where a
        token spans both and the continuation, tokenised apart, is another text.
        """
        stripped = context.rstrip()
        before = self.encode(stripped) if stripped else []
        if before:
            whole = self.encode(context + continuation)
            if whole[: len(before)] == before:
                return Scored(tuple(whole), len(whole) - len(before))
            return self._apart(before, context[len(stripped) :] + continuation, whole)
        tail = self.bare(context + continuation)
        if tail[:1] == [self.prefix]:
            return Scored(tuple(tail), len(tail) - 1)
        return Scored((self.prefix, *tail), len(tail))

    def _apart(self, before: list[int], rest: str, whole: list[int]) -> Scored:
        """The sequence of the context's tokens and those of the rest alone, which goes on where the context ends."""
        wanted = {_composed(self._spelled(before) + rest), _composed(self._spelled(whole))}
        for tail in self._alone(rest):
            together = [*before, *tail]
            if tail and (_composed(self._spelled(together)) in wanted or self._pieces(together) == self._pieces(whole)):
                return Scored(tuple(together), len(tail), apart=True)
        raise UnreadableError(
            f"a token spans context and continuation {rest!r}, which spells another text when it is tokenised apart"
        )

    def _alone(self, text: str) -> Iterator[list[int]]:
        """The tokens of a text that goes on another: as it is, and behind an anchor that keeps its own tokens."""
        yield self.bare(text)
        for anchor in ANCHORS:
            head, tokens = self.bare(anchor), self.bare(anchor + text)
            if tokens[: len(head)] == head:
                yield tokens[len(head) :]

    def _spelled(self, tokens: list[int]) -> str:
        return cast("str", self.tokenizer.decode(tokens, clean_up_tokenization_spaces=False))

    def _pieces(self, tokens: list[int]) -> str:
        """The pieces side by side: what tokens spell where a tokenizer has no decoder, and puts spaces between them."""
        return "".join(self.tokenizer.convert_ids_to_tokens(tokens))

    def rolling(self, text: str, context_length: int | None) -> list[Scored]:
        """The windows that score every token of `text` once (lm-eval's `get_rolling_token_windows`, context 1).

        The first window is conditioned on BOS (else EOS), once: lm-eval has two where the tokenizer adds its
        own. A later one is as long as the context and scores only its last tokens. Empty text has no window.
        """
        tokens = self.bare(text)
        limit = context_length or len(tokens) or 1
        windows = [Scored((self.prefix, *tokens[:limit]), min(limit, len(tokens)))] if tokens else []
        for done in range(limit, len(tokens), limit):
            end = min(done + limit, len(tokens))
            windows.append(Scored(tuple(tokens[end - limit - 1 : end]), end - done))
        return windows

    def prompt(self, request: Generate, *, template: bool) -> list[int]:
        """The tokens a completion of `request` follows; raises EngineError where the template is missing."""
        if not template:
            return self.encode(continued(request, self._is_token)) or [self.prefix]
        if not self.tokenizer.chat_template:
            raise EngineError("chat template: the tokenizer has none; run without --chat-template on")
        text = self.template.render(turns(request))
        bos = self.tokenizer.bos_token
        return self.bare(text) if bos and text.startswith(bos) else self.encode(text)

    def single(self, text: str) -> int | None:
        """The token that `text` is and that `decode` leaves out: as a stop string it never shows in decoded text.

        Which tokens are left out is seen by decoding: a tokenizer names but some of its special tokens.
        """
        if text not in self._singles:
            token = self._added.get(text)
            hidden = token is not None and text not in self.decode([token])
            self._singles[text] = token if hidden else None
        return self._singles[text]

    def hides(self, text: str) -> bool:
        """Whether `text` spells, among others, a token that `decode` leaves out."""
        if text not in self._hiding:
            self._hiding[text] = any(name in text and self.single(name) is not None for name in self._added)
        return self._hiding[text]

    def before(self, tokens: Sequence[int], text: str) -> str | None:
        """What `decode` shows of the tokens up to `text` in what they spell, hidden ones included; None without it."""
        written = list(tokens)
        spelled = self._spelled(written)
        place = spelled.find(text)
        if place < 0:
            return None

        def length(count: int) -> int:
            return len(self._spelled(written[:count]))

        whole = bisect_right(range(1, len(written) + 1), place, key=length)
        return self.decode(written[:whole]) + spelled[length(whole) : place]

    def added(self, text: str) -> int | None:
        """The token that `text` is as one added token (`</think>`), None where it is spelled out."""
        return self._added.get(text)

    def _is_token(self, text: str) -> bool:
        return text in self._added

    def template_digest(self) -> str | None:
        """sha256 (hex) of the chat template, None without one."""
        template = self.tokenizer.chat_template
        return hashlib.sha256(str(template).encode()).hexdigest() if template else None


def _composed(text: str) -> str:
    """The text in Unicode's NFC: a normaliser may have joined the last letter of a context and an accent behind it."""
    return unicodedata.normalize("NFC", text)


def context_length(config: Any, tokenizer: Any) -> int | None:
    """The longest input in tokens, from where lm-eval reads it; None where nothing bounds it (state-space models)."""
    text_config = getattr(config, "text_config", None) or config
    for key in CONTEXT_KEYS:
        if getattr(text_config, key, None) is not None:
            return int(getattr(text_config, key))
    length = getattr(tokenizer, "model_max_length", None)
    return int(length) if length is not None and length < UNSET_LENGTH else None


def end_tokens(generation_config: Any, tokenizer: Any, others: frozenset[int] = frozenset()) -> frozenset[int]:
    """Every token that ends a completion: the generation config's EOS ids, the tokenizer's own, and `others`."""
    listed = getattr(generation_config, "eos_token_id", None)
    ids = listed if isinstance(listed, list | tuple) else [listed]
    return others | {int(token) for token in (*ids, tokenizer.eos_token_id) if token is not None}


def shorten(sequence: Scored, limit: int | None) -> tuple[Scored, int]:
    """`sequence` cut from the left so that its inputs fit in `limit` tokens, and how many were dropped."""
    dropped = max(0, len(sequence.inputs) - limit) if limit is not None else 0
    return replace(sequence, tokens=sequence.tokens[dropped:]), dropped
