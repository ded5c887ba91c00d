"""The next tokens of many rows: the most likely, or drawn on the device for all rows at once.

A draw depends on the row's logits and on one number, which a counter-based generator makes of seed, sample and
position (Philox4x64: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). So the order of rows,
the size of a batch and a run that goes on where it stopped change nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.random import Philox
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]
BLOCK = 512
"""Tokens whose mass is summed at once: the vocabulary is searched by blocks, then within one."""
LIKELIEST = 256
"""Tokens that are looked at for a nucleus; a row whose nucleus is larger sorts its vocabulary."""
_MANTISSA = 53


@dataclass(frozen=True)
class Chooser:
    """How a row's tokens are chosen.

    `temperature` 0 takes the most likely one. `top_p` draws from the smallest set of the most likely tokens whose
    probability reaches it (Holtzman et al., arXiv 1904.09751); of equal ones the lower token id comes first.
    """

    temperature: float
    top_p: float
    seed: int
    sample: int

    @property
    def greedy(self) -> bool:
        """Whether nothing is drawn."""
        return self.temperature <= 0

    def number(self, position: int) -> float:
        """The number in [0, 1) that decides the token at `position`, 0 for the first one written."""
        raw = int(Philox(key=self._key, counter=position).random_raw())
        return float((raw >> (64 - _MANTISSA)) / 2**_MANTISSA)

    @cached_property
    def _key(self) -> int:
        return int.from_bytes(hashlib.sha256(f"{self.seed}:{self.sample}".encode()).digest()[:16], "big")


def choose(logits: Tensor, choosers: Sequence[Chooser], positions: Sequence[int]) -> list[int | None]:
    """A token of each row of logits (rows, vocabulary); None where they name no most likely one.

    A single NaN or +inf leaves no probabilities, and neither does a row of nothing but -inf; some of -inf are tokens
    of probability 0. The largest of a row is finite in no other case.
    """
    largest, best = logits.max(-1)
    tokens: list[int | None] = best.tolist()
    sound = torch.isfinite(largest).tolist()
    rows = [row for row, chooser in enumerate(choosers) if sound[row] and not chooser.greedy]
    if rows:
        some = len(rows) < len(choosers)
        chosen = logits[torch.tensor(rows, device=logits.device)] if some else logits
        numbers = [choosers[row].number(positions[row]) for row in rows]
        for row, token in zip(rows, draw(chosen, [choosers[row] for row in rows], numbers), strict=True):
            tokens[row] = token
    return [token if fine else None for token, fine in zip(tokens, sound, strict=True)]


def draw(logits: Tensor, choosers: Sequence[Chooser], numbers: Sequence[float]) -> list[int]:
    """A token of each row of logits (rows, vocabulary): the one at its number of the cumulated probability.

    The large sums stay on the device; a row's blocks and its likeliest tokens are summed on the host in double
    precision. Tokens are in the order of their ids, or from the most likely one on where `top_p` is below 1.
    """
    mass = _mass(logits, choosers)
    blocks = mass.view(len(mass), -1, BLOCK).sum(-1, dtype=_summed(mass.device)).cpu().double().numpy()
    nuclei = _nuclei(mass, blocks.sum(-1), choosers)
    whole = [row for row in range(len(choosers)) if row not in nuclei]
    tokens = {row: int(ids[_place(sums, numbers[row])]) for row, (ids, sums) in nuclei.items()}
    if whole:
        tokens |= dict(zip(whole, _by_blocks(mass, blocks, whole, numbers), strict=True))
    return [tokens[row] for row in range(len(choosers))]


def _mass(logits: Tensor, choosers: Sequence[Chooser]) -> Tensor:
    """The tokens' probabilities, that of the likeliest token being 1, as whole blocks: (rows, blocks * BLOCK)."""
    least = torch.finfo(torch.float32).tiny
    warm = torch.tensor([[max(chooser.temperature, least)] for chooser in choosers], device=logits.device)
    rows, vocabulary = logits.shape
    mass = torch.empty((rows, -(-vocabulary // BLOCK) * BLOCK), dtype=torch.float32, device=logits.device)
    mass[:, vocabulary:] = -torch.inf
    mass[:, :vocabulary] = logits
    return mass.sub_(logits.amax(-1, keepdim=True)).div_(warm).exp_()


def _summed(device: torch.device) -> torch.dtype:
    """The precision in which a block is summed: Apple's devices have no double."""
    return torch.float32 if device.type == "mps" else torch.float64


def _nuclei(mass: Tensor, totals: Floats, choosers: Sequence[Chooser]) -> dict[int, tuple[Any, Floats]]:
    """Of each row that is drawn from its nucleus: the tokens from the most likely one on, their cumulated mass."""
    rows = [row for row, chooser in enumerate(choosers) if chooser.top_p < 1]
    if not rows:
        return {}
    likeliest = mass[torch.tensor(rows, device=mass.device)] if len(rows) < len(mass) else mass
    values, ids = (part.cpu().numpy() for part in likeliest.topk(min(LIKELIEST, mass.shape[1]), -1))
    nuclei = {}
    for at, row in enumerate(rows):
        most = choosers[row].top_p * totals[row]
        count = _count(values[at], most)
        # others may be as likely as the last of those that were looked at
        if values[at][count - 1] > values[at][-1]:
            nuclei[row] = _ordered(values[at], ids[at], count)
        else:
            every = mass[row].cpu().numpy()
            order = np.argsort(-every, kind="stable")
            nuclei[row] = _ordered(every[order], order, _count(every[order], most))
    return nuclei


def _count(values: Any, most: float) -> int:
    """How many of the largest `values` come to `most`."""
    return max(1, int((np.cumsum(values, dtype=np.float64) - values < most).sum()))


def _ordered(values: Any, ids: Any, count: int) -> tuple[Any, Floats]:
    """The first `count` tokens and their cumulated mass; equal values come in any order from a device."""
    level = int((values >= values[count - 1]).sum())
    order = np.lexsort((ids[:level], -values[:level]))[:count]
    return ids[order], np.cumsum(values[order], dtype=np.float64)


def _by_blocks(mass: Tensor, blocks: Floats, rows: Sequence[int], numbers: Sequence[float]) -> list[int]:
    """A token of each of `rows` from its whole vocabulary: first the block, then the token within."""
    cumulated = np.cumsum(blocks, axis=-1)
    block = [_place(cumulated[row], numbers[row]) for row in rows]
    within = mass.view(len(mass), -1, BLOCK)[rows, block].cpu().double().numpy()
    tokens = []
    for row, at, masses in zip(rows, block, within, strict=True):
        before = cumulated[row, at - 1] if at else 0.0
        left = max(0.0, numbers[row] * cumulated[row, -1] - before)
        sums = np.cumsum(masses)
        tokens.append(at * BLOCK + _place(sums, min(left / sums[-1], 1.0)))
    return tokens


def _place(sums: Floats, number: float) -> int:
    """The place at `number` of the cumulated `sums`; never one that adds nothing."""
    place = int(np.searchsorted(sums, number * sums[-1], side="right"))
    return min(place, int(np.searchsorted(sums, sums[-1], side="left")))
