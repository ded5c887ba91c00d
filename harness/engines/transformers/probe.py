"""Probes: sequences of random tokens, computed alone and in one of the faster ways, whose log P are compared.

A probe of `length` tokens has a chain that long, its beginning, a sibling that parts from it shortly before its end, a
branch off its middle, and a short neighbour: what a tree, a padded batch or sequences in flight hold at once. A *wide*
probe has as many columns of short branches, since a model may cut its window by the column.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import LogitsProcessor

from harness.engines.transformers.alone import Alone
from harness.engines.transformers.in_flight import InFlight
from harness.engines.transformers.packing import Packer
from harness.engines.transformers.packing import Pass
from harness.engines.transformers.plain import generate
from harness.engines.transformers.plain import padded_logits
from harness.engines.transformers.prefix_tree import Ints
from harness.engines.transformers.reach import text_config

LAST = 8
"""Positions at the end of each sequence that are compared."""
SHORT = 14
STEPS = 4
FLOAT32_LARGEST = 1e-3
FLOAT32_MEAN = 5e-5
ROUGH_MEAN = 0.1
Texts = list[list[int]]


class Text(NamedTuple):
    """A sequence whose `last` positions are compared."""

    tokens: list[int]
    last: int = LAST


def chain(model: Any, length: int, edges: Sequence[int] = ()) -> list[Text]:
    """The sequences of a probe of `length` tokens: chain, beginning, sibling, branch, neighbour.

    And one that passes each of the edges with its last tokens, so that what it shares with others ends before.
    """
    main, other = draw(model, 2, length)
    half, parting = length // 2, length - LAST
    return [
        Text(main),
        Text(main[:parting]),
        Text(main[:parting] + other[-LAST + 3 :], LAST - 3),
        Text(main[:half] + other[: min(SHORT, length - half)]),
        Text(other[SHORT - 1 :: -1]),
        *(Text(main[:end]) for end in _over(edges, length)),
    ]


def wide(model: Any, columns: int) -> list[Text]:
    """Short branches of one beginning, `columns` tokens together."""
    start = draw(model, 1, SHORT)[0]
    count = max(2, -(-(columns - SHORT) // SHORT))
    return [Text(start + branch) for branch in draw(model, count, SHORT)]


def draw(model: Any, rows: int, length: int) -> Texts:
    """Tokens at random but for those the configuration names: a picture's place or a padding means something else."""
    config = text_config(model.config)
    named = {
        value for key, value in config.to_dict().items() if key.endswith(("_id", "_index")) and isinstance(value, int)
    }
    size = min(config.vocab_size, model.get_input_embeddings().num_embeddings)
    plain = np.setdiff1d(np.arange(size), sorted(named))
    return np.random.default_rng(length).choice(plain, (rows, length)).tolist()  # type: ignore[no-any-return]


def by_itself(alone: Alone, texts: Sequence[Text]) -> list[Tensor]:
    """Log P at the last positions of each text, read alone."""
    return [log_p(alone.logits(*text)) for text in texts]


