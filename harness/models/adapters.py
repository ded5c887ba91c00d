"""PEFT adapters on this disk (https://huggingface.co/docs/peft): checked, and hashed for the identity of a model.

A folder as `save_pretrained` of PEFT writes it: `adapter_config.json` and `adapter_model.safetensors`.
"""

from dataclasses import replace
from pathlib import Path

from harness.errors import ModelError
from harness.models import Weights
from harness.models.hashes import hash_files
from harness.models.local import PICKLES
from harness.models.local import read_json

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
ROLE = "adapter/"
"""What the role of an adapter's file begins with, so that no file of the model has its role."""


def with_adapter(weights: Weights, folder: Path) -> Weights:
    """The weights, with the adapter in a folder; raises ModelError where it holds none that can be loaded safely."""
    added = {f"{ROLE}{name}": sha256 for name, sha256 in adapter_hashes(folder).items()}
    return replace(weights, adapter=str(folder.absolute()), hashes=dict(sorted({**weights.hashes, **added}.items())))


def adapter_hashes(folder: Path) -> dict[str, str]:
    """The sha256 (hex) of an adapter's files by name; raises ModelError where it cannot be loaded safely."""
    _check(folder)
    try:
        return {path.name: sha256 for path, sha256 in hash_files([folder / CONFIG, folder / WEIGHTS]).items()}
    except OSError as error:
        raise ModelError(f"--adapter {folder}: {error.strerror}; expected files that can be read") from error


def _check(folder: Path) -> None:
    config = read_json(folder / CONFIG)
    if not config:
        raise ModelError(f"--adapter {folder}: no {CONFIG}; expected a folder that PEFT wrote")
    kind = config.get("peft_type")
    if kind != "LORA":
        raise ModelError(f"--adapter {folder}: found an adapter of type {kind}; expected LORA")
    if not (folder / WEIGHTS).is_file():
        pickled = [path.name for path in sorted(folder.iterdir()) if path.suffix in PICKLES]
        there = f"pickled weights ({pickled[0]}), which can run code as they load" if pickled else "no weights"
        raise ModelError(f"--adapter {folder}: {there}; expected {WEIGHTS}")
