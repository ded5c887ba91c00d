"""Generation of many sequences in flight: the batch is always full of tokens somebody asked for.

Prompts are read through a prefix tree (what they share, and what the samples of one request share, is
computed once); then all rows take one token a step, each at its own length. A row that ends leaves
its place at once and the next prompt takes it. transformers' own continuous batching (`generate_batch`,
5.23) gives the same tokens, but knows neither stop strings nor a seed for each request, and its paged
cache is made for GPUs: 8 prompts, 115 tokens took 12.7 s on two CPU cores.
"""

from collections import deque
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import LogitsProcessorList

from harness.core import Refusal
from harness.engines.texts.completion import NOT_FINITE
from harness.engines.texts.completion import Draft
from harness.engines.transformers.drawing import Chooser
from harness.engines.transformers.drawing import choose
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

    @property
    def tokens(self) -> list[int]:
        """Everything the next token is given."""
        return self.prompt + self.draft.tokens

    def restart(self) -> None:
        """Back to the empty draft."""
        self.refusal = None
        self.draft = Draft(self.draft.tokenizer, self.draft.limits, self.draft.opened, began=self.draft.began)


def push(rows: Sequence[Row], logits: Tensor) -> list[Refusal | bool]:
    """Add the next token of each row, chosen from logits (rows, vocabulary).

    Returns for each row whether it has ended with that token, or why there is none.
    """
    if any(row.rules is not None for row in rows):
        logits = torch.stack(
            [adjusted(row.rules, row.tokens, behind.float()) for row, behind in zip(rows, logits, strict=True)]
        )
    tokens = choose(logits, [row.chooser for row in rows], [len(row.draft.tokens) for row in rows])
    return [NOT_FINITE if token is None else row.draft.push(token) for row, token in zip(rows, tokens, strict=True)]


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
            (ended,) = push([row], ready.logits[None])
            if ended:
                yield row, ended if isinstance(ended, Refusal) else None
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
        for at, ended in reversed(list(enumerate(push(self._active, logits)))):
            if not ended:
                continue
            row, last = self._active[at], self._active.pop()
            if row is not last:
                self._active[at] = last
            self._in_flight.free(at)
            yield row, ended if isinstance(ended, Refusal) else None

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
