"""Scoring and generation for models that packing cannot carry: the model's own cache, padded batches, one by one.

State-space models have no columns to mask, ALiBi reads its distances off the mask's shape: what `selfcheck` finds wrong
of `packing` comes here. Rows are padded on the right for scoring (nothing scored can see the padding) and not at all
for generation, by transformers' own `generate` (only prompts of one length share a batch).
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import GenerationConfig
from transformers import LogitsProcessor
from transformers import LogitsProcessorList
from transformers import StoppingCriteria
from transformers import StoppingCriteriaList

from harness.core import Refusal
from harness.engines.texts.tokens import Scored
from harness.engines.transformers.alone import Alone
from harness.engines.transformers.alone import siblings
from harness.engines.transformers.alone import takes_index
from harness.engines.transformers.decoding import Row
from harness.engines.transformers.decoding import push
from harness.engines.transformers.memory import OUT_OF_MEMORY
from harness.engines.transformers.memory import Budget
from harness.engines.transformers.memory import OutOfMemoryError
from harness.engines.transformers.memory import memory_errors
from harness.engines.transformers.memory import release
from harness.engines.transformers.scoring import LogP
from harness.engines.transformers.scoring import log_probabilities


def padded_scores(alone: Alone, sequences: Sequence[Scored], budget: Budget) -> Iterator[tuple[int, LogP | None]]:
    """Yield (index, log P) once for each sequence, None for one that does not fit in memory even alone."""
    askers = _askers(sequences, range(len(sequences)))
    waiting = sorted(askers, key=len, reverse=True)
    while waiting:
        batch = waiting[: max(1, budget.tokens // len(waiting[0]))]
        first = min(len(inputs) - sequences[index].targets for inputs in batch for index in askers[inputs])
        try:
            with memory_errors():
                logits = padded_logits(alone, batch, first)
        except OutOfMemoryError:
            release()
            if len(batch) > 1:
                budget.tokens = max(1, len(waiting[0]) * (len(batch) // 2))
                continue
            yield from ((index, None) for index in askers[batch[0]])
        else:
            for row, inputs in enumerate(batch):
                for index in askers[inputs]:
                    yield index, _log_p(logits[row, : len(inputs) - first], sequences[index])
        del waiting[: len(batch)]


def padded_logits(alone: Alone, batch: Sequence[Sequence[int]], first: int) -> Tensor:
    """Logits of a right-padded batch from position `first` on, (rows, width - first, vocabulary)."""
    width = max(map(len, batch))
    ids = torch.zeros((len(batch), width), dtype=torch.long)
    mask = torch.zeros((len(batch), width), dtype=torch.long)
    for row, inputs in enumerate(batch):
        ids[row, : len(inputs)] = torch.tensor(inputs)
        mask[row, : len(inputs)] = 1
    alone.rest.restore()
    device = alone.model.device
    arguments = {"input_ids": ids.to(device), "attention_mask": mask.to(device), "use_cache": False}
    if takes_index(alone.model):
        logits: Tensor = alone.model(**arguments, logits_to_keep=torch.arange(first, width, device=device)).logits
        return logits
    whole: Tensor = alone.model(**arguments).logits
    return whole[:, first:]


def single_scores(alone: Alone, sequences: Sequence[Scored], *, shared: bool) -> Iterator[tuple[int, LogP | None]]:
    """The same one sequence at a time; with `shared` those of one context read it once, by the model's own cache."""
    for group in siblings(sequences) if shared else [[index] for index in range(len(sequences))]:
        askers = _askers(sequences, group)
        lasts = [sequences[indices[0]].targets for indices in askers.values()]
        rows = alone.shared(list(askers), lasts) if len(askers) > 1 else iter(())
        for (inputs, indices), last in zip(askers.items(), lasts, strict=True):
            logits = _fitting(lambda rows=rows: next(rows, None))  # type: ignore[misc]
            if logits is None:  # the only one of its context, or there was no room for what several share
                rows = iter(())
                logits = _fitting(lambda inputs=inputs, last=last: alone.logits(inputs, last))  # type: ignore[misc]
            for index in indices:
                yield index, None if logits is None else _log_p(logits, sequences[index])


def _fitting(compute: Callable[[], Tensor | None]) -> Tensor | None:
    """What `compute` gives, None where memory has no room for it."""
    try:
        with memory_errors():
            return compute()
    except OutOfMemoryError:
        release()
        return None


