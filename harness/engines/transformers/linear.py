"""Linear layers whose float32 weights are laid out a second time, in oneDNN's own order for this CPU.

torch multiplies by weights as they lie in memory; the operators used here are those its compiler emits instead
(`torch/_inductor/mkldnn_ir.py`, `mkldnn::_linear_pointwise`). On two cores of an AMD EPYC the linear layers of a model
of 135 million parameters took 34 ms instead of 67 ms at 16 rows. Completions are written with them; log-likelihoods
are not, as the sums come in another order: lm-evaluation-harness's logs were met to 1.6e-4 nats instead of 6.5e-5.
Neither operator is documented, so they are used only where they exist, and what they compute is compared first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import psutil
import torch
from torch import Tensor
from torch import nn

from harness.engines.transformers.placement import placed

TOLERANCE = 1e-3
"""How far a log P may move (nats): over a vocabulary of 49,152, rounding in another order moves the worst by 1e-4."""
PROBE = 20
SPARE = 2.0
"""Free memory there must be, in sizes of what is laid out again."""


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
    """The packed twins of a model's linear layers, which take their places inside `used`."""

    def __init__(self, model: Any) -> None:
        self._places = [
            (parent, name, child, PackedLinear(child))
            for parent in model.modules()
            for name, child in parent.named_children()
            if type(child) is nn.Linear
        ]

    @contextmanager
    def used(self) -> Iterator[None]:
        """The model computes with the twins until the block ends."""
        for parent, name, _, packed in self._places:
            setattr(parent, name, packed)
        try:
            yield
        finally:
            for parent, name, plain, _ in self._places:
                setattr(parent, name, plain)


def pack(model: Any) -> PackedLayers | None:
    """The packed layers of a model; None where this torch, device, dtype or memory has no room for them.

    So it is where the model comes out differently with them (it may read a layer's weights itself).
    """
    if not can_pack(model):
        return None
    vocabulary = model.config.get_text_config().vocab_size
    tokens = torch.from_numpy(np.random.default_rng(0).integers(0, vocabulary, (1, PROBE)))
    before = torch.log_softmax(model(input_ids=tokens).logits, -1)
    packed = PackedLayers(model)
    try:
        with packed.used():
            after = torch.log_softmax(model(input_ids=tokens).logits, -1)
    except (RuntimeError, AttributeError):
        return None
    return packed if (after - before).abs().max() < TOLERANCE else None


def can_pack(model: Any) -> bool:
    """Whether this torch has the operators, for the model's device and dtype, and the memory is there."""
    known = torch.backends.mkldnn.is_available() and all(  # type: ignore[no-untyped-call]
        hasattr(torch.ops.mkldnn, name) for name in ("_reorder_linear_weight", "_linear_pointwise")
    )
    if not known or model.device.type != "cpu" or model.dtype != torch.float32 or placed(model):
        return False
    size = sum(child.weight.nbytes for child in model.modules() if type(child) is nn.Linear)
    return bool(psutil.virtual_memory().available > SPARE * size)
