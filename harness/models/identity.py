"""What makes two runs of a model answer alike: the facts that key the answers cache."""

import hashlib
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import fields
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.errors import ModelError
from harness.models import Card
from harness.models import Identity
from harness.models import Settings
from harness.models import Weights
from harness.models.local import read_json

RULES: Mapping[str, int] = {"bos": 1, "eos": 1, "truncation": 1, "continuation": 2, "turns": 1, "stop": 1}
"""Versions of the rules by which engines build token ids; one grows whenever its rule changes an answer.

bos: exactly one, the template's where there is a template. eos: none that a tokenizer appends. truncation: refuse, or
drop from the left. continuation: the tokens of context + continuation after those of the context, whose last white
space goes to the continuation, and tokenised apart where a token spans both. turns: a template's content is text, or a
list of parts where only that comes back. stop: a stop string ends an answer where the tokens spell it, those that no
text shows included.
"""

LIBRARIES: Mapping[str, Sequence[str]] = {
    "transformers": ("torch", "transformers", "tokenizers", "safetensors", "gguf"),
}
"""The distributions whose version can change an engine's answer."""


def identity(weights: Weights, settings: Settings, extra: Mapping[str, Any] | None = None) -> Identity:
    """All that can change an answer, by role and never by place: the same files elsewhere give the same identity.

    `extra` are facts an engine adds of its own, as JSON: an attention kind, where it is not the one that library
    versions and device decide. The model's name, its path and the commit it came from are left out: only what
    is in the files counts.
    """
    options = {field.name: getattr(settings, field.name) for field in fields(settings)}
    options["device"] = settings.device.partition(":")[0]
    if settings.generation_config == "benchmark":  # what was answered before there was a choice keeps its key
        del options["generation_config"]
    return Identity(
        {
            "schema": "crosstask/identity/1",
            "files": dict(weights.hashes),
            "settings": options,
            "quantisation": _quantisation(weights),
            "reasoning": weights.card.reasoning,
            "rules": dict(RULES),
            "libraries": _versions(settings.engine),
            "engine": dict(extra or {}),
        }
    )


def scripted_weights(card: Card, script: Path | None = None) -> Weights:
    """The weights of a scripted model: its script, or nothing where the default answers are wanted."""
    if script is None:
        return Weights(card, "")
    try:
        sha256 = hashlib.sha256(script.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{script}: {error.strerror}; expected a script of the scripted engine") from error
    return Weights(replace(card, path=str(script)), str(script.absolute()), hashes={"script": sha256})


def _quantisation(weights: Weights) -> Any:
    """How the weights are stored: the configuration's own words, "gguf" (unpacked on loading), or None."""
    if weights.gguf is not None:
        return "gguf"
    if "config.json" not in weights.hashes:
        return None
    return read_json(Path(weights.directory) / "config.json").get("quantization_config")


def _versions(engine: str) -> Mapping[str, str | None]:
    return {name: _version(name) for name in LIBRARIES.get(engine, ())}


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
