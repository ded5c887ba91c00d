"""Any GGUF model that llama.cpp can load; each slot of the library computes one request at a time.

Nothing that a request computed is left to the next one unless the user says so, and with one slot nothing else is
computed beside it, so that neither order nor company changes an answer.
"""

import queue
import threading
from collections import deque
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import TypeAlias

from harness.core import Completion
from harness.core import Completions
from harness.core import Execute
from harness.core import Finish
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.engines.llama_cpp.bindings import AskedWrongError
from harness.engines.llama_cpp.bindings import Bindings
from harness.engines.llama_cpp.bindings import Load
from harness.engines.llama_cpp.bindings import cores
from harness.engines.llama_cpp.scoring import Scorer
from harness.engines.llama_cpp.texts import Texts
from harness.engines.llama_cpp.writing import Draft
from harness.engines.llama_cpp.writing import Limits
from harness.engines.llama_cpp.writing import fields
from harness.engines.llama_cpp.writing import opens_thought
from harness.engines.texts.clock import now
from harness.engines.texts.clock import since
from harness.engines.texts.unreadable import UnreadableError
from harness.errors import EngineError
from harness.models import Settings
from harness.models.identity import versions
from harness.prompts import stops

Piece: TypeAlias = "tuple[int, Response] | BaseException"
"""What a slot brings: an answer, or what ended it."""


