"""What could change a number, in titled lists for a reader, and the manifest itself without the list of cases."""

import json
from collections.abc import Mapping
from typing import Any

_RUN = ("created", "finished", "crosstask", "plan", "attempt", "command", "recipe", "generalise_over")
_BENCHMARK = ("version", "protocol", "paper", "lm_eval_task", "verified", "data", "shots")


def facts(manifest: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Title and (name, value) of each list that says something; a value is one line."""
    environment = dict(manifest.get("environment", {}))
    packages = environment.pop("packages", {})
    named = [
        ("Run", {name: value for name, value in manifest.items() if name in _RUN}),
        ("Settings", manifest.get("settings", {})),
        *((name, _model(known)) for name, known in manifest["models"].items()),
        *((name, {key: one.get(key) for key in _BENCHMARK}) for name, one in manifest["benchmarks"].items()),
        ("Environment", {**environment, **packages}),
    ]
    told = [
        (title, {name: _plain(value) for name, value in content.items() if _says(value)}) for title, content in named
    ]
    return [(title, content) for title, content in told if content]


def shortened(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with the planned cases counted: their names stand in the page already."""
    planned = {
        model: {name: f"{len(cases)} cases" for name, cases in benchmarks.items()}
        for model, benchmarks in manifest["planned"].items()
    }
    return {**manifest, "planned": planned}


def _model(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's card and settings side by side, and the digest of its identity."""
    return {**known.get("card", {}), **(known.get("settings") or {}), "identity": known.get("digest")}


def _says(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return json.dumps(value, ensure_ascii=False)
