"""Where a model's layers go: one device where they fit on it, else several, spread by accelerate's `device_map="auto"`.

Layers are spread in order, the first GPU first, then what is left goes to the machine's memory and to the files it came
from, where it is read again in every pass. Spread over several GPUs was not run for this project; the hooks that bring
layers and inputs together were, with layers left on the disk.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import TypeAlias

import torch
from safetensors import safe_open

from harness.models import Settings
from harness.models import Weights
from harness.models.gguf_header import read_header

DeviceMap: TypeAlias = str | Mapping[str, Any]
FULL = 0.8
"""The part of a GPU's free memory that weights may take: keys, values and logits need the rest."""
_FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
_BYTES = {"I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2}


def device_map(weights: Weights, settings: Settings) -> DeviceMap | None:
    """What `from_pretrained` takes: None on a CPU; a single device by name, which is never spread; else as they fit."""
    device = torch.device(settings.device)
    if device.type == "cpu":
        return None
    if device.type != "cuda" or device.index is not None:
        return {"": device}
    return spread(weight_bytes(weights, settings), [torch.cuda.mem_get_info(at)[0] for at in _gpus()])


def spread(size: int, free: list[int]) -> DeviceMap:
    """The first of the GPUs with `free` bytes each that has room for `size` bytes of weights, else all of them."""
    fitting = [at for at, room in enumerate(free) if size <= FULL * room]
    return {"": torch.device("cuda", fitting[0])} if fitting else "auto"


def weight_bytes(weights: Weights, settings: Settings) -> int:
    """Bytes of the weights as they will lie in memory, floats in `settings.dtype`; pickled ones by their files."""
    folder = Path(weights.directory)
    width = getattr(torch, settings.dtype).itemsize
    if weights.gguf is not None:
        return read_header(folder / weights.gguf).parameters * int(width)
    if files := sorted(folder.glob("*.safetensors")):
        return sum(_tensor_bytes(file, width) for file in files)
    return sum(file.stat().st_size for file in folder.iterdir() if file.suffix in {".bin", ".pt", ".pth"})


def placed(model: Any) -> dict[str, int]:
    """How many modules of the device map lie where; empty for a model that is in one place."""
    places = Counter(_name(device) for device in getattr(model, "hf_device_map", {}).values())
    return dict(places) if len(places) > 1 else {}


def note(model: Any) -> tuple[str, ...]:
    """The sentence a reader of a spread model's report should see."""
    places = placed(model)
    slow = {"cpu", "disk"} & set(places)
    if not places:
        return ()
    return (f"its layers are spread over {', '.join(places)}" + ("; those not on a GPU are slow" if slow else ""),)


def _gpus() -> range:
    return range(torch.cuda.device_count())


def _tensor_bytes(file: Path, width: int) -> int:
    """Bytes of a file's tensors, floats at `width` bytes, quantised ones as they are."""
    total = 0
    with safe_open(file, "pt") as tensors:
        for key in tensors.keys():  # noqa: SIM118  # it is no mapping
            part = tensors.get_slice(key)
            kind = part.get_dtype()
            total += torch.Size(part.get_shape()).numel() * (width if kind in _FLOATS else _BYTES.get(kind, 1))
    return total


def _name(device: Any) -> str:
    return f"cuda:{device}" if isinstance(device, int) else str(device)
