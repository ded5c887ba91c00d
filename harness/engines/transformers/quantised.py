"""Weights quantised as they are loaded, by bitsandbytes: NF4 (Dettmers et al. 2023, arXiv:2305.14314) or LLM.int8().

Embeddings and the projection onto the vocabulary keep their type. LLM.int8() (Dettmers et al. 2022, arXiv:2208.07339)
computes the features in which anything of a batch is above 6 apart, so what shares a batch can move a log P.
"""

from typing import Any

import torch
import transformers

from harness.errors import UsageError
from harness.extras import require
from harness.models import Settings
from harness.models import Weights
from harness.models.identity import quantisation

_DEVICES = ("cpu", "cuda")


def quantised(weights: Weights, settings: Settings) -> dict[str, Any]:
    """What `from_pretrained` takes beside the rest; nothing where the weights stay as they are.

    Raises UsageError where they are quantised already, the device is one that the library does not know, or the extra
    is not installed.
    """
    if settings.load_in is None:
        return {}
    subject = f"--load-in {settings.load_in}"
    if quantisation(weights) is not None:
        raise UsageError(f"{subject}: {weights.card.name} is quantised already; expected weights in a float type")
    if settings.device.partition(":")[0] not in _DEVICES:
        raise UsageError(f"{subject}: found device {settings.device}; expected {' or '.join(_DEVICES)}")
    require(subject, "bitsandbytes")
    bits = transformers.BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=settings.load_in == "4bit",
        load_in_8bit=settings.load_in == "8bit",
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=getattr(torch, settings.dtype),
    )
    return {"quantization_config": bits}
