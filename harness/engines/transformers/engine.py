"""Any causal language model transformers can load, on CPU or GPU, in this process.

Log-likelihoods and prompts go through a prefix tree (`packing`), completions as sequences in flight (`decoding`);
a model that computes anything else there than one sequence alone (`selfcheck`) is computed more plainly (`plain`).
On a CPU in float32 neither batch size nor order changes more than rounding, about 1e-5 nats.
"""

import platform
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import torch
import transformers

from harness.core import Completions
from harness.core import Execute
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.engines.texts.clock import now
from harness.engines.texts.clock import since
from harness.engines.texts.completion import Draft
from harness.engines.texts.completion import Limits
from harness.engines.texts.completion import opens_thought
from harness.engines.texts.tokens import Scored
from harness.engines.texts.tokens import Tokens
from harness.engines.texts.tokens import context_length
from harness.engines.texts.tokens import end_tokens
from harness.engines.texts.tokens import shorten
from harness.engines.texts.unreadable import UnreadableError
from harness.engines.transformers.alone import Alone
from harness.engines.transformers.checkpoint import load
from harness.engines.transformers.decoding import Decoder
from harness.engines.transformers.decoding import Row
from harness.engines.transformers.drawing import Chooser
from harness.engines.transformers.findings import kept_findings
from harness.engines.transformers.head import split_head
from harness.engines.transformers.linear import PackedLayers
from harness.engines.transformers.linear import pack
from harness.engines.transformers.memory import OUT_OF_MEMORY
from harness.engines.transformers.memory import budget
from harness.engines.transformers.packing import Packer
from harness.engines.transformers.placement import DeviceMap
from harness.engines.transformers.placement import placed
from harness.engines.transformers.plain import padded_scores
from harness.engines.transformers.plain import plain_write
from harness.engines.transformers.plain import single_scores
from harness.engines.transformers.reach import reach
from harness.engines.transformers.rules import rules
from harness.engines.transformers.scoring import LogP
from harness.engines.transformers.scoring import packed_scores
from harness.engines.transformers.selfcheck import WAYS
from harness.engines.transformers.selfcheck import Ways
from harness.errors import EngineError
from harness.errors import ModelError
from harness.models import Settings
from harness.models import Weights
from harness.prompts import stops


