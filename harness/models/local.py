"""Models on this disk: a folder in the Hub's format or a GGUF file, and what their own files say of them."""

import json
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import ModelError
from harness.models import Card
from harness.models.gguf_header import read_header

PICKLES = (".bin", ".pt", ".pth", ".ckpt")
"""Endings of weights that are unpickled, which runs code of the file's author."""

SIDE_FILES = frozenset(
    {
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer.model",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "vocab.txt",
        "merges.txt",
        "spiece.model",
        "sentencepiece.bpe.model",
        "tekken.json",
        "tiktoken.model",
        "chat_template.jinja",
        "chat_template.json",
        "adapter_config.json",
        "model.safetensors.index.json",
        "pytorch_model.bin.index.json",
    }
)
"""Names of the files beside the weights that can change an answer."""

_PART = re.compile(r"-(?P<part>\d{5})-of-(?P<of>\d{5})\.gguf$")
_NOT_WEIGHTS = frozenset({"training_args.bin", "optimizer.pt", "scheduler.pt", "scaler.pt", "rng_state.pth"})


def card_of(path: Path) -> Card:
    """The card of a local folder or `.gguf` file, named after it; raises ModelError where it cannot be read."""
    path = path.absolute()
    name = path.stem if path.is_file() else path.resolve().name
    return describe(Card(name=slug(name), path=str(path)), path)


def describe(card: Card, path: Path) -> Card:
    """The card with chat, reasoning and parameters as the model's own files tell them."""
    template, parameters = _gguf_facts(path) if path.is_file() else _folder_facts(path)
    return replace(card, chat=template is not None, reasoning="think>" in (template or ""), parameters=parameters)


def chat_template(path: Path) -> str | None:
    """The chat template of a model folder or GGUF file, None where it has none."""
    if path.is_file():
        return _gguf_facts(path)[0]
    jinja = path / "chat_template.jinja"
    if jinja.is_file():
        return jinja.read_text(encoding="utf-8", errors="replace")
    for name in ("chat_template.json", "tokenizer_config.json"):
        template = read_json(path / name).get("chat_template")
        if isinstance(template, list):  # several by name: the tokenizer takes "default"
            template = next((entry.get("template") for entry in template if entry.get("name") == "default"), None)
        if isinstance(template, str):
            return template
    return None


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files that transformers loads from a folder; raises ModelError where a shard is missing."""
    adapter = tuple(folder.glob("adapter_model.safetensors"))
    single = folder / "model.safetensors"
    if single.is_file():
        return (single, *adapter)
    index = read_json(folder / "model.safetensors.index.json").get("weight_map", {})
    shards = tuple(folder / name for name in sorted(set(index.values())))
    missing = [shard.name for shard in shards if not shard.is_file()]
    if missing:
        raise ModelError(f"{folder}: {len(missing)} of {len(shards)} shards missing ({missing[0]}); download it again")
    return (*shards, *adapter) if shards else tuple(sorted(folder.glob("*.safetensors")))


def is_first_part(path: Path) -> bool:
    """Whether a GGUF file is the first of several parts, or whole."""
    split = _PART.search(path.name)
    return split is None or int(split["part"]) == 1


def gguf_parts(path: Path) -> tuple[Path, ...]:
    """The files of a model whose first GGUF file is `path`, named as llama.cpp names what it splits.

    Raises ModelError where a part is missing.
    """
    split = _PART.search(path.name)
    if split is None:
        return (path,)
    count = int(split["of"])
    parts = [path.with_name(f"{path.name[: split.start()]}-{at:05}-of-{count:05}.gguf") for at in range(1, count + 1)]
    missing = [part.name for part in parts if not part.is_file()]
    if missing or parts[0] != path:
        state = f"{len(missing)} of {count} parts missing ({missing[0]})" if missing else "not the first part"
        raise ModelError(f"{path}: {state}; expected {parts[0].name} with all others beside it")
    return tuple(parts)


def pickled_files(folder: Path) -> tuple[Path, ...]:
    """The pickled weights of a folder, in order of name."""
    paths = (path for path in folder.iterdir() if path.suffix in PICKLES and path.name not in _NOT_WEIGHTS)
    return tuple(sorted(paths))


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds a PEFT adapter and no model."""
    return (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file()


def code_files(folder: Path) -> tuple[Path, ...]:
    """The Python files of a folder, which `trust_remote_code` would run."""
    return tuple(sorted(folder.rglob("*.py")))


def wants_code(folder: Path) -> bool:
    """Whether the model asks for code of its own to be run (`auto_map`)."""
    return any("auto_map" in read_json(folder / name) for name in ("config.json", "tokenizer_config.json"))


def read_json(path: Path) -> Mapping[str, Any]:
    """The JSON object in a file, empty where the file is not there; raises ModelError where it is broken."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: {error}; expected a JSON object") from error
    if not isinstance(value, dict):
        raise ModelError(f"{path}: found {type(value).__name__}; expected a JSON object")
    return value


def slug(name: str) -> str:
    """A name that is safe in node ids and as part of a file's name: other characters become hyphens."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in name).lstrip(".") or "-"


def _gguf_facts(path: Path) -> tuple[str | None, int | None]:
    header = read_header(path)
    template = header.metadata.get("tokenizer.chat_template")
    return (template if isinstance(template, str) else None), header.parameters


def _folder_facts(folder: Path) -> tuple[str | None, int | None]:
    packed = "quantization_config" in read_json(folder / "config.json")
    files = () if packed else weight_files(folder)
    return chat_template(folder), sum(map(_tensor_elements, files)) or None


def _tensor_elements(path: Path) -> int:
    """The elements of all tensors of a safetensors file, from its header (8 bytes of length, then JSON)."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
    except (OSError, ValueError, struct.error) as error:
        raise ModelError(f"{path}: {error}; expected a safetensors file") from error
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
