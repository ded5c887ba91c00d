"""A key-value cache of rows that all have their own length: finished rows leave, new ones take their place.

The first `rows` of the preallocated tensors are alive; a step writes each row's new token at that
row's own length, and the mask hides what lies behind it.
"""

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache
from transformers.cache_utils import CacheLayerMixin

from harness.engines.transformers.packing import Attention
from harness.engines.transformers.packing import State

BLOCK = 64


class InFlightLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]  # the base registers subclasses untyped
    """One layer's keys and values, (sequences, heads, width, dimension), seen through the shared `in_flight`."""

    is_sliding = False

    def __init__(self, in_flight: "InFlight", keys: Tensor, values: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.in_flight = in_flight
        self.key_rows, self.value_rows = keys, values
        self.is_initialized = True

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Nothing to do: the tensors were made when the first row came in."""

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Write one token a row, (rows, heads, 1, dimension); returns all columns any row uses."""
        rows, width = self.in_flight.rows, self.in_flight.width
        # a layer of a model that is spread may lie on another device than the first
        index, lengths = (of.to(self.key_rows.device) for of in (self.in_flight.index, self.in_flight.lengths))
        self.key_rows[index, :, lengths] = key_states[:, :, 0]
        self.value_rows[index, :, lengths] = value_states[:, :, 0]
        return self.key_rows[:rows, :, :width], self.value_rows[:rows, :, :width]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:  # noqa: ARG002  # the mask is ready-made
        """The columns in use, from the first."""
        return self.in_flight.width, 0

    def get_seq_length(self) -> int:
        """The columns in use before this step."""
        return self.in_flight.width - 1

    def get_max_length(self) -> int:
        """No fixed maximum: the tensors grow."""
        return -1


class InFlight:
    """The rows in flight: `rows` of them, the number of cached tokens of each in `lengths`."""

    def __init__(self, attention: Attention, dtype: torch.dtype) -> None:
        self.attention = attention
        self.dtype = dtype
        self.layers: list[InFlightLayer] = []
        self.cache = Cache(layers=[])
        self.held: list[int] = []
        self.lengths = self.index = torch.empty(0, dtype=torch.long)
        self.width = 0

    @property
    def rows(self) -> int:
        """How many rows are alive."""
        return len(self.held)

    def load(self, state: State, length: int, capacity: int) -> None:
        """Put a row whose first `length` tokens are cached behind the others; `capacity` sequences have room."""
        self._reserve(state, max(capacity, self.rows + 1), length + 1)
        for layer, (keys, values) in zip(self.layers, state, strict=True):
            layer.key_rows[self.rows, :, :length] = keys[0]
            layer.value_rows[self.rows, :, :length] = values[0]
        self.held.append(length)

    def free(self, row: int) -> None:
        """Drop a row; the last one takes its place."""
        last = self.rows - 1
        if row != last:
            for layer in self.layers:
                layer.key_rows[row].copy_(layer.key_rows[last])
                layer.value_rows[row].copy_(layer.value_rows[last])
            self.held[row] = self.held[last]
        self.held.pop()

    def step(self) -> dict[str, Any]:
        """The model's arguments for one more token a row, as if `lengths` were already one longer."""
        self.width = max(self.held) + 1
        self._grow(self.rows, self.width)
        device = self.layers[0].key_rows.device
        self.lengths = torch.tensor(self.held, device=device)
        self.index = torch.arange(self.rows, device=device)
        distances = self.lengths[:, None] - torch.arange(self.width, device=device)
        mask = self.attention.masks((distances >= 0)[:, None, None], distances[:, None, None], self.dtype)
        return {
            "position_ids": self.lengths[:, None],
            "attention_mask": mask,
            "past_key_values": self.cache,
            "use_cache": True,
        }

    def stepped(self) -> None:
        """Count the token the last step wrote."""
        self.held = [length + 1 for length in self.held]

    def _reserve(self, state: State, sequences: int, width: int) -> None:
        if not self.layers:
            self.layers = [InFlightLayer(self, keys[:, :, :0], values[:, :, :0]) for keys, values in state]
            self.cache = Cache(layers=list(self.layers))
        self._grow(sequences, width)

    def _grow(self, sequences: int, width: int) -> None:
        """Make room for `sequences` rows of `width` tokens; what is there stays."""
        for layer in self.layers:
            held, _, columns, _ = layer.key_rows.shape
            if sequences > held or width > columns:
                layer.key_rows = _larger(layer.key_rows, max(sequences, held), max(columns, _rounded(width)))
            if layer.value_rows.shape[:3] != layer.key_rows.shape[:3]:
                layer.value_rows = _larger(layer.value_rows, layer.key_rows.shape[0], layer.key_rows.shape[2])


def _rounded(width: int) -> int:
    return -(-width // BLOCK) * BLOCK


def _larger(old: Tensor, sequences: int, width: int) -> Tensor:
    new = old.new_zeros((sequences, old.shape[1], width, old.shape[3]))
    new[: old.shape[0], :, : old.shape[2]] = old
    return new
