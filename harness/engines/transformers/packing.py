"""One forward pass over a run of a prefix tree: one row, no padding, each distinct token once.

The row's tokens are the run's nodes with their true positions; a mask lets each see itself and its
ancestors alone (transformers returns 4D masks as they are, `masking_utils._preprocess_mask_arguments`).
Keys and values of the path to the run come from the run before. The vocabulary projection is
taken only at the wanted nodes (`logits_to_keep` as an index tensor).
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers.cache_utils import DynamicCache
from transformers.cache_utils import DynamicLayer

from harness.engines.transformers.prefix_tree import Ints
from harness.engines.transformers.prefix_tree import PrefixTree
from harness.engines.transformers.prefix_tree import Run
from harness.engines.transformers.prefix_tree import shared_length

MASKED_KINDS = frozenset({"full_attention", "sliding_attention"})
LOGIT_BYTES = 64 * 2**20
"""What the logits of one pass may take in float32."""

State = list[tuple[Tensor, Tensor]]
"""Keys and values of each layer, (1, heads, columns, dimension)."""


class Attention:
    """The masks a model wants: one for all layers, or one for each kind of layer it mixes."""

    def __init__(self, config: Any) -> None:
        text = config.get_text_config(decoder=True)
        self.window: int | None = getattr(text, "sliding_window", None)
        self.kinds = frozenset(getattr(text, "layer_types", None) or ())
        if not self.kinds:
            self.kinds = frozenset({"sliding_attention" if self.window else "full_attention"})

    @property
    def maskable(self) -> bool:
        """Whether every kind of layer is plain attention, over all or over a window."""
        return self.kinds <= MASKED_KINDS

    def masks(self, visible: Tensor, distances: Tensor, dtype: torch.dtype) -> Tensor | dict[str, Tensor]:
        """Additive masks from what a token may see and how far it lies behind; both (..., new, columns)."""
        sliding = visible & (distances < self.window) if self.window else visible
        chosen = {"full_attention": visible, "sliding_attention": sliding}
        masks = {kind: _additive(chosen[kind], dtype) for kind in self.kinds}
        return masks if len(masks) > 1 else next(iter(masks.values()))


def _additive(visible: Tensor, dtype: torch.dtype) -> Tensor:
    return torch.zeros(visible.shape, dtype=dtype, device=visible.device).masked_fill_(~visible, torch.finfo(dtype).min)


@dataclass(slots=True)
class Kept:
    """A path whose keys and values are at hand: the next tree starts from what it shares with it."""

    tokens: list[int]
    state: State


class Packer:
    """Runs prefix trees through a model, run after run, and keeps the last path for the next tree."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.attention = Attention(model.config)
        self.indexed = "logits_to_keep" in inspect.signature(model.forward).parameters
        self.kept = Kept([], [])
        vocabulary = model.config.get_text_config(decoder=True).vocab_size
        self.wanted_budget = max(16, LOGIT_BYTES // (4 * vocabulary))

    def forget(self) -> None:
        """Keep nothing for the next tree."""
        self.kept = Kept([], [])

    def walk(self, sequences: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]]) -> "Walk":
        """Start on a tree of `sequences`; `wanted[k]` are the offsets in sequence k whose logits are asked for."""
        shared = shared_length(self.kept.tokens, sequences)
        return Walk(self, sequences, wanted, shared)

    def forward(self, tree: PrefixTree, run: Run, state: State, wanted: Ints) -> tuple[Tensor, State]:
        """Logits at the nodes `wanted` of `run`, (wanted, vocabulary), and keys and values of its columns.

        `state`, those of the path to the run, is emptied: each layer's is let go as soon as its new one is made.
        """
        device, dtype = self.model.device, self.model.dtype
        visible = torch.from_numpy(tree.visible(run)).to(device)
        distances = torch.from_numpy(tree.distances(run)).to(device)
        mask = self.attention.masks(visible[None, None], distances[None, None], dtype)
        cache: Any = cache_of(state)
        state.clear()
        keep = torch.from_numpy(wanted - run.start).to(device)
        output = self.model(
            input_ids=torch.from_numpy(tree.tokens[None, run.start : run.stop]).to(device),
            position_ids=torch.from_numpy(tree.depths[None, run.start : run.stop]).to(device),
            attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
            **({"logits_to_keep": keep} if self.indexed else {}),
        )
        logits = output.logits[0] if self.indexed else output.logits[0, keep]
        return logits, [(layer.keys, layer.values) for layer in cache.layers]


