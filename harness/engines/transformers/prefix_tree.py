"""A prefix tree of token sequences, laid out so that each distinct prefix is computed exactly once.

Nodes stand in preorder (a parent before its children, a subtree in one run), children in the
order their sequences first appear. Then any run of nodes can be computed in one forward pass of one
row: what its nodes attend to is the run itself and the path from the root to its first node, and
nothing else. That path is the next run's cached prefix. Tree attention is known from speculative
decoding (SpecInfer, Miao et al. 2024, arXiv:2305.09781); here the branches are the cases themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Run:
    """Nodes [start, stop) and the `spine` they hang on: the ancestors of node `start`, root first.

    A forward pass sees len(spine) cached columns, then stop - start new ones.
    """

    start: int
    stop: int
    spine: Ints

    @property
    def columns(self) -> Ints:
        """The node of each key column, ascending."""
        return np.concatenate([self.spine, np.arange(self.start, self.stop)])


class PrefixTree:
    """`tokens`, `depths` (a token's position in its sequence), `parents` (-1 at a root), `ends`: one entry a node.

    The subtree of node i is the nodes [i, ends[i]). `paths[k]` are the nodes of sequence k, so the
    state after its token j is that of node `paths[k][j]`; equal prefixes share their nodes.
    """

    def __init__(self, sequences: Sequence[Sequence[int]]) -> None:
        tokens, parents, paths = _insert(sequences)
        order, ends = _preorder(parents)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        self.tokens: Ints = np.asarray(tokens, np.int64)[order]
        self.parents: Ints = np.asarray([rank[parents[node]] if parents[node] >= 0 else -1 for node in order], np.int64)
        self.paths: list[Ints] = [rank[np.asarray(path, np.int64)] for path in paths]
        self.ends: Ints = ends
        self.depths: Ints = np.zeros(len(order), np.int64)
        for path in self.paths:
            self.depths[path] = np.arange(len(path))

    def __len__(self) -> int:
        return len(self.tokens)

    def ancestors(self, node: int) -> Ints:
        """The path from the root to the parent of `node`; empty at a root and behind the last node."""
        path = []
        above = int(self.parents[node]) if node < len(self) else -1
        while above >= 0:
            path.append(above)
            above = int(self.parents[above])
        return np.asarray(path[::-1], np.int64)

    def run(self, start: int, budget: int, wanted: NDArray[np.bool_], wanted_budget: int) -> Run:
        """The next run from `start`: at most `budget` nodes, at most `wanted_budget` of them wanted, at least one."""
        stop = min(start + max(1, budget), len(self))
        counts = np.cumsum(wanted[start:stop])
        stop = start + max(1, int(np.searchsorted(counts, max(1, wanted_budget), side="right")))
        return Run(start, stop, self.ancestors(start))

    def visible(self, run: Run) -> NDArray[np.bool_]:
        """Which columns each new node attends to: itself and its ancestors; shape (new, spine + new)."""
        columns, nodes = run.columns, np.arange(run.start, run.stop)[:, None]
        return (columns <= nodes) & (nodes < self.ends[columns])

    def distances(self, run: Run) -> Ints:
        """How many positions each column lies before each new node (same shape): sliding windows cut on it."""
        return self.depths[run.start : run.stop, None] - self.depths[run.columns]


def shared_length(kept: Sequence[int], sequences: Sequence[Sequence[int]]) -> int:
    """The most leading tokens `kept` has in common with any of the sequences."""
    longest = 0
    for sequence in sequences:
        limit = min(len(kept), len(sequence))
        if limit > longest and list(kept[: longest + 1]) == list(sequence[: longest + 1]):
            differing = (at for at in range(longest, limit) if kept[at] != sequence[at])
            longest = next(differing, limit)
    return longest


def _insert(sequences: Sequence[Sequence[int]]) -> tuple[list[int], list[int], list[list[int]]]:
    """Tokens and parents of the nodes in the order they first appear, and each sequence's path."""
    tokens: list[int] = []
    parents: list[int] = []
    known: dict[tuple[int, int], int] = {}
    paths = []
    for sequence in sequences:
        node, path = -1, []
        for token in sequence:
            child = known.get((node, token))
            if child is None:
                child = known[node, token] = len(tokens)
                tokens.append(token)
                parents.append(node)
            path.append(node := child)
        paths.append(path)
    return tokens, parents, paths


def _preorder(parents: Sequence[int]) -> tuple[Ints, Ints]:
    """The nodes in preorder, and in that order where each one's subtree ends."""
    sizes = [1] * len(parents)
    children: dict[int, list[int]] = {}
    for node in range(len(parents) - 1, -1, -1):
        children.setdefault(parents[node], []).append(node)
        if parents[node] >= 0:
            sizes[parents[node]] += sizes[node]
    order = []
    stack = list(children.get(-1, ()))
    while stack:
        order.append(node := stack.pop())
        stack.extend(children.get(node, ()))
    ends = np.asarray([at + sizes[node] for at, node in enumerate(order)], np.int64)
    return np.asarray(order, np.int64), ends
