"""One sequence alone: whole, in one pass, unpadded, by a model that remembers no other; what all ways must equal.

Some models keep more than weights between passes: a rotary embedding of kind `dynamic` keeps the frequencies of the
longest sequence it has seen, so that its state is put back first.
"""

import copy
import inspect
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from harness.engines.transformers.tokens import Scored

_CACHES = ("past_key_values", "cache_params")
"""Where a model keeps what it has read, as output and as argument."""


class Rest:
    """The buffers and plain numbers of a model's modules as they were when it was loaded."""

    def __init__(self, model: Any) -> None:
        self._kept = [
            (module, dict(module._buffers), {name: value for name, value in vars(module).items() if _plain(value)})  # noqa: SLF001  # torch's own name for what it registered
            for module in model.modules()
            if module._buffers  # noqa: SLF001
        ]

    def restore(self) -> None:
        """Put back what a pass has changed."""
        for module, buffers, values in self._kept:
            module._buffers.update(buffers)  # noqa: SLF001
            vars(module).update(values)


class Alone:
    """A model that is asked for one sequence after the other, each as if it were the first.

    `precision` is the type to whose rounding its log P are known.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.rest = Rest(model)
        # kernels of quantised weights may round to bfloat16 or float16 whatever the model's own type is
        self.precision = torch.bfloat16 if getattr(model, "is_quantized", False) else model.dtype
        self._indexed = takes_index(model)

    def logits(self, tokens: Sequence[int], last: int) -> Tensor:
        """The logits behind the last `last` of `tokens`, (last, vocabulary)."""
        self.rest.restore()
        logits: Tensor = self._read(tokens, last).logits[0, -last:]
        return logits

    def shared(self, inputs: Sequence[tuple[int, ...]], lasts: Sequence[int]) -> Iterator[Tensor]:
        """The same of several, whose tokens before the `lasts` are equal: read once, with the model's own cache."""
        before = inputs[0][: len(inputs[0]) - lasts[0]]
        if not before:
            yield from (self.logits(tokens, last) for tokens, last in zip(inputs, lasts, strict=True))
            return
        self.rest.restore()
        output = self._read(before, 1, use_cache=True)
        name = next(name for name in _CACHES if getattr(output, name, None) is not None)
        for tokens, last in zip(inputs, lasts, strict=True):
            cache = {name: copy.deepcopy(getattr(output, name))}
            yield self._read(tokens[len(before) :], last, use_cache=True, **cache).logits[0, -last:]

    def _read(self, tokens: Sequence[int], last: int, **arguments: Any) -> Any:
        ids = torch.tensor([list(tokens)], device=self.model.device)
        keep = {"logits_to_keep": last} if self._indexed else {}
        return self.model(input_ids=ids, **keep, **arguments)


def takes_index(model: Any) -> bool:
    """Whether the model projects onto the vocabulary only where it is asked to."""
    return "logits_to_keep" in inspect.signature(model.forward).parameters


def siblings(sequences: Sequence[Scored]) -> list[list[int]]:
    """The indices of sequences in groups that share all before what is scored, in the order they first appear."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, sequence in enumerate(sequences):
        groups.setdefault(sequence.inputs[: len(sequence.inputs) - sequence.targets], []).append(index)
    return list(groups.values())


def _plain(value: Any) -> bool:
    return isinstance(value, int | float | str | Tensor) and not isinstance(value, torch.nn.Parameter)
