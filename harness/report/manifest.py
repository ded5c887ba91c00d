"""What could change a number, in titled lists for a reader, and the manifest itself without the list of cases."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

_RUN = ("created", "finished", "crosstask", "plan", "attempt", "command", "recipe", "generalise_over")
_BENCHMARK = ("version", "protocol", "paper", "lm_eval_task", "verified", "data", "shots")
_SHORT = 12
"""Digits of a hash for a reader; the manifest below has them all."""


def facts(manifest: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Title and (name, value) of each list that says something; a value is one line."""
    environment = dict(manifest.get("environment", {}))
    packages = environment.pop("packages", {})
    named = [
        (
            "Run",
            {**{name: manifest.get(name) for name in _RUN}, "recipe": _recipe(manifest), "command": _command(manifest)},
        ),
        *((name, _run_of(known)) for name, known in manifest.get("runs", {}).items()),
        *((f"Shard {name}", _run_of(known)) for name, known in manifest.get("shards", {}).items()),
        ("Settings", manifest.get("settings", {})),
        *((name, _model(known)) for name, known in manifest["models"].items()),
        *((name, _benchmark(benchmark)) for name, benchmark in manifest["benchmarks"].items()),
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
    shard = manifest.get("shard")
    part = {} if shard is None else {"shard": {**shard, "whole": shard["whole"]["plan"]}}
    return {**manifest, "planned": planned, **part}


def _model(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's card and settings side by side, and the digest of its identity."""
    return {**known.get("card", {}), **(known.get("settings") or {}), "identity": known.get("digest")}


def _run_of(known: Mapping[str, Any]) -> dict[str, Any]:
    """One of several runs that stand in one page."""
    return {**known, "command": _command(known)}


def _command(manifest: Mapping[str, Any]) -> str:
    """The command as a shell takes it."""
    return shlex.join(map(str, manifest.get("command") or ()))


def _recipe(manifest: Mapping[str, Any]) -> str | None:
    """The recipe's name and what it says of itself; its headline metrics stand with the scores."""
    recipe = manifest.get("recipe", {})
    return ": ".join(str(recipe[key]) for key in ("name", "description") if recipe.get(key)) or None


def _benchmark(known: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says of a benchmark, its tables in words."""
    tables = "; ".join(map(_table, known.get("data", ())))
    return {key: tables if key == "data" else known.get(key) for key in _BENCHMARK}


def _table(origin: Mapping[str, Any]) -> str:
    """A table of rows: `openai/gsm8k/main/test (hub, revision cc7b047b6e5b, 1,319 rows, sha256 3f1a…)`."""
    told = [str(origin["source"])] if origin.get("source") else []
    if origin.get("revision"):
        told.append(f"revision {str(origin['revision'])[:_SHORT]}")
    if origin.get("records") is not None:
        told.append(f"{origin['records']:,} rows")
    if origin.get("sha256"):
        told.append(f"sha256 {origin['sha256'][:_SHORT]}")
    return f"{origin.get('name', 'rows')} ({', '.join(told)})"


def _says(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return json.dumps(value, ensure_ascii=False)
