"""What the runs of a folder say together: the index, brought up to date with them.

A run is read again where its files changed since; what is gone is forgotten.
"""

import json
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cases.recipes import headline
from harness.errors import StoreError
from harness.errors import UsageError
from harness.report.summary import SCHEMA
from harness.report.summary import summarise
from harness.results.folder import read_manifest
from harness.results.folder import read_run
from harness.store.history import RunEntry
from harness.store.history import ScoreEntry
from harness.store.history import open_history

INDEX = "history.sqlite"
_FILES = ("manifest.json", "records.jsonl", "summary.json")


@dataclass(frozen=True, slots=True)
class Known:
    """All runs of a folder and their scores, the oldest first; `note` says why the index was not kept, if so."""

    runs: tuple[RunEntry, ...]
    scores: tuple[ScoreEntry, ...]
    note: str | None = None


def known(folder: Path, *, rebuild: bool = False) -> Known:
    """What the runs in the folders of `folder` say, by its index; `rebuild` reads every run again.

    Raises UsageError where none is there. A run that cannot be read is kept with the reason.
    """
    runs = {path.parent.name: path.parent for path in sorted(folder.glob("*/manifest.json"))}
    if not runs:
        raise UsageError(f"{folder}: found no run; expected a folder with runs in it, as reports")
    with open_history(folder / INDEX, anew=rebuild) as (history, note):
        there = history.stamps()
        for name in there.keys() - runs.keys():
            history.drop(name)
        for name, path in runs.items():
            stamp = _stamp(path)
            if there.get(name) != stamp:
                history.put(*_read(path, stamp))
        return Known(tuple(history.runs()), tuple(history.scores()), note)


def _stamp(run: Path) -> str:
    """Size and time of change of each file that the scores come from."""
    return " ".join(
        f"{status.st_size}:{status.st_mtime_ns}" for status in map(_stat, _paths(run)) if status is not None
    )


def _paths(run: Path) -> Iterator[Path]:
    return (run / name for name in _FILES)


def _stat(path: Path) -> Any:
    try:
        return path.stat()
    except OSError:
        return None


def _read(run: Path, stamp: str) -> tuple[RunEntry, tuple[ScoreEntry, ...]]:
    try:
        manifest = read_manifest(run / "manifest.json")
        summary = _kept(run) or summarise(read_run(run))
        return _entry(run.name, stamp, manifest, summary), tuple(_scores(run.name, manifest, summary))
    except StoreError as error:
        return RunEntry(run.name, stamp, problem=str(error)), ()
    except (KeyError, TypeError, IndexError):
        problem = f"{run / 'summary.json'}: not as a session writes it; crosstask report makes it again"
        return RunEntry(run.name, stamp, problem=problem), ()


def _entry(name: str, stamp: str, manifest: Mapping[str, Any], summary: Mapping[str, Any]) -> RunEntry:
    brief = {key: value for key, value in manifest.items() if key not in {"planned", "shard"}}
    gate = summary["gate"]
    return RunEntry(
        name,
        stamp,
        manifest.get("created"),
        json.dumps(list(manifest["planned"])),
        len(manifest["benchmarks"]),
        summary["planned"],
        summary["measured"] + summary["refused"],
        int(summary["complete"]),
        int(bool(summary["sample"])),
        gate and gate["decision"],
        json.dumps(brief),
    )


def _kept(run: Path) -> Mapping[str, Any] | None:
    """The summary that stands in the folder, where it is no older than what it is made from; otherwise None."""
    manifest, records, summary = map(_stat, _paths(run))
    if summary is None or any(status and status.st_mtime_ns > summary.st_mtime_ns for status in (manifest, records)):
        return None
    try:
        content = json.loads((run / "summary.json").read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("schema") == SCHEMA else None


def _scores(run: str, manifest: Mapping[str, Any], summary: Mapping[str, Any]) -> Iterator[ScoreEntry]:
    wanted = {name: headline(text) for name, text in manifest.get("recipe", {}).get("metrics", {}).items()}
    place = 0
    for score in summary["scores"]:
        name = score["benchmark"]
        metrics = manifest["benchmarks"][name]["metrics"]
        key = wanted.get(name, (metrics[0]["name"], False))
        for average in ("micro", "macro"):
            estimate = score["estimate" if average == "micro" else "macro"]
            if estimate is None:
                continue
            names = (score["model"], score["area"] or "other", name, score["metric"], average, score["reducer"])
            shown = int(key == (score["metric"], average == "macro"))
            values = (estimate["value"], estimate["low"], estimate["high"], estimate["n"])
            yield ScoreEntry(run, place, *names, shown, *values, score["counts"]["planned"])
            place += 1