def unsteady(alone: Alone, length: int) -> str | None:
    """What makes log P no function of the tokens before alone; None where it is one, at `length` tokens."""
    main, other = draw(alone.model, 2, length)
    parting = length - min(LAST, length // 2)
    compared = min(LAST, parting)
    first = alone.logits(main, length - parting + compared)[:compared]
    again = alone.logits(main, length - parting + compared)[:compared]
    if not same([log_p(again)], [log_p(first)], alone.precision):
        return "two passes over the same tokens differ"
    changed = alone.logits(main[:parting] + other[parting:], length - parting + compared)[:compared]
    if not same([log_p(changed)], [log_p(first)], alone.precision):
        return "what it says of a token depends on later ones"
    if not same([log_p(alone.logits(main[:parting], compared))], [log_p(first)], alone.precision):
        return "what it says of a token depends on how many follow"
    return None


def in_a_tree(packer: Packer, texts: Sequence[Text], budget: int) -> list[Tensor]:
    """The same as `by_itself` from a packed tree whose passes hold `budget` tokens."""
    packer.forget()
    gathered: list[list[Tensor]] = [[] for _ in texts]
    for at, logits, _ in _walk(packer, texts, budget):
        gathered[at].append(log_p(logits))
    packer.forget()
    return [torch.stack(rows) for rows in gathered]


def by_a_cache(alone: Alone, texts: Sequence[Text]) -> list[Tensor]:
    """The same from what the model keeps itself of the beginning that texts share."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for at, text in enumerate(texts):
        groups.setdefault(tuple(text.tokens[: -text.last]), []).append(at)
    gathered: dict[int, Tensor] = {}
    for group in groups.values():
        parts = alone.shared([tuple(texts[at].tokens) for at in group], [texts[at].last for at in group])
        gathered.update((at, log_p(logits)) for at, logits in zip(group, parts, strict=True))
    return [gathered[at] for at in range(len(texts))]


def in_a_batch(alone: Alone, texts: Sequence[Text]) -> list[Tensor]:
    """The same from a batch padded on the right."""
    first = min(len(text.tokens) - text.last for text in texts)
    rows = padded_logits(alone, [text.tokens for text in texts], first)
    ends = [len(text.tokens) - first for text in texts]
    return [log_p(row[end - text.last : end]) for row, text, end in zip(rows, texts, ends, strict=True)]


def prompts(model: Any, length: int, edges: Sequence[int]) -> Texts:
    """Sequences of which the last tokens are written: up to `length`, and over each of the edges."""
    main, _, _, branch, short, *over = (text.tokens for text in chain(model, length, edges))
    return [main, branch, short, *over]


def written(alone: Alone, texts: Texts) -> list[Tensor]:
    """Log P of each of the last tokens as `generate` has it that writes texts of one length together."""
    recorded = _Forced([text[len(text) - STEPS :] for text in texts])
    generate(alone, [text[: len(text) - STEPS] for text in texts], STEPS + 1, recorded)
    return list(torch.stack(recorded.found, 1))


def written_in_flight(packer: Packer, texts: Texts, budget: int) -> list[Tensor]:
    """The same from sequences in flight, all texts at once, their prompts read through a tree."""
    packer.forget()
    beginnings = [Text(text[: len(text) - STEPS], 1) for text in texts]
    first: dict[int, tuple[Tensor, Any]] = {}
    for at, logits, (source, path) in _walk(packer, beginnings, budget):
        first[at] = log_p(logits), source.gather(path)
    in_flight = InFlight(packer.attention, packer.model.dtype)
    for at, text in enumerate(beginnings):
        in_flight.load(first[at][1], len(text.tokens), len(texts))
    gathered = [[first[at][0]] for at in range(len(texts))]
    for step in range(STEPS):
        newest = torch.tensor([[text[len(text) - STEPS + step]] for text in texts], device=packer.model.device)
        logits = packer.model(input_ids=newest, **in_flight.step()).logits[:, -1]
        in_flight.stepped()
        for at, row in enumerate(logits):
            gathered[at].append(log_p(row))
    packer.forget()
    return [torch.stack(rows) for rows in gathered]


def log_p(logits: Tensor) -> Tensor:
    """Log P over the vocabulary in float32."""
    return torch.log_softmax(logits.float(), -1)


def difference(computed: Sequence[Tensor], expected: Sequence[Tensor]) -> tuple[float, float]:
    """The largest difference of log P, and the largest mean over a vocabulary; what is no number in both is equal."""
    largest, mean = 0.0, 0.0
    for row, other in zip(computed, expected, strict=True):
        apart = torch.where(row.isfinite() | other.isfinite(), (row - other).abs(), 0.0).nan_to_num(torch.inf)
        largest, mean = max(largest, float(apart.max())), max(mean, float(apart.mean(-1).max()))
    return largest, mean


def alike(largest: float, mean: float, dtype: torch.dtype) -> bool:
    """Whether two ways differ by rounding: float32 at its worst token, a rough type in the mean."""
    if dtype == torch.float32:
        return largest < FLOAT32_LARGEST and mean < FLOAT32_MEAN
    return mean < ROUGH_MEAN


def same(computed: Sequence[Tensor], expected: Sequence[Tensor], dtype: torch.dtype) -> bool:
    """Whether log P agree up to rounding."""
    return alike(*difference(computed, expected), dtype)


def _over(edges: Sequence[int], length: int) -> list[int]:
    """Lengths just behind each edge."""
    return sorted({edge + STEPS // 2 for edge in edges if LAST < edge < length - STEPS})


class _Forced(LogitsProcessor):
    """Lets `generate` write given tokens, and keeps the log P it had each time."""

    def __init__(self, tokens: Texts) -> None:
        self.tokens = tokens
        self.found: list[Tensor] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        step = len(self.found)
        self.found.append(log_p(scores))
        forced = torch.full_like(scores, -torch.inf)
        for at, tokens in enumerate(self.tokens):
            forced[at, tokens[step] if step < STEPS else int(input_ids[at, 0])] = 0.0
        return forced


def _walk(packer: Packer, texts: Sequence[Text], budget: int) -> Iterator[tuple[int, Tensor, tuple[Pass, Ints]]]:
    """(text, logits, where its path is) for each of the last positions of each text, in order."""
    wanted = [range(len(text.tokens) - text.last, len(text.tokens)) for text in texts]
    walk = packer.walk([text.tokens for text in texts], wanted)
    while not walk.done:
        done = walk.advance(budget)
        for at, path in enumerate(walk.paths):
            for node in path[-texts[at].last :]:
                place = int(np.searchsorted(done.wanted, node))
                if place < len(done.wanted) and done.wanted[place] == node:
                    yield at, done.logits[place], (done, path)