def _askers(sequences: Sequence[Scored], indices: Iterable[int]) -> dict[tuple[int, ...], list[int]]:
    """Who wants what the model says of the same inputs."""
    askers: dict[tuple[int, ...], list[int]] = {}
    for index in indices:
        askers.setdefault(sequences[index].inputs, []).append(index)
    return askers


def _log_p(logits: Tensor, sequence: Scored) -> LogP:
    """The log P of a sequence's targets from logits whose last row is behind its last input."""
    rows = np.arange(len(logits) - sequence.targets, len(logits))
    targets = np.asarray(sequence.tokens[len(sequence.tokens) - sequence.targets :], np.int64)
    values, greedy = log_probabilities(logits, rows, targets)
    return LogP(float(values.sum()), bool(greedy.all()))


class _Choices(LogitsProcessor):
    """Lets each row choose its own token and leaves `generate` no other."""

    def __init__(self, rows: Sequence[Row], filler: int) -> None:
        self.rows = rows
        self.filler = filler

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:  # noqa: ARG002  # the interface's
        open_rows = [at for at, row in enumerate(self.rows) if row.open]
        forced = torch.full_like(scores, -torch.inf)
        forced[:, self.filler] = 0.0
        for at, ended in zip(open_rows, push([self.rows[at] for at in open_rows], scores[open_rows]), strict=True):
            row = self.rows[at]
            if isinstance(ended, Refusal):
                row.refusal = ended
            elif not ended:
                forced[at, self.filler], forced[at, row.draft.tokens[-1]] = -torch.inf, 0.0
        return forced


class _Ended(StoppingCriteria):
    """Says which rows' drafts are finished."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def __call__(self, input_ids: Tensor, scores: Tensor, **_: Any) -> Tensor:  # noqa: ARG002  # the interface's
        return torch.tensor([not row.open for row in self.rows], device=input_ids.device)


def plain_write(
    alone: Alone, rows: Sequence[Row], budget: Budget, *, together: bool
) -> Iterator[tuple[Row, Refusal | None]]:
    """Yield (row, None) for each row as it is finished, (row, why) for one that cannot be written.

    `together` lets prompts of one length share a batch.
    """
    lengths: dict[int, list[Row]] = {}
    for at, row in enumerate(rows):
        lengths.setdefault(len(row.prompt) if together else -at, []).append(row)
    for alike in lengths.values():
        yield from _write_alike(alone, alike, budget)


def _write_alike(alone: Alone, rows: Sequence[Row], budget: Budget) -> Iterator[tuple[Row, Refusal | None]]:
    """The same for rows whose prompts have one length."""
    done = 0
    while done < len(rows):
        batch = rows[done : done + budget.in_flight]
        most = max(row.draft.limits.total for row in batch)
        choices = _Choices(batch, batch[0].prompt[0])
        try:
            with memory_errors():
                generate(alone, [row.prompt for row in batch], most, choices, _Ended(batch))
        except OutOfMemoryError:
            release()
            if len(batch) > 1:
                budget.in_flight = len(batch) // 2
                # `generate` cannot go on where it broke off.
                for row in batch:
                    row.restart()
                continue
            yield batch[0], OUT_OF_MEMORY
        else:
            yield from ((row, row.refusal) for row in batch)
        done += len(batch)


def generate(
    alone: Alone, prompts: Sequence[list[int]], most: int, choices: LogitsProcessor, *ends: StoppingCriteria
) -> None:
    """Have transformers write up to `most` tokens behind prompts of one length, each as `choices` says.

    The model's own generation config is put aside: `generate` takes from it whatever nobody else has set.
    """
    ids = torch.tensor(prompts, device=alone.model.device)
    alone.rest.restore()
    own = alone.model.generation_config
    alone.model.generation_config = GenerationConfig()  # type: ignore[no-untyped-call]
    try:
        alone.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            generation_config=GenerationConfig(  # type: ignore[no-untyped-call]
                max_new_tokens=most, do_sample=False, pad_token_id=int(ids[0, 0])
            ),
            logits_processor=LogitsProcessorList([choices]),
            stopping_criteria=StoppingCriteriaList(ends),
        )
    finally:
        alone.model.generation_config = own
