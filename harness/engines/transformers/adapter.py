"""A LoRA adapter on a loaded model, by PEFT (Hu et al. 2021, arXiv:2106.09685).

In float32 it is added to the weights it changes, W + BA, so that the model computes as fast as without it; the sum is
exact but for rounding. In fewer bits, and on quantised weights, rounding would lose a part of BA, which is small beside
W: there its layers stay beside the model's, as PEFT computes them.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from harness.errors import ModelError
from harness.extras import require
from harness.models import Weights
from harness.models.adapters import CONFIG
from harness.models.adapters import WEIGHTS
from harness.models.local import read_json

_SHOWN = 3


def adapted(model: Any, weights: Weights) -> tuple[Any, tuple[str, ...]]:
    """The model with its adapter, and what a reader of its scores should know; as it is where it has none.

    Raises ModelError where the adapter is another model's: by a shape, a layer that is not there, or a tensor that
    would not be used.
    """
    if weights.adapter is None:
        return model, ()
    require("--adapter", "peft")
    peft: Any = import_module("peft")  # partly typed, and an extra: there or not, the check is the same
    folder = Path(weights.adapter)
    try:
        with_layers: Any = peft.PeftModel.from_pretrained(model, weights.adapter, is_trainable=False)
        wanted = set(peft.get_peft_model_state_dict(with_layers))
    except (RuntimeError, ValueError, KeyError, TypeError, OSError) as error:
        raise ModelError(f"--adapter {folder}: {_reason(error)}; expected an adapter of {weights.card.name}") from error
    with safe_open(folder / WEIGHTS, "pt") as tensors:
        strange = sorted(wanted ^ set(tensors.keys()))
    if strange:
        shown = ", ".join(strange[:_SHOWN])
        raise ModelError(
            f"--adapter {folder}: {len(strange)} tensors that the model or the file lacks ({shown}); "
            f"expected an adapter of {weights.card.name}"
        )
    merged = _can_merge(model, folder)
    return (with_layers.merge_and_unload() if merged else with_layers.get_base_model()), _notes(weights, merged=merged)


def _can_merge(model: Any, folder: Path) -> bool:
    """Whether the sum is exact, and has a place: a layer without a bias takes none from an adapter."""
    exact = model.dtype == torch.float32 and not getattr(model, "is_quantized", False)
    return exact and not read_json(folder / CONFIG).get("lora_bias")


def _notes(weights: Weights, *, merged: bool) -> tuple[str, ...]:
    folder = Path(weights.adapter or "")
    base = str(read_json(folder / CONFIG).get("base_model_name_or_path") or "a model it does not name")
    how = "added to its weights" if merged else "computed beside its weights"
    return (f"the adapter {folder.name} was made for {base}; here it is {how}",)


def _reason(error: Exception) -> str:
    """What PEFT found, in one line; of many shapes that do not fit the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return next((line for line in lines if "size mismatch" in line), lines[0]).rstrip(".")
