"""Any model that vLLM can load; it chooses what shares a pass, and what shares a pass can change a near-tie."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.engines.descriptor import EngineSpec
from harness.engines.texts.completion import Draft
from harness.engines.texts.completion import Limits
from harness.engines.texts.completion import opens_thought
from harness.engines.texts.tokens import shorten
from harness.engines.texts.unreadable import UnreadableError
from harness.engines.vllm.arguments import LIBRARIES
from harness.engines.vllm.arguments import arguments
from harness.engines.vllm.loading import Loaded
from harness.engines.vllm.loading import reason
from harness.engines.vllm.scoring import Question
from harness.engines.vllm.scoring import scores
from harness.engines.vllm.stepping import Ask
from harness.engines.vllm.stepping import Stepper
from harness.engines.vllm.writing import LEAST_TEMPERATURE
from harness.engines.vllm.writing import Row
from harness.engines.vllm.writing import Sheet
from harness.engines.vllm.writing import fields
from harness.errors import CrosstaskError
from harness.errors import EngineError
from harness.models.identity import versions
from harness.prompts import stops


class VllmEngine:
    """Answers requests with one model in memory."""

    def __init__(self, loaded: Loaded, spec: EngineSpec) -> None:
        self._loaded: Any = loaded
        self._spec = spec
        self._settings = spec.settings
        self._told = arguments(spec)
        self._stepper: Any = Stepper(loaded)
        self._tokens = loaded.tokens
        self._context = loaded.context
        self._first: dict[str, Any] | None = None

    @property
    def steps(self) -> int:
        """The steps of vLLM so far: a sign of progress while long texts are written."""
        return int(self._stepper.steps)

    def answer(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield (index, response) once for each request: log-likelihoods, then greedy texts, then drawn ones.

        Drawn rows share no pass with others: a seed was lost there on a CPU (vllm-project/vllm#51226).
        """
        try:
            yield from self._score(requests)
            yield from self._write(requests, drawn=False)
            yield from self._write(requests, drawn=True)
        except CrosstaskError:
            raise
        except Exception as error:  # a kernel, a worker or the scheduler may raise anything
            raise _broken(error) from error

    def close(self) -> None:
        """Free the model; calling it twice is harmless."""
        self._stepper = self._loaded = None

    def describe(self) -> dict[str, Any]:
        """What a manifest should say about this model as loaded: builtins only."""
        loaded, told, tokenizer = self._loaded, self._told, self._tokens.tokenizer
        return {
            "context_length": self._context,
            "bos": tokenizer.bos_token_id,
            "eos": sorted(loaded.ends),
            "bos_policy": "the tokenizer adds it" if self._tokens.adds_bos else "only for an empty context",
            "prefix": self._tokens.prefix,
            "dtype": self._settings.dtype,
            "device": self._settings.device,
            "chat_template": self._tokens.template_digest(),
            "tensor_parallel_size": told["tensor_parallel_size"],
            "pipeline_parallel_size": told["pipeline_parallel_size"],
            "quantization": loaded.llm.llm_engine.model_config.quantization,
            "prefix_caching": told["enable_prefix_caching"],
            "eager": told["enforce_eager"],
            "batch_tokens": told["max_num_batched_tokens"],
            "adapter": self._spec.weights.adapter is not None,
            "libraries": dict(versions(LIBRARIES)),
            "first_prompt": self._first,
            "notes": [
                "what is computed at the same time can change a near-tie between tokens",
                *self._tokens.notes(template=self._settings.template),
                *loaded.notes,
            ],
        }

    def _score(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Answer the log-likelihood requests."""
        asked: dict[int, Question] = {}
        for index, request in enumerate(requests):
            if isinstance(request, Generate):
                continue
            try:
                question = self._question(request)
            except UnreadableError as error:
                question = Refusal(str(error))
            if isinstance(question, Question):
                asked[index] = question
            else:
                yield index, question
        places = [(index, part) for index, question in asked.items() for part in range(len(question.sequences))]
        sequences = [asked[index].sequences[part] for index, part in places]
        for number, score in scores(self._stepper, sequences, caches=self._told["enable_prefix_caching"]):
            index, part = places[number]
            if asked[index].take(part, score):
                yield index, asked[index].response()

    def _question(self, request: Request) -> Question | Response:
        """The sequences of a request, or its answer where there is nothing to compute; raises UnreadableError.

        vLLM takes a prompt whole and wants room for a token behind it, so that a sequence has two inputs less than the
        context has tokens.
        """
        limit = self._context - 2
        if isinstance(request, Rolling):
            windows = self._tokens.rolling(request.text, limit)
            return Question(windows, rolling=True) if windows else LogLikelihoods((0.0,), (0,), (True,))
        if not isinstance(request, LogLikelihood):
            return Refusal("a model runs no program")
        sequences = [self._tokens.pair(*pair) for pair in request.pairs]
        if (empty := next((at for at, sequence in enumerate(sequences) if not sequence.targets), None)) is not None:
            return Refusal(f"continuation {request.pairs[empty][1]!r}: it has no token; expected one to score")
        self._note_first(sequences[0].inputs if sequences else [])
        longest = max((len(sequence.inputs) for sequence in sequences), default=0)
        if longest <= limit:
            return Question(sequences) if sequences else LogLikelihoods((), (), ())
        if self._settings.truncate == "left" and max(sequence.targets for sequence in sequences) <= limit:
            cut = [shorten(sequence, limit) for sequence in sequences]
            return Question([sequence for sequence, _ in cut], dropped=max(dropped for _, dropped in cut))
        return self._too_long(longest, 2)

    def _write(self, requests: Sequence[Request], *, drawn: bool) -> Iterator[tuple[int, Response]]:
        """Answer the requests for text: the greedy ones, or those that are drawn."""
        sheets: dict[int, Sheet] = {}
        asks: list[Ask] = []
        for index, request in enumerate(requests):
            if not isinstance(request, Generate) or (request.temperature > 0) is not drawn:
                continue
            try:
                sheet = self._sheet(index, request)
            except UnreadableError as error:
                sheet = Refusal(str(error))
            if isinstance(sheet, Refusal):
                yield index, sheet
                continue
            sheets[index] = sheet
            rows = enumerate(sheet.rows)
            asks += [Ask(row.prompt, fields(request, row.draft, row.prompt, sample)) for sample, row in rows]
        yield from self._written(sheets, asks)

    def _written(self, sheets: Mapping[int, Sheet], asks: Sequence[Ask]) -> Iterator[tuple[int, Response]]:
        """Write the rows of all sheets, which are asked for in the same order."""
        rows = [row for sheet in sheets.values() for row in sheet.rows]
        for number, output in self._stepper.run(asks):
            row = rows[number]
            ended = output if isinstance(output, Refusal) else row.take(output)
            if ended is False:
                continue
            self._stepper.end(number)
            if sheets[row.owner].take(ended if isinstance(ended, Refusal) else None):
                yield row.owner, sheets[row.owner].response()

    def _sheet(self, index: int, request: Generate) -> Sheet | Refusal:
        if 0 < request.temperature < LEAST_TEMPERATURE:
            least = f"vllm draws at {LEAST_TEMPERATURE} where less is asked for"
            return Refusal(f"temperature {request.temperature}: {least}; expected 0, or {LEAST_TEMPERATURE} or more")
        template = self._settings.template
        prompt = self._tokens.prompt(request, template=template)
        self._note_first(prompt)
        limits = Limits(
            request.max_tokens, self._loaded.ends, stops(request, template=template), self._settings.think_tokens
        )
        room = self._context - limits.total
        if len(prompt) > room and (self._settings.truncate == "refuse" or room < 1):
            return self._too_long(len(prompt), limits.total)
        dropped = max(0, len(prompt) - room)
        prompt = prompt[dropped:]
        opened = opens_thought(self._tokens.tokenizer.decode(prompt[-8:]))
        distinct = 1 if request.temperature <= 0 else request.samples
        rows = [Row(index, Draft(self._tokens, limits, opened), prompt) for _ in range(distinct)]
        return Sheet(rows, request.samples // distinct, dropped)

    def _note_first(self, tokens: Sequence[int]) -> None:
        """Keep the first sequence the model is given, for the manifest: what a reader checks BOS and template by."""
        if self._first is None and tokens:
            bos = self._tokens.tokenizer.bos_token_id
            self._first = {"tokens": [int(token) for token in tokens], "bos_count": list(tokens).count(bos)}

    def _too_long(self, length: int, room: int) -> Refusal:
        return Refusal(f"the prompt has {length} tokens and may get {room} more; the context is {self._context} tokens")


def _broken(error: Exception) -> EngineError:
    """Why nothing more comes, in one sentence."""
    why = reason(error)
    if isinstance(error, MemoryError) or "out of memory" in why.lower():
        return EngineError(
            f"vllm: out of memory in a pass ({why}); expected a smaller --batch-tokens or --context-size"
        )
    if type(error).__name__ == "EngineDeadError":
        return EngineError("vllm: a process of it died; its last words are in the engine's log; run again to go on")
    return EngineError(f"vllm: {type(error).__name__}: {why}; the model stopped in a pass")
