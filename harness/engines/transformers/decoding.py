"""Generation of many sequences in flight: the batch is always full of tokens somebody asked for.

Prompts are read through a prefix tree (what they share, and what the samples of one request share, is
computed once); then all rows take one token a step, each at its own length. A row that ends leaves
its place at once and the next prompt takes it. transformers' own continuous batching (`generate_batch`,
5.23) gives the same tokens, but knows neither stop strings nor a seed for each request, and its paged
cache is made for GPUs: 8 prompts, 115 tokens took 12.7 s on two CPU cores.
"""

import hashlib
from collections import deque
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import LogitsProcessorList

from harness.core import Refusal
from harness.engines.transformers.completion import NOT_FINITE
from harness.engines.transformers.completion import Draft
from harness.engines.transformers.in_flight import InFlight
from harness.engines.transformers.memory import OUT_OF_MEMORY
from harness.engines.transformers.memory import Budget
from harness.engines.transformers.memory import OutOfMemoryError
from harness.engines.transformers.memory import memory_errors
from harness.engines.transformers.memory import release
from harness.engines.transformers.packing import Packer
from harness.engines.transformers.packing import Pass
from harness.engines.transformers.packing import Walk
from harness.engines.transformers.prefix_tree import Ints
from harness.engines.transformers.rules import adjusted


class Chooser:
    """The next token from its logits: the most likely, or one drawn by a generator of the row's own."""

    def __init__(self, temperature: float, top_p: float, seed: int, sample: int) -> None:
        self.temperature = temperature
        self.top_p = top_p
        self.seed, self.sample = seed, sample
        digest = hashlib.sha256(f"{seed}:{sample}".encode()).digest()
        self.generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))

    def fresh(self) -> "Chooser":
        """The same choices from the first one on."""
        return Chooser(self.temperature, self.top_p, self.seed, self.sample)

    @property
    def greedy(self) -> bool:
        """Whether nothing is drawn."""
        return self.temperature <= 0

    def choose(self, logits: Tensor) -> int:
        """One token from logits of shape (vocabulary,): one uniform number, the inverse of the cumulated P."""
        if self.greedy:
            return int(logits.argmax())
        mass = torch.softmax(logits.float().cpu().double() / self.temperature, -1)
        order = torch.arange(len(mass))
        if self.top_p < 1:
            mass, order = mass.sort(descending=True, stable=True)
            kept = max(1, int((mass.cumsum(-1) - mass < self.top_p).sum()))
            mass, order = mass[:kept], order[:kept]
        total = mass.cumsum(-1)
        drawn = torch.rand((), generator=self.generator, dtype=torch.float64) * total[-1]
        return int(order[min(int(torch.searchsorted(total, drawn, right=True)), len(order) - 1)])


def usable(logits: Tensor) -> NDArray[np.bool_]:
    """Which rows of logits (rows, vocabulary) name a most likely token; shape (rows,).

    A single NaN or +inf leaves no probabilities, and neither does a row of nothing but -inf; some of -inf are tokens
    of probability 0. The largest of a row is finite in no other case.
    """
    finite: NDArray[np.bool_] = torch.isfinite(logits.amax(-1)).cpu().numpy()
    return finite


@dataclass(slots=True, eq=False)
class Row:
    """One completion on its way: whose it is (`owner`, `sample`), its prompt, its choices, what it wrote.

    `rules` are what the repository's generation config does to its logits; `refusal` says why it is given up, if so.
    """

    owner: int
    sample: int
    prompt: list[int]
    chooser: Chooser
    draft: Draft
    rules: LogitsProcessorList | None = None
    refusal: Refusal | None = None

    @property
    def open(self) -> bool:
        """Whether it wants another token."""
        return self.draft.finish is None and self.refusal is None

    def choose(self, logits: Tensor) -> int:
        """The next token from the logits behind the last one, (vocabulary,)."""
        return self.chooser.choose(adjusted(self.rules, self.tokens, logits))

    @property
    def tokens(self) -> list[int]:
        """Everything the next token is given."""
        return self.prompt + self.draft.tokens

    def restart(self) -> None:
        """Back to the empty draft."""
        self.chooser, self.refusal = self.chooser.fresh(), None
        self.draft = Draft(self.draft.tokenizer, self.draft.limits, self.draft.opened)


@dataclass(frozen=True, slots=True)
class Prefilled:
    """A row whose tokens are computed: its logits for the next one, its state within the pass."""

    row: Row
    path: Ints
    source: Pass

    @property
    def logits(self) -> Tensor:
        """The logits behind the row's last token, (vocabulary,)."""
        return self.source.logits[int(np.searchsorted(self.source.wanted, self.path[-1]))]