class TransformersEngine:
    """Answers requests with one model in memory; `batch_tokens` 0 chooses what suits the device.

    `places` says where each layer goes, as transformers' `device_map`; None chooses, as `placement` says.
    """

    def __init__(
        self, weights: Weights, settings: Settings, batch_tokens: int = 0, *, places: DeviceMap | None = None
    ) -> None:
        loaded = load(weights, settings, places)
        self._model: Any = loaded.model
        self.steps = 0
        self._model.register_forward_pre_hook(self._step)
        self._parameters = self._model.num_parameters()
        self._layers: PackedLayers | None = None
        self._looked = False
        self.tokens = Tokens(loaded.tokenizer)
        self.settings = settings
        self.notes = (*loaded.notes, *self.tokens.notes(template=settings.template))
        self.context = context_length(self._model.config, loaded.tokenizer)
        self.ends = end_tokens(self._model.generation_config, loaded.tokenizer, loaded.ends)
        self.budget = budget(batch_tokens, self._model.device)
        self.rules: Any = rules(
            weights.card.name, self._model, self.ends, applied=settings.generation_config == "model"
        )
        self.alone: Any = Alone(self._model)
        self.packer: Any = Packer(self._model)
        self.decoder: Any = Decoder(self.packer, self.budget)
        self.ways: Any = self._checked(weights)
        self.first_prompt: dict[str, Any] | None = None
        if settings.template and not loaded.tokenizer.chat_template:
            raise ModelError(f"{weights.card.name}: it has no chat template; use --chat-template off")

    @property
    def model(self) -> Any:
        """The model with its own layers, which it may have given up while it wrote texts; None once it is closed."""
        self._unpack()
        return self._model

    def answer(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield (index, response) once for each request: log-likelihoods first, then each completed generation."""
        try:
            yield from self._score(requests)
            yield from self._generate(requests)
        except RuntimeError as error:
            raise EngineError(f"transformers: {error}; the model stopped in a forward pass") from error

    def close(self) -> None:
        """Free the model; calling it twice is harmless."""
        self._model = self.alone = self.packer = self.decoder = self.ways = self.rules = self._layers = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def describe(self) -> dict[str, Any]:
        """What a manifest should say about this model as loaded: builtins only."""
        tokenizer, config = self.tokens.tokenizer, self._model.config
        return {
            "architecture": type(self._model).__name__,
            "context_length": self.context,
            "vocabulary": config.get_text_config(decoder=True).vocab_size,
            "parameters": self._parameters,
            "bos": tokenizer.bos_token_id,
            "eos": sorted(self.ends),
            "bos_policy": "the tokenizer adds it" if self.tokens.adds_bos else "only for an empty context",
            "prefix": self.tokens.prefix,
            "attention": config._attn_implementation,  # noqa: SLF001  # transformers has no public name for it
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "device": str(self._model.device),
            "device_name": _device_name(self._model.device),
            "placement": placed(self._model),
            "threads": torch.get_num_threads(),
            "chat_template": self.tokens.template_digest(),
            "linear": "torch" if self._layers is None else "torch; oneDNN for completions",
            "ways": self.ways.describe(),
            "self_check": self.ways.largest(),
            "batch_tokens": self.budget.tokens,
            "libraries": {"torch": torch.__version__, "transformers": transformers.__version__},
            "first_prompt": self.first_prompt,
            "notes": [*self.notes, *self.rules.notes()],
        }

    def _step(self, *_: Any) -> None:
        """Count a pass: a sign of progress while long texts are written."""
        self.steps += 1

    def _checked(self, weights: Weights) -> Ways:
        """The ways of computing, those of the shortest requests checked; the others are when they are wanted."""
        machine = {
            "device": _device_name(self._model.device),
            "batch_tokens": self.budget.tokens,
            "attention": self._model.config._attn_implementation,  # noqa: SLF001  # as above
        }
        findings = kept_findings(weights, self.settings, machine)
        ways = Ways(self.alone, self.packer, self.budget, reach(self._model.config, self.context), findings)
        ways.require_sound(weights.card.name)
        for kind in WAYS:
            ways.way(kind, 1)
        return ways

    def _score(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Answer the log-likelihood requests."""
        asked: dict[int, Question] = {}
        for index, request in enumerate(requests):
            if isinstance(request, Generate):
                continue
            if isinstance(request, Execute):
                yield index, Refusal("a model runs no program")
                continue
            try:
                question = self._question(request)
            except UnreadableError as error:
                question = Refusal(str(error))
            if isinstance(question, Refusal):
                yield index, question
            elif question.open:
                asked[index] = question
            else:
                yield index, question.response()
        yield from self._scored(asked)

    def _scored(self, asked: "Mapping[int, Question]") -> Iterator[tuple[int, Response]]:
        """Compute the sequences of all questions, those of each way together."""
        if asked:
            self._unpack()
        ways: dict[str | Refusal, list[tuple[int, int]]] = {}
        for index, question in asked.items():
            for part in question.open:
                way = self.ways.way("log-likelihoods", len(question.sequences[part].inputs))
                ways.setdefault(way, []).append((index, part))
        with split_head(self._model):
            for way, places in ways.items():
                sequences = [asked[index].sequences[part] for index, part in places]
                for number, score in self._scores(way, sequences):
                    index, part = places[number]
                    if asked[index].take(part, score):
                        yield index, asked[index].response()

    def _scores(self, way: str | Refusal, sequences: Sequence[Scored]) -> Iterator[tuple[int, LogP | Refusal]]:
        """Yield (index, log P) once for each sequence, or why there is none."""
        if isinstance(way, Refusal):
            yield from ((index, way) for index in range(len(sequences)))
            return
        self.alone.rest.restore()
        if way == "packed tree":
            scores = packed_scores(self.packer, sequences, self.budget)
        elif way == "padded batch":
            scores = padded_scores(self.alone, sequences, self.budget)
        else:
            scores = single_scores(self.alone, sequences, shared=way == "own cache")
        yield from ((index, OUT_OF_MEMORY if score is None else score) for index, score in scores)

    def _question(self, request: LogLikelihood | Rolling) -> "Question | Refusal":
        if isinstance(request, Rolling):
            return Question(self.tokens.rolling(request.text, self.context), rolling=True)
        sequences = [self.tokens.pair(*pair) for pair in request.pairs]
        if (empty := next((at for at, sequence in enumerate(sequences) if not sequence.targets), None)) is not None:
            return Refusal(f"continuation {request.pairs[empty][1]!r}: it has no token; expected one to score")
        self._note_first(sequences[0].inputs if sequences else [])
        longest = max(sequences, key=lambda sequence: len(sequence.inputs), default=None)
        if self.context is None or longest is None or len(longest.inputs) <= self.context:
            return Question(sequences)
        if self.settings.truncate == "left" and max(sequence.targets for sequence in sequences) <= self.context:
            cut = [shorten(sequence, self.context) for sequence in sequences]
            return Question([sequence for sequence, _ in cut], dropped=max(dropped for _, dropped in cut))
        return self._too_long(len(longest.inputs))

    def _note_first(self, tokens: Sequence[int]) -> None:
        """Keep the first sequence the model is given, for the manifest: what a reader checks BOS and template by."""
        if self.first_prompt is None and tokens:
            bos = self.tokens.tokenizer.bos_token_id
            self.first_prompt = {"tokens": [int(token) for token in tokens], "bos_count": list(tokens).count(bos)}

    def _too_long(self, length: int, room: int = 0) -> Refusal:
        asked = f"the prompt has {length} tokens" + (f" and may get {room} more" if room else "")
        return Refusal(f"{asked}; the model's context is {self.context} tokens")

    def _generate(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Answer the generation requests."""
        drafts: dict[int, Sheet] = {}
        for index, request in enumerate(requests):
            if not isinstance(request, Generate):
                continue
            try:
                sheet = self._sheet(index, request)
            except UnreadableError as error:
                sheet = Refusal(str(error))
            if isinstance(sheet, Refusal):
                yield index, sheet
            else:
                drafts[index] = sheet
        waiting = [row for sheet in drafts.values() for row in sheet.rows]
        if not all(self.ways.knows("completions", self._most(row)) for row in waiting):
            self._unpack()
        ways: dict[str | Refusal, list[Row]] = {}
        for row in waiting:
            ways.setdefault(self.ways.way("completions", self._most(row)), []).append(row)
        if ways:
            self._pack()
        for row, refusal in (done for way, rows in ways.items() for done in self._write(way, rows)):
            if drafts[row.owner].take(refusal):
                yield row.owner, drafts[row.owner].response()

    def _most(self, row: Row) -> int:
        """The most tokens a row can come to."""
        most = len(row.prompt) + row.draft.limits.total
        return most if self.context is None else min(most, self.context)

    def _write(self, way: str | Refusal, rows: Sequence[Row]) -> Iterator[tuple[Row, Refusal | None]]:
        """Yield (row, None) for each row as it is finished, (row, why) for one that cannot be written."""
        if isinstance(way, Refusal):
            yield from ((row, way) for row in rows)
            return
        self.alone.rest.restore()
        if way == "slots":
            yield from self.decoder.write(rows)
        else:
            yield from plain_write(self.alone, rows, self.budget, together=way == "own cache")

    def _pack(self) -> None:
        """Compute with packed layers from now on, where they can be had; no cached key or value comes in."""
        if not self._looked:
            self._layers, self._looked = pack(self._model), True
        if self._layers is not None and not self._layers.in_use:
            self.packer.forget()
            self._layers.use()

    def _unpack(self) -> None:
        """Compute with the model's own layers from now on; no cached key or value goes out."""
        if self._layers is not None and self._layers.in_use:
            self.packer.forget()
            self._layers.put_away()

    def _sheet(self, index: int, request: Generate) -> "Sheet | Refusal":
        prompt = self.tokens.prompt(request, template=self.settings.template)
        self._note_first(prompt)
        stop = stops(request, template=self.settings.template) + self.rules.stop
        limits = Limits(request.max_tokens, self.ends, stop, self.settings.think_tokens)
        room = len(prompt) if self.context is None else self.context - limits.total
        if len(prompt) > room and (self.settings.truncate == "refuse" or room < 1):
            return self._too_long(len(prompt), limits.total)
        dropped = max(0, len(prompt) - room)
        prompt = prompt[dropped:]
        opened = opens_thought(self.tokens.tokenizer.decode(prompt[-8:]))
        distinct = 1 if request.temperature <= 0 else request.samples
        rows = [
            Row(
                index,
                sample,
                prompt,
                Chooser(request.temperature, request.top_p, request.seed, sample),
                Draft(self.tokens, limits, opened),
                self.rules.of(len(prompt), limits.total),
            )
            for sample in range(distinct)
        ]
        return Sheet(rows, request.samples // distinct, dropped)


class Question:
    """The sequences of one log-likelihood request and what is known of them."""

    def __init__(self, sequences: Sequence[Scored], *, dropped: int = 0, rolling: bool = False) -> None:
        self.sequences = sequences
        self.dropped = dropped
        self.rolling = rolling
        self.open = [part for part, sequence in enumerate(sequences) if sequence.targets]
        self.left = len(self.open)
        self.refusal: Refusal | None = None
        self.began = now()
        self.found = [LogP(0.0, greedy=True) for _ in sequences]

    def take(self, part: int, score: LogP | Refusal) -> bool:
        """Note one sequence's result, or why there is none; True when none is left."""
        self.left -= 1
        if isinstance(score, Refusal):
            self.refusal = self.refusal or score
        else:
            self.found[part] = score
        return self.left == 0

    def response(self) -> Response:
        """The answer to the request."""
        if self.refusal is not None:
            return self.refusal
        values = tuple(score.value for score in self.found)
        tokens = tuple(sequence.targets for sequence in self.sequences)
        greedy = tuple(score.greedy for score in self.found)
        if self.rolling:
            values, tokens, greedy = (sum(values),), (sum(tokens),), (all(greedy),)
        apart = 0 if self.rolling else sum(sequence.apart for sequence in self.sequences)
        return LogLikelihoods(values, tokens, greedy, self.dropped, apart, since(self.began))


class Sheet:
    """The rows of one generation request; greedy samples are one row, `copies` times."""

    def __init__(self, rows: Sequence[Row], copies: int, dropped: int) -> None:
        self.rows = rows
        self.copies = copies
        self.dropped = dropped
        self.left = len(rows)
        self.refusal: Refusal | None = None

    def take(self, refusal: Refusal | None) -> bool:
        """Note that one row is finished, or why it never is; True when none is left."""
        self.left -= 1
        self.refusal = self.refusal or refusal
        return self.left == 0

    def response(self) -> Response:
        """The answer to the request."""
        if self.refusal is not None:
            return self.refusal
        completions = tuple(row.draft.completion for row in self.rows for _ in range(self.copies))
        return Completions(completions, len(self.rows[0].prompt), self.dropped)


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
