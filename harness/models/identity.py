"""What makes two runs of a model answer alike: the facts that key the answers cache."""

import json
import subprocess
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.models import Identity
from harness.models import Settings
from harness.models import Weights
from harness.models.local import read_json

_ASK = """
import json, sys
from importlib import metadata
def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""
RULES: Mapping[str, int] = {
    "bos": 1,
    "eos": 1,
    "truncation": 1,
    "continuation": 2,
    "turns": 1,
    "stop": 2,
    "sampling": 2,
}
"""Versions of the rules by which engines build token ids; one grows whenever its rule changes an answer.

bos: exactly one, the template's where there is a template. eos: none that a tokenizer appends. truncation: refuse, or
drop from the left. continuation: the tokens of context + continuation after those of the context, whose last white
space goes to the continuation, and tokenised apart where a token spans both. turns: a template's content is text, or
a list of parts where only that comes back. stop: a stop string ends an answer where the tokens spell it, those that
no text shows included; under a template a blank line beside stops that are source is none. sampling: a number of each
token's own (seed, sample, position), and of equally likely tokens at a nucleus's edge the lower id.
"""
TEMPLATE_RULES: Mapping[str, int] = {"language": 1}
"""Versions of the rules that hold under a chat template alone, so that the identity of a model without one stays.

language: turns name the programming language of an answer, and fence source.
"""


def identity(
    weights: Weights,
    settings: Settings,
    extra: Mapping[str, Any] | None = None,
    *,
    libraries: Mapping[str, str | None] | None = None,
) -> Identity:
    """All that can change an answer, by role and never by place: the same files elsewhere give the same identity.

    `extra` are facts an engine adds of its own, as JSON: the values of its own options, the version of what is
    served. `libraries` are the versions of those that can change an answer. The model's name, its path and the commit
    it came from are left out: only what is in the files counts.
    """
    options = {field.name: getattr(settings, field.name) for field in fields(settings)}
    options["device"] = settings.device.partition(":")[0]
    if settings.generation_config == "benchmark":  # what was answered before there was a choice keeps its key
        del options["generation_config"]
    if settings.load_in is None:  # likewise
        del options["load_in"]
    return Identity(
        {
            "schema": "crosstask/identity/1",
            "files": dict(weights.hashes),
            "settings": options,
            "quantisation": quantisation(weights),
            "reasoning": weights.card.reasoning,
            "rules": {**RULES, **(TEMPLATE_RULES if settings.template else {})},
            "libraries": dict(libraries or {}),
            "engine": dict(extra or {}),
        }
    )


def quantisation(weights: Weights) -> Any:
    """How the weights are stored: the configuration's own words, "gguf" (unpacked on loading), or None."""
    if weights.gguf is not None:
        return "gguf"
    if "config.json" not in weights.hashes:
        return None
    return read_json(Path(weights.directory) / "config.json").get("quantization_config")


def versions(distributions: Sequence[str], python: str | None = None) -> Mapping[str, str | None]:
    """The version of each distribution in this interpreter or in another one, None where it is not installed.

    Raises UsageError where `python` is no interpreter.
    """
    if python is None or not distributions:
        return {name: _version(name) for name in distributions}
    return dict(_versions_in(python, tuple(distributions)))


@cache
def _versions_in(python: str, distributions: tuple[str, ...]) -> Mapping[str, str | None]:
    try:
        said = subprocess.run([python, "-c", _ASK, *distributions], capture_output=True, text=True, check=True).stdout  # noqa: S603 - the user's interpreter
        installed: dict[str, str | None] = json.loads(said)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise UsageError(f"--engine-python: found {python}; expected a Python interpreter") from error
    return installed


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