def cache_of(state: State) -> DynamicCache:
    """A cache that starts with `state` and keeps every column of every layer (the masks cut the windows)."""
    cache = DynamicCache()
    for keys, values in state:
        layer = DynamicLayer()  # type: ignore[no-untyped-call]
        layer.lazy_initialization(keys, values)
        layer.keys, layer.values = keys, values
        cache.layers.append(layer)
    return cache


@dataclass(frozen=True, slots=True)
class Pass:
    """One run computed: its `columns` with their `state`, and the logits of the nodes `wanted`."""

    columns: Ints
    state: State
    wanted: Ints
    logits: Tensor

    def gather(self, path: Ints) -> State:
        """Keys and values along a path of nodes that all are columns of this pass."""
        return select(self.state, np.searchsorted(self.columns, path))


def select(state: State, columns: Ints) -> State:
    """The given columns of every layer, copied, each on its own device."""
    index = torch.from_numpy(np.ascontiguousarray(columns))
    at = {device: index.to(device) for device in {keys.device for keys, _ in state}}
    return [(keys.index_select(2, at[keys.device]), values.index_select(2, at[keys.device])) for keys, values in state]


class Walk:
    """A tree on its way through the model; `advance` computes the next run and may be tried again if it raises."""

    def __init__(
        self, packer: Packer, sequences: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]], shared: int
    ) -> None:
        self.packer = packer
        # The kept path goes first, so that what is known of it are the nodes [0, shared) of the tree.
        known = packer.kept.tokens[:shared]
        self.tree = PrefixTree([known, *sequences])
        self.paths = self.tree.paths[1:]
        self.wanted: NDArray[np.bool_] = np.zeros(len(self.tree), np.bool_)
        for path, offsets in zip(self.paths, wanted, strict=True):
            self.wanted[path[list(offsets)]] = True
        asked = np.flatnonzero(self.wanted[:shared])
        self.position = int(asked[0]) if len(asked) else shared
        self.columns: Ints = np.arange(self.position)
        self.state = select(packer.kept.state, self.columns) if self.position else []

    @property
    def done(self) -> bool:
        """Whether every node is computed."""
        return self.position >= len(self.tree)

    @property
    def current(self) -> int:
        """The first sequence that passes through the next node."""
        return next(index for index, path in enumerate(self.paths) if self.position in path)

    def advance(self, budget: int) -> Pass:
        """Compute the next run of at most `budget` nodes."""
        tree, packer = self.tree, self.packer
        run = tree.run(self.position, budget, self.wanted, packer.wanted_budget)
        spine = select(self.state, np.searchsorted(self.columns, run.spine)) if len(run.spine) else []
        nodes = run.start + np.flatnonzero(self.wanted[run.start : run.stop])
        logits, state = packer.forward(tree, run, spine, nodes)
        self.position, self.columns, self.state = run.stop, run.columns, state
        return Pass(run.columns, state, nodes, logits)

    def finish(self) -> None:
        """Keep the path to the last node for the next tree."""
        last = len(self.tree) - 1
        path = np.append(self.tree.ancestors(last), last) if last >= 0 else np.empty(0, np.int64)
        at_hand = np.isin(path, self.columns)
        path = path[: int(np.argmin(at_hand))] if not at_hand.all() else path
        state = select(self.state, np.searchsorted(self.columns, path)) if len(path) else []
        self.packer.kept = Kept([int(token) for token in self.tree.tokens[path]], state)
