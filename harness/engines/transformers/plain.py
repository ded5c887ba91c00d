"""Scoring and generation for models that packing cannot carry: padded batches, transformers' own `generate`.

State-space models have no columns to mask, ALiBi reads its distances off the mask's shape: what the self-check of
`packing` rejects comes here. Rows are padded on the right for scoring (nothing scored can see the
padding) and not at all for generation (only prompts of one length share a batch).
"""

import inspect
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
from harness.engines.transformers.completion import NOT_FINITE
from harness.engines.transformers.decoding import Row
from harness.engines.transformers.decoding import usable
from harness.engines.transformers.memory import OUT_OF_MEMORY
from harness.engines.transformers.memory import Budget
from harness.engines.transformers.memory import OutOfMemoryError
from harness.engines.transformers.memory import memory_errors
from harness.engines.transformers.memory import release
from harness.engines.transformers.scoring import LogP
from harness.engines.transformers.scoring import log_probabilities
from harness.engines.transformers.tokens import Scored


def plain_scores(model: Any, sequences: Sequence[Scored], budget: Budget) -> Iterator[tuple[int, LogP | None]]:
    """Yield (index, log P) once for each sequence, None for one that does not fit in memory even alone."""
    askers: dict[tuple[int, ...], list[int]] = {}
    for index, sequence in enumerate(sequences):
        askers.setdefault(sequence.inputs, []).append(index)
    waiting = sorted(askers, key=len, reverse=True)
    while waiting:
        rows = max(1, budget.tokens // len(waiting[0]))
        batch = waiting[:rows]
        try:
            with memory_errors():
                logits, first = _padded_logits(model, batch, sequences, askers)
        except OutOfMemoryError:
            release()
            if len(batch) > 1:
                budget.tokens = max(1, len(waiting[0]) * (len(batch) // 2))
                continue
            yield from ((index, None) for index in askers[batch[0]])
        else:
            for row, inputs in enumerate(batch):
                for index in askers[inputs]:
                    yield index, _log_p(logits[row], sequences[index], first)
        del waiting[: len(batch)]


def _padded_logits(
    model: Any, batch: Sequence[tuple[int, ...]], sequences: Sequence[Scored], askers: dict[tuple[int, ...], list[int]]
) -> tuple[Tensor, int]:
    """Logits of a right-padded batch from its first scored position on, and that position."""
    width = max(map(len, batch))
    ids = torch.zeros((len(batch), width), dtype=torch.long)
    mask = torch.zeros((len(batch), width), dtype=torch.long)
    for row, inputs in enumerate(batch):
        ids[row, : len(inputs)] = torch.tensor(inputs)
        mask[row, : len(inputs)] = 1
    first = min(len(inputs) - sequences[index].targets for inputs in batch for index in askers[inputs])
    keep = torch.arange(first, width, device=model.device)
    arguments = {"input_ids": ids.to(model.device), "attention_mask": mask.to(model.device), "use_cache": False}
    if "logits_to_keep" in inspect.signature(model.forward).parameters:
        return model(**arguments, logits_to_keep=keep).logits, first
    return model(**arguments).logits[:, first:], first


def _log_p(logits: Tensor, sequence: Scored, first: int) -> LogP:
    rows = np.arange(len(sequence.inputs) - sequence.targets, len(sequence.inputs)) - first
    targets = np.asarray(sequence.tokens[len(sequence.tokens) - sequence.targets :], np.int64)
    values, greedy = log_probabilities(logits, rows, targets)
    return LogP(float(values.sum()), bool(greedy.all()))


class _Choices(LogitsProcessor):
    """Lets each row choose its own token and leaves `generate` no other."""

    def __init__(self, rows: Sequence[Row], filler: int) -> None:
        self.rows = rows
        self.filler = filler

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:  # noqa: ARG002  # the interface's
        sound = usable(scores)
        forced = torch.full_like(scores, -torch.inf)
        for at, row in enumerate(self.rows):
            token = self.filler
            if row.open and not sound[at]:
                row.refusal = NOT_FINITE
            elif row.open:
                token = row.chooser.choose(scores[at])
                row.draft.push(token)
            forced[at, token] = 0.0
        return forced


class _Ended(StoppingCriteria):
    """Says which rows' drafts are finished."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def __call__(self, input_ids: Tensor, scores: Tensor, **_: Any) -> Tensor:  # noqa: ARG002  # the interface's
        return torch.tensor([not row.open for row in self.rows], device=input_ids.device)


def plain_write(model: Any, rows: Sequence[Row], budget: Budget) -> Iterator[tuple[Row, Refusal | None]]:
    """Yield (row, None) for each row as it is finished, (row, why) for one that cannot be written."""
    lengths: dict[int, list[Row]] = {}
    for row in rows:
        lengths.setdefault(len(row.prompt), []).append(row)
    for alike in lengths.values():
        yield from _write_alike(model, alike, budget)


def _write_alike(model: Any, rows: Sequence[Row], budget: Budget) -> Iterator[tuple[Row, Refusal | None]]:
    """The same for rows whose prompts have one length."""
    done = 0
    while done < len(rows):
        batch = rows[done : done + budget.slots]
        try:
            with memory_errors():
                _generate(model, batch)
        except OutOfMemoryError:
            release()
            if len(batch) > 1:
                budget.slots = len(batch) // 2
                # `generate` cannot go on where it broke off.
                for row in batch:
                    row.restart()
                continue
            yield batch[0], OUT_OF_MEMORY
        else:
            yield from ((row, row.refusal) for row in batch)
        done += len(batch)


def _generate(model: Any, rows: Sequence[Row]) -> None:
    """Write the drafts of rows whose prompts have one length."""
    prompts = torch.tensor([row.prompt for row in rows], device=model.device)
    filler = int(prompts[0, 0])
    model.generate(
        input_ids=prompts,
        attention_mask=torch.ones_like(prompts),
        generation_config=GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=max(row.draft.limits.total for row in rows), do_sample=False, pad_token_id=filler
        ),
        logits_processor=LogitsProcessorList([_Choices(rows, filler)]),
        stopping_criteria=StoppingCriteriaList([_Ended(rows)]),
    )