class LlamaCppEngine:
    """Answers requests with one model in memory, as many at once as it has slots."""

    def __init__(self, bindings: Bindings, loaded: Load, settings: Settings, *, reuse: bool = False) -> None:
        self._bindings = bindings
        self._loaded = loaded
        self._settings = settings
        self._reuse = reuse
        self._texts = Texts(bindings)
        self._first: dict[str, Any] | None = None

    @property
    def steps(self) -> int:
        """The pieces of answers so far: a sign of progress while long texts are written."""
        return self._bindings.steps

    def answer(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield (index, response) once for each request, as soon as it is ready; raises EngineError."""
        waiting = deque(enumerate(requests))
        brought: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._work, args=(slot, waiting, brought, stop), daemon=True)
            for slot in range(min(self._loaded.slots, len(requests)))
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in requests:
                piece = brought.get()
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def close(self) -> None:
        """Free the model; calling it twice is harmless."""
        self._bindings.close()

    def describe(self) -> dict[str, Any]:
        """What a manifest should say about this model as loaded: builtins only."""
        return {
            "context_length": self._loaded.context,
            "slots": self._loaded.slots,
            "threads": self._loaded.threads or cores(),
            "gpu_layers": self._loaded.gpu_layers,
            "kv_type": self._loaded.kv_type,
            "quantisation": self._bindings.properties.get("model_ftype"),
            "bos_policy": "the model's vocabulary adds it" if self._texts.adds_bos else "only for an empty context",
            "prefix": self._texts.prefix,
            "libraries": dict(versions(("xllamacpp",))),
            "first_prompt": self._first,
            "notes": list(self._notes()),
        }

    def _notes(self) -> Iterator[str]:
        if self._loaded.slots > 1:
            yield f"{self._loaded.slots} slots: what is written at the same time can change a near-tie between tokens"
        if self._reuse:
            yield "prompts are reused: the order of requests can change a near-tie between tokens"

    def _work(
        self,
        slot: int,
        waiting: "deque[tuple[int, Request]]",
        brought: "queue.SimpleQueue[Piece]",
        stop: threading.Event,
    ) -> None:
        """Answer one request after the other in a slot."""
        while not stop.is_set():
            try:
                index, request = waiting.popleft()
            except IndexError:
                return
            try:
                brought.put((index, self._answered(request, slot, stop)))
            except BaseException as error:  # noqa: BLE001 - raised again where the answers are read
                brought.put(error)
                return

    def _answered(self, request: Request, slot: int, stop: threading.Event) -> Response:
        try:
            if isinstance(request, Execute):
                return Refusal("a model runs no program")
            if isinstance(request, Generate):
                return self._written(request, slot, stop)
            return self._scored(request, slot)
        except (UnreadableError, AskedWrongError) as error:
            return Refusal(str(error))

    def _written(self, request: Generate, slot: int, stop: threading.Event) -> Response:
        template = self._settings.template
        prompt = self._texts.prompt(request, template=template)
        self._note_first(prompt)
        limits = Limits(request.max_tokens, stops(request, template=template), self._settings.think_tokens)
        if len(prompt) + limits.total > self._loaded.context:
            return self._too_long(len(prompt), limits.total)
        opened = limits.think_tokens is not None and opens_thought(self._texts.spelled(prompt[-8:]))
        distinct = 1 if request.temperature <= 0 else request.samples
        placed = {"id_slot": slot, "cache_prompt": self._reuse}
        completions = tuple(
            self._completed({**fields(prompt, request, limits, sample), **placed}, Draft(limits, opened), stop)
            for sample in range(distinct)
        )
        return Completions(completions * (request.samples // distinct), len(prompt))

    def _completed(self, asked: Mapping[str, Any], draft: Draft, stop: threading.Event) -> Completion:
        """One completion, ended as the draft says."""

        def take(piece: Mapping[str, Any]) -> bool:
            text, tokens, finish = _read(piece)
            if finish is not None:
                draft.end(finish, tokens)
                return True
            return draft.push(text, tokens) or stop.is_set()

        self._bindings.stream(asked, take)
        return draft.completion

    def _scored(self, request: LogLikelihood | Rolling, slot: int) -> Response:
        rolling, began = isinstance(request, Rolling), now()
        sequences = (
            self._texts.rolling(request.text, self._loaded.context - 1)
            if isinstance(request, Rolling)
            else [self._texts.pair(*pair) for pair in request.pairs]
        )
        if isinstance(request, LogLikelihood):
            for (_, continuation), sequence in zip(request.pairs, sequences, strict=True):
                if not sequence.targets:
                    return Refusal(f"continuation {continuation!r}: it has no token; expected one to score")
        longest = max((len(sequence.tokens) for sequence in sequences), default=0)
        if longest > self._loaded.context:
            return self._too_long(longest - 1, 1)
        if sequences:
            self._note_first(sequences[0].tokens[:-1])
        scores = Scorer(self._bindings, slot).scores(sequences)
        values, greedy = tuple(score.value for score in scores), tuple(score.greedy for score in scores)
        tokens = tuple(sequence.targets for sequence in sequences)
        if rolling:
            return LogLikelihoods((sum(values),), (sum(tokens),), (all(greedy),), latency=since(began))
        apart = sum(sequence.apart for sequence in sequences)
        return LogLikelihoods(values, tokens, greedy, apart=apart, latency=since(began))

    def _note_first(self, tokens: Sequence[int]) -> None:
        """Keep the first sequence the model is given, for the manifest: what a reader checks BOS and template by."""
        if self._first is None and tokens:
            self._first = {"tokens": list(tokens), "bos_count": list(tokens).count(self._texts.prefix)}

    def _too_long(self, length: int, room: int) -> Refusal:
        asked = f"the prompt has {length} tokens and may get {room} more"
        return Refusal(f"{asked}; the context is {self._loaded.context} tokens, as --context-size says")


def _read(piece: Mapping[str, Any]) -> tuple[str, int, Finish | None]:
    """A piece's text, the tokens written so far, and why it ended where it did; raises EngineError."""
    try:
        choice, tokens = piece["choices"][0], int(piece["timings"]["predicted_n"])
        text, finish = str(choice["text"]), choice["finish_reason"]
    except (LookupError, TypeError, ValueError) as error:
        raise EngineError("llama.cpp: a piece of an answer without text or tokens; expected both") from error
    if finish not in {None, "stop", "length"}:
        raise EngineError(f"llama.cpp: an answer with finish_reason {finish!r}; expected stop or length")
    return text, tokens, finish
