"""The latest complete run in the same folder of runs that asked a model the same, and what has changed since."""

import json
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from harness.errors import StoreError
from harness.report.score_rows import models_of
from harness.report.summary import SCHEMA
from harness.results.folder import read_manifest

_MOST = 50
"""Runs that are looked at, the latest first, so that a folder of many does not delay the table."""
_HARMLESS = frozenset({"dtype", "device", "answers", "slots", "gpu_layers", "reuse_prompts", "context_size"})
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """A run of before: its folder's name, the day it began, and its values by model, benchmark, metric and average."""

    name: str
    day: str
    values: Mapping[Key, float]


@dataclass(frozen=True, slots=True)
class Previous:
    """By model the run of before; empty where there is none."""

    runs: Mapping[str, Before] = field(default_factory=dict)

    def changes(self, summary: Mapping[str, Any]) -> dict[Key, float]:
        """Values of the summary less those of the run before, on the metric's own scale, by model to average."""
        return {
            key: number - self.runs[key[0]].values[key]
            for key, number in _values(summary)
            if key[0] in self.runs and key in self.runs[key[0]].values
        }

    def said(self, summary: Mapping[str, Any]) -> Iterator[str]:
        """Which run the changes are against, a sentence a run."""
        changed = self.changes(summary)
        names: dict[str, Before] = {}
        for model in models_of(summary):
            if any(key[0] == model for key in changed):
                names[self.runs[model].name] = self.runs[model]
        yield from (f"change: since {run.name} of {run.day}" for run in names.values())


def previous(folder: Path) -> Previous:
    """For each model of the run in `folder` the latest complete run beside it that began earlier.

    Of it those benchmarks count that were asked the same: settings, version, metrics, rows and cases are alike. Recipe,
    machine and the model's weights may differ: they are what a change may come from.
    """
    own = read_manifest(folder / "manifest.json")
    runs: dict[str, Before] = {}
    for path, manifest in _earlier(folder, own):
        wanted = {
            model: alike for model in own["planned"] if model not in runs and (alike := _alike(own, manifest, model))
        }
        known = _complete(path) if wanted else {}
        for model, names in wanted.items():
            values = {key: known[key] for key in known if key[0] == model and key[1] in names}
            runs |= {model: Before(path.name, str(manifest.get("created"))[:10], values)} if values else {}
        if len(runs) == len(own["planned"]):
            break
    return Previous(runs)


def _earlier(folder: Path, own: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The manifests beside the run's that began earlier, the latest first; one that cannot be read is no run."""
    beside = [path.parent for path in folder.parent.glob("*/manifest.json") if path.parent.name != folder.name]
    known = []
    for path in sorted(beside, key=_changed, reverse=True)[:_MOST]:
        try:
            manifest = read_manifest(path / "manifest.json")
        except StoreError:
            continue
        if str(manifest.get("created")) < str(own.get("created")):
            known.append((path, manifest))
    yield from sorted(known, key=lambda run: str(run[1].get("created")), reverse=True)


def _changed(path: Path) -> float:
    try:
        return (path / "manifest.json").stat().st_mtime
    except OSError:
        return 0.0


def _alike(own: Mapping[str, Any], other: Mapping[str, Any], model: str) -> set[str]:
    """The benchmarks that both asked the model alike."""
    planned, there = own["planned"][model], other["planned"].get(model, {})
    if _settings(own) != _settings(other):
        return set()
    return {
        name
        for name in planned
        if planned[name]
        and planned[name] == there.get(name)
        and _facts(own["benchmarks"][name]) == _facts(other["benchmarks"][name])
    }


def _settings(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that say what is asked and how."""
    return {key: value for key, value in manifest.get("settings", {}).items() if key not in _HARMLESS}


def _facts(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    rows = [origin.get("sha256") or origin.get("revision") for origin in facts.get("data", ())]
    metrics = [(metric["name"], metric.get("signature"), metric.get("reducer")) for metric in facts["metrics"]]
    return facts["version"], metrics, rows, facts.get("shots")


def _complete(run: Path) -> dict[Key, float]:
    """The values of a complete run; empty for any other, and where its summary cannot be read."""
    try:
        content = json.loads((run / "summary.json").read_bytes())
        fit = content["schema"] == SCHEMA and content["complete"]
        return dict(_values(content)) if fit else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _values(summary: Mapping[str, Any]) -> Iterator[tuple[Key, float]]:
    for score in summary["scores"]:
        for average, name in (("micro", "estimate"), ("macro", "macro")):
            estimate = score.get(name)
            if estimate is not None and estimate["value"] is not None:
                yield (score["model"], score["benchmark"], score["metric"], average), estimate["value"]
