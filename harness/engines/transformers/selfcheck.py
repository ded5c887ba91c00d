"""Whether a model computes the same packed as plain: asked once at load, of a few random tokens.

A model that ignores the mask or the positions it is given (state-space, ALiBi, learned relative bias) differs by
whole logits here, a correct one by rounding.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.engines.transformers.packing import Packer
from harness.engines.transformers.packing import State
from harness.engines.transformers.slots import Slots

LENGTH = 20
SHORT_WINDOW = 64
FLOAT32_TOLERANCE = 1e-3
ROUGH_TOLERANCE = 0.1
WRONG_MODEL = (TypeError, ValueError, RuntimeError, IndexError, KeyError, AttributeError, AssertionError)
"""What a model raises that cannot take a ready mask, positions or our cache."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What may be used, and the largest difference of log P seen (nats; None where it could not run)."""

    packing: bool
    slots: bool
    largest: float | None


def verify(packer: Packer) -> Verified:
    """Compare a small tree, computed in runs that hang on a cached path, and one decoding step with plain passes."""
    if not packer.attention.maskable:
        return Verified(packing=False, slots=False, largest=None)
    window = packer.attention.window or 0
    length = LENGTH + (window if window <= SHORT_WINDOW else 0)
    vocabulary = packer.model.config.get_text_config().vocab_size
    drawn = np.random.default_rng(0).integers(0, vocabulary, (3, length)).tolist()
    texts = [drawn[0], drawn[0][: length // 2] + drawn[1][: length // 3], drawn[0][: length // 3] + drawn[2]]
    plain = [_log_p(packer.model(input_ids=_ids(packer.model, text)).logits[0, -2:]) for text in texts]
    try:
        packed = _packed(packer, texts, budget=length - 3)
        differences = [_difference(found, expected[:1]) for (found, _), expected in zip(packed, plain, strict=True)]
        sound = _sound(differences, packer.model.dtype)
    except WRONG_MODEL:
        return Verified(packing=False, slots=False, largest=None)
    try:
        stepped = _stepped(packer, texts, [state for _, state in packed])
        after = [_difference(found[None], expected[1:]) for found, expected in zip(stepped, plain, strict=True)]
        steps = _sound(after, packer.model.dtype)
    except WRONG_MODEL:
        steps = False
    return Verified(packing=sound, slots=sound and steps, largest=float(max(found.max() for found in differences)))


def _packed(packer: Packer, texts: list[list[int]], budget: int) -> list[tuple[Tensor, State]]:
    """Log P behind the last but one token of each text, and its state there."""
    walk = packer.walk([text[:-1] for text in texts], [[len(text) - 2] for text in texts])
    found: dict[int, tuple[Tensor, State]] = {}
    while not walk.done:
        done = walk.advance(budget)
        for index, path in enumerate(walk.paths):
            if path[-1] in done.wanted:
                logits = done.logits[int(np.searchsorted(done.wanted, path[-1]))]
                found[index] = _log_p(logits)[None], done.gather(path)
    return [found[index] for index in range(len(texts))]


def _stepped(packer: Packer, texts: list[list[int]], states: list[State]) -> Tensor:
    """Log P behind each text's last token, all texts in one decoding step."""
    slots = Slots(packer.attention, packer.model.dtype)
    for text, state in zip(texts, states, strict=True):
        slots.load(state, len(text) - 1, 1)
    last = torch.tensor([text[-1:] for text in texts], device=packer.model.device)
    return _log_p(packer.model(input_ids=last, **slots.step()).logits[:, -1])


def _ids(model: Any, text: list[int]) -> Tensor:
    return torch.tensor([text], device=model.device)


def _log_p(logits: Tensor) -> Tensor:
    return torch.log_softmax(logits.float(), -1)


def _difference(found: Tensor, expected: Tensor) -> Tensor:
    return (found - expected).abs()


def _sound(differences: list[Tensor], dtype: torch.dtype) -> bool:
    """Exact arithmetic is judged by its largest difference, a rough one by the mean over the vocabulary."""
    if dtype == torch.float32:
        return bool(all(found.max() < FLOAT32_TOLERANCE for found in differences))
    return bool(all(found.mean() < ROUGH_TOLERANCE for found in differences))
