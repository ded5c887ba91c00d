"""A model and its tokenizer from a folder in the Hub's format or a GGUF file: safe formats only, nothing downloaded.

transformers keeps GGUF weights packed and unpacks them in every forward, ten times slower, so they are
unpacked once here. It also loses parts of GGUF tokenizers without a word; what `tokenizer.ggml.pre`
says is put back by the table of llama.cpp (`src/llama-vocab.cpp`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import normalizers
from tokenizers import pre_tokenizers

from harness.engines.transformers.adapter import adapted
from harness.engines.transformers.placement import DeviceMap
from harness.engines.transformers.placement import device_map
from harness.engines.transformers.placement import note
from harness.engines.transformers.quantised import quantised
from harness.errors import EngineError
from harness.errors import ModelError
from harness.models import Settings
from harness.models import Weights
from harness.models.gguf_header import read_header

DIGIT_SPLITTING = frozenset({"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"})
COMPOSED = frozenset({"qwen2", "deepseek-r1-qwen"})
KNOWN_SPLITS = frozenset({"default", "gpt-2", "llama3", "llama-v3", "llama-bpe", "tekken"}) | DIGIT_SPLITTING | COMPOSED
GGUF_ENDS = ("tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id")
"""Ends of a turn and of a message, which llama.cpp takes for ends of generation (`llama_vocab::is_eog`)."""
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded model with its tokenizer, and sentences a reader of its scores should know.

    `ends` are tokens that end a completion beside those transformers knows of.
    """

    model: Any
    tokenizer: Any
    notes: tuple[str, ...] = ()
    ends: frozenset[int] = frozenset()


def load(weights: Weights, settings: Settings, places: DeviceMap | None = None) -> Checkpoint:
    """Load onto `settings.device` in `settings.dtype`; raises ModelError or EngineError in one sentence.

    `places` says where the layers go; None leaves it to `placement.device_map`.
    """
    _require_device(settings.device)
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": settings.trust_remote_code}
    if weights.gguf is None:
        _require_safe(weights, settings)
    else:
        options["gguf_file"] = weights.gguf
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(weights.directory, **options)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            weights.directory,
            **options,
            **_format(weights, settings),
            **quantised(weights, settings),
            dtype=getattr(torch, settings.dtype),
            device_map=device_map(weights, settings) if places is None else places,
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise ModelError(
            f"{weights.card.name}: it does not load from {weights.directory}: {_sentence(error)}"
        ) from error
    model, told = adapted(model, weights)
    frozen: Any = model.requires_grad_(requires_grad=False)
    frozen.eval()
    if weights.gguf is None:
        return Checkpoint(frozen, tokenizer, note(model) + told)
    file = Path(weights.directory) / weights.gguf
    metadata = read_header(file).metadata
    ends = {int(metadata[key]) for key in GGUF_ENDS if key in metadata} & set(range(len(tokenizer)))
    return Checkpoint(frozen, tokenizer, _repair(tokenizer, file.name, metadata) + note(model) + told, frozenset(ends))


def _require_device(name: str) -> None:
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    device = name.split(":", maxsplit=1)[0]
    if not available.get(device, False):
        usable = ", ".join(known for known, there in available.items() if there)
        raise EngineError(f"device {name}: torch {torch.__version__} cannot use it here; use --device {usable}")


def _require_safe(weights: Weights, settings: Settings) -> None:
    folder = Path(weights.directory)
    if any(folder.glob("*.safetensors")) or settings.allow_pickle:
        return
    pickled = sorted(file.name for pattern in PICKLED for file in folder.glob(pattern))
    if pickled:
        raise ModelError(
            f"{weights.card.name}: its weights are pickled ({pickled[0]}), which can run code when loaded; "
            "use a revision with safetensors, or --allow-pickle where you trust its maker"
        )
    raise ModelError(f"{weights.card.name}: no weights in {folder}; expected *.safetensors or a .gguf file")


def _format(weights: Weights, settings: Settings) -> dict[str, Any]:
    if weights.gguf is not None:
        return {"quantization_config": transformers.GgufConfig(dequantize=True)}
    return {"use_safetensors": None if settings.allow_pickle else True}


def _repair(tokenizer: Any, file: str, metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Put back what the GGUF loader drops; returns a note where the tokenizer's split is not one we know."""
    pre = metadata.get("tokenizer.ggml.pre")
    backend = tokenizer.backend_tokenizer
    if pre in DIGIT_SPLITTING:
        backend.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
            ]
        )
    if pre in COMPOSED:
        backend.normalizer = normalizers.NFC()
    if metadata.get("tokenizer.ggml.model") == "gpt2" and pre not in KNOWN_SPLITS:
        return (f"{file}: its tokenizer splits text as {pre!r}, which was not compared with the original",)
    return ()


def _sentence(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
