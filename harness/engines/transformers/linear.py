"""Linear layers whose float32 weights are laid out in oneDNN's own order for this CPU, instead of their own.

torch multiplies by weights as they lie in memory; the operators used here are those its compiler emits instead
(`torch/_inductor/mkldnn_ir.py`, `mkldnn::_linear_pointwise`). On two cores of an AMD EPYC the linear layers of a model
of 135 million parameters took 34 ms instead of 67 ms at 16 rows. Completions are written with them; log-likelihoods
are not, as the sums come in another order: lm-evaluation-harness's logs were met to 1.6e-4 nats instead of 6.5e-5.
Neither operator is documented, so they are used only where they exist, and what they compute is compared first.
"""

import ctypes
import mmap
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import psutil
import torch
from torch import Tensor
from torch import nn

from harness.engines.transformers.placement import placed
from harness.errors import EngineError

TOLERANCE = 1e-3
"""How far a log P may move (nats): over a vocabulary of 49,152, rounding in another order moves the worst by 1e-4."""
PROBE = 20
SPARE = 2.0
"""Free memory there must be, in sizes of what is laid out again."""
_MADVISE = getattr(ctypes.CDLL(None), "madvise", None) if hasattr(mmap, "MADV_DONTNEED") else None
if _MADVISE is not None:
    _MADVISE.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class PackedLinear(nn.Module):
    """The same product and bias as the `nn.Linear` it is made from, for inputs (..., in_features)."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), None)  # noqa: SLF001  # see above
        self.bias = linear.bias

    def forward(self, inputs: Tensor) -> Tensor:
        """The product, (..., out_features)."""
        product: Tensor = torch.ops.mkldnn._linear_pointwise(inputs, self.packed, self.bias, "none", [], "")  # noqa: SLF001
        return product


class PackedLayers:
    """The packed twins of a model's linear layers.

    Weights are held once: a layer's own are given up as its twin is made. They are laid out again as it is put away,
    the same bit by bit. Weights that another layer or the embedding has too stay where they are.
    """

    def __init__(self, model: Any) -> None:
        shared = _overlapping(model)
        self._places = [
            # the bytes of a view that skips some are not its own
            _Place(parent, name, child, child.weight.data_ptr() in shared or not child.weight.is_contiguous())
            for parent in model.modules()
            for name, child in parent.named_children()
            if type(child) is nn.Linear
        ]
        self._twins: list[PackedLinear] = []

    @property
    def in_use(self) -> bool:
        """Whether the model computes with the twins."""
        return bool(self._twins)

    def use(self) -> None:
        """Make the twins and let the model compute with them; harmless where it does."""
        for place in self._places[len(self._twins) :]:
            twin = PackedLinear(place.linear)
            self._twins.append(twin)
            if not place.shared:
                _give_up(place.linear.weight)
            setattr(place.parent, place.name, twin)

    def put_away(self) -> None:
        """Give the model its own layers back; harmless where it has them."""
        for place, twin in zip(self._places, self._twins, strict=False):
            if not place.shared:
                place.linear.weight.data = twin.packed.to_dense()
            setattr(place.parent, place.name, place.linear)
            twin.packed = torch.empty(0)
        self._twins.clear()


def _overlapping(model: nn.Module) -> set[int]:
    """The addresses of parameters and buffers that have a byte in common with another."""
    tensors = chain(model.named_parameters(remove_duplicate=False), model.named_buffers(remove_duplicate=False))
    spans = sorted((tensor.data_ptr(), tensor.data_ptr() + tensor.nbytes) for _, tensor in tensors)
    shared: set[int] = set()
    last, end = -1, -1
    for begin, until in spans:
        if begin < end:
            shared |= {begin, last}
        if until > end:
            last, end = begin, until
    return shared


def _give_up(weight: Tensor) -> None:
    """Empty a weight, and hand its pages back at once; what is there is lost.

    A weight that was read as it lies in its file is part of one mapping, which stays as long as any other part does.
    What lies between others in the heap is not handed back when it is freed.
    """
    begin = -(-weight.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
    length = (weight.data_ptr() + weight.nbytes - begin) // mmap.PAGESIZE * mmap.PAGESIZE
    if length > 0 and _MADVISE is not None:
        _MADVISE(begin, length, mmap.MADV_DONTNEED)
    weight.data = weight.new_empty(0)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a linear layer stands: as `name` of `parent`; `shared` says that its weights stand elsewhere, too."""

    parent: nn.Module
    name: str
    linear: nn.Linear
    shared: bool


def pack(model: Any) -> PackedLayers | None:
    """The packed layers of a model, not in use yet; None where this torch, device, dtype or memory has no room.

    So it is where the model comes out differently with them (it may read a layer's weights itself). Raises EngineError
    where it comes out differently without them, too.
    """
    if not can_pack(model):
        return None
    before, packed = _log_p(model), PackedLayers(model)
    try:
        packed.use()
        same = bool((_log_p(model) - before).abs().max() < TOLERANCE)
    except (RuntimeError, AttributeError):
        same = False
    packed.put_away()
    if not (_log_p(model) - before).abs().max() < TOLERANCE:
        raise EngineError(
            "transformers: the model is not the same after its layers were laid out anew and back; expected one that "
            "uses each layer's weights in its place"
        )
    return packed if same else None


def _log_p(model: Any) -> Tensor:
    vocabulary = model.config.get_text_config().vocab_size
    tokens = torch.from_numpy(np.random.default_rng(0).integers(0, vocabulary, (1, PROBE)))
    return torch.log_softmax(model(input_ids=tokens).logits, -1)


def can_pack(model: Any) -> bool:
    """Whether this torch has the operators, for the model's device and dtype, and the memory is there."""
    known = torch.backends.mkldnn.is_available() and all(  # type: ignore[no-untyped-call]
        hasattr(torch.ops.mkldnn, name) for name in ("_reorder_linear_weight", "_linear_pointwise")
    )
    if not known or model.device.type != "cpu" or model.dtype != torch.float32 or placed(model):
        return False
    size = sum(child.weight.nbytes for child in model.modules() if type(child) is nn.Linear)
    return bool(psutil.virtual_memory().available > SPARE * size)