class Decoder:
    """Writes the drafts of many rows with as many of them in flight as `budget` allows."""

    def __init__(self, packer: Packer, budget: Budget) -> None:
        self.packer = packer
        self.model: Any = packer.model
        self.budget = budget
        self.steps = 0
        self.slot_tokens = 0
        self._waiting: list[Row] = []
        self._ready: deque[Prefilled] = deque()
        self._active: list[Row] = []

    def write(self, rows: Sequence[Row]) -> Iterator[tuple[Row, Refusal | None]]:
        """Yield (row, None) for each row as it is finished, (row, why) for one that cannot be written."""
        self._waiting, self._active = list(rows), []
        self._ready.clear()
        self._in_flight = InFlight(self.packer.attention, self.model.dtype)
        self._walk: Walk | None = None
        while self._waiting or self._ready or self._active:
            yield from self._admit()
            if self._active:
                yield from self._step()

    def _admit(self) -> Iterator[tuple[Row, Refusal | None]]:
        """Fill the free places, reading further prompts as needed."""
        while len(self._active) < self.budget.in_flight and (self._ready or self._waiting):
            if not self._ready:
                yield from self._read()
                continue
            ready = self._ready.popleft()
            row = ready.row
            if not usable(ready.logits):
                yield row, NOT_FINITE
                continue
            if row.draft.push(row.choose(ready.logits)):
                yield row, None
                continue
            try:
                with memory_errors():
                    self._in_flight.load(ready.source.gather(ready.path), len(ready.path), self._room)
            except OutOfMemoryError:
                release()
                yield from self._crowded(row)
                continue
            self._active.append(row)

    def _crowded(self, row: Row) -> Iterator[tuple[Row, Refusal | None]]:
        """There is no room for one more row: it waits for another to end, or is given up where none is there."""
        if not self._active:
            yield row, OUT_OF_MEMORY
            return
        self.budget.in_flight = len(self._active)
        self._waiting.append(row)

    @property
    def _room(self) -> int:
        """The sequences worth having in flight: no more than rows are left."""
        return min(self.budget.in_flight, len(self._active) + len(self._ready) + len(self._waiting) + 1)

    def _read(self) -> Iterator[tuple[Row, Refusal | None]]:
        """Compute one more pass over the waiting prompts."""
        if self._walk is None:
            texts = [row.tokens for row in self._waiting]
            self._walk = self.packer.walk(texts, [[len(text) - 1] for text in texts])
            self._walked = list(self._waiting)
        walk = self._walk
        try:
            with memory_errors():
                done = walk.advance(self.budget.tokens)
        except OutOfMemoryError:
            release()
            if not self.budget.halve():
                refused = self._walked[walk.current]
                self._waiting.remove(refused)
                self._walk = None
                yield refused, OUT_OF_MEMORY
            return
        for row, path in zip(self._walked, walk.paths, strict=True):
            if len(done.wanted) and done.wanted[0] <= path[-1] <= done.wanted[-1]:
                self._ready.append(Prefilled(row, path, done))
                self._waiting.remove(row)
        if walk.done:
            walk.finish()
            self._walk = None

    def _step(self) -> Iterator[tuple[Row, Refusal | None]]:
        """One token for every active row."""
        try:
            with memory_errors():
                logits = self._forward()
        except OutOfMemoryError:
            release()
            yield from self._evict()
            return
        best, sound = logits.argmax(-1).tolist(), usable(logits)
        ended: list[tuple[int, Refusal | None]] = []
        for at, row in enumerate(self._active):
            if not sound[at]:
                ended.append((at, NOT_FINITE))
            elif row.draft.push(best[at] if row.chooser.greedy and row.rules is None else row.choose(logits[at])):
                ended.append((at, None))
        for at, refusal in reversed(ended):
            row, last = self._active[at], self._active.pop()
            if row is not last:
                self._active[at] = last
            self._in_flight.free(at)
            yield row, refusal

    def _forward(self) -> Tensor:
        arguments = self._in_flight.step()
        newest = [[row.draft.tokens[-1]] for row in self._active]
        output = self.model(input_ids=torch.tensor(newest, device=self.model.device), **arguments)
        self._in_flight.stepped()
        self.steps += 1
        self.slot_tokens += len(newest)
        logits: Tensor = output.logits[:, -1]
        return logits

    def _evict(self) -> Iterator[tuple[Row, Refusal | None]]:
        """Memory ran out: half of the rows go back to be read again, or the only one is given up."""
        if len(self._active) == 1:
            self._in_flight.free(0)
            yield self._active.pop(), OUT_OF_MEMORY
            return
        self.budget.in_flight = max(1, len(self._active) // 2)
        while len(self._active) > self.budget.in_flight:
            self._in_flight.free(len(self._active) - 1)
            self._waiting.append(self._active.pop())
        self._waiting.extend(ready.row for ready in self._ready)
        self._ready.clear()
