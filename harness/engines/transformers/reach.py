"""How far a model was made to look: the lengths from which on its configuration has it compute something else.

A window, a chunk, an index of the best k tokens, the length its positions were trained at: behind each of them two
ways of computing one sequence can part that agree below it. They are found by walking the configuration, whatever
they are called there: every whole number is taken for one but those whose name says that it is a width, a count or a
token. One too many costs a check, one too few a wrong score.
"""

import itertools
import math
import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BASE = 32
"""Tokens of the first check, where no edge comes before: it looks behind all that is smaller."""
MARGIN = 12
OFF = 2
"""A window of w tokens may end at w - 1 or w - 2, by who counts the token itself."""
NEAR = 1.25
"""Edges this close to one another are looked behind at once."""
_COUNTS = re.compile(
    r"base|beta|bins|bucket|buckets|cap|channel|channels|classifier|clip|codebook|crop|d|dff|dim|dims|"
    r"divisible|embd|embed|embedding|expert|experts|factor|ff|ffn|filters|groups|head|headdim|heads|hidden|id|"
    r"ids|idx|idxs|image|inner|intermediate|iters|layer|layers|lowrank|mel|mlp|multiple|multiplier|n|num|patch|"
    r"proj|quantization|quantizers|rank|rate|scalar|scale|seed|softcap|softcapping|theta|tok|types|vector|"
    r"version|vocab|width"
)
_REACHES = re.compile(r"windows?|chunk|chunksize|topk|local|sliding|positions?|context|len|length")
_ALWAYS_COUNTS = re.compile(r"layers?|heads?|ids?|num|dim|theta|rank")
_BARE = re.compile(r"size|state|kv|a|")


@dataclass(frozen=True, slots=True)
class Reach:
    """The `edges` of a model in tokens, ascending: (from, to) for those close to one another; its longest input."""

    edges: tuple[tuple[int, int], ...]
    context: int | None

    @property
    def passed(self) -> list[int]:
        """Each edge as the configuration has it."""
        return sorted({edge for first, last in self.edges for edge in (first + OFF, last)})

    def within(self, length: int) -> list[int]:
        """The lengths that must be checked before `length` tokens are computed, the shortest first."""
        return [self.base, *(self.beyond(last) for first, last in self.edges if length > first)]

    @property
    def base(self) -> int:
        """The length of the first check, before any edge."""
        return min(BASE, *(first for first, _ in self.edges[:1]), self.context or BASE)

    def beyond(self, edge: int) -> int:
        """A length behind an edge, which the model can still take."""
        longer = edge + edge // 4 + MARGIN
        return longer if self.context is None else min(longer, self.context)

    def until(self, length: int) -> int | None:
        """The longest sequence that a check for `length` tokens is good for; None where no edge lies behind it."""
        return next((first for first, _ in self.edges if first >= length), self.context)


def reach(config: Any, context: int | None) -> Reach:
    """The reach of a model by its configuration; edges at or behind the longest input are left out."""
    kept = sorted(
        {edge for edge in _edges(config) if edge + edge // 4 + MARGIN > BASE and (context is None or edge < context)}
    )
    edges: list[tuple[int, int]] = []
    for edge in kept:
        if edges and edge <= edges[-1][0] * NEAR:
            edges[-1] = edges[-1][0], edge
        else:
            edges.append((edge, edge))
    return Reach(tuple((first - OFF, last) for first, last in edges), context)


def text_config(config: Any) -> Any:
    """The configuration of the part that reads and writes text."""
    return config.get_text_config(decoder=True)


def _edges(config: Any) -> set[int]:
    named = list(_numbers(text_config(config).to_dict(), ""))
    products = {
        number * other
        for (name, number), (second, other) in itertools.combinations(named, 2)
        if name != second and name.partition("_")[0] == second.partition("_")[0]
    }
    """An index of the best blocks reaches as far as its blocks are long."""
    return {number for _, number in named} | products


def _numbers(value: Any, name: str) -> Iterator[tuple[str, int]]:
    """Every whole number above 1 that may be a reach, with its name."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, key if isinstance(key, str) else name)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item, name)
    elif isinstance(value, int | float) and not isinstance(value, bool) and 1 < value < math.inf:
        yield from [(name, int(value))] if value == int(value) and not _counts(name) else []


def _counts(name: str) -> bool:
    """Whether a name says how wide or how many, by its words."""
    words = re.split(r"[_\d]+", name.lower())
    if any(map(_ALWAYS_COUNTS.fullmatch, words)):
        return True
    if any(map(_REACHES.fullmatch, words)):
        return False
    return any(map(_COUNTS.fullmatch, words)) or all(map(_BARE.fullmatch, words))
