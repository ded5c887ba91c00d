"""Several runs as one: each model of each run a column of one page, the same cases side by side.

What differs between the runs beside the model is told by `harness.compare`, which reads each model's own manifest.
"""

import hashlib
import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.compare.differences import rows_of
from harness.core import Record
from harness.core import Request
from harness.core import Trial
from harness.errors import StoreError
from harness.errors import UsageError
from harness.report.html import write_html
from harness.report.summary import summarise
from harness.results.folder import Prompts
from harness.results.folder import Run
from harness.results.folder import read_run
from harness.results.groups import Group
from harness.results.groups import groups
from harness.results.groups import many
from harness.results.groups import shard_of

_LONGEST = 100
_MEANS = frozenset({"proportion", "mean", "share"})
"""Reducers of scores from 0 to 1, which are all means of them."""
_ABOUT = ("created", "finished", "crosstask", "plan", "command")


@dataclass(slots=True)
class SeveralPrompts(Prompts):
    """The prompts of several runs; equal fingerprints are equal requests."""

    parts: tuple[Prompts, ...] = ()

    def get(self, fingerprint: str) -> Request | None:
        """The request, or None where no folder holds it."""
        return next((request for part in self.parts if (request := part.get(fingerprint)) is not None), None)

    def trial(self, fingerprint: str) -> Trial:
        """The trial from the first folder that holds it; raises StoreError where none does."""
        *others, last = self.parts
        for part in others:
            try:
                return part.trial(fingerprint)
            except StoreError:
                continue
        return last.trial(fingerprint)


@dataclass(frozen=True, slots=True)
class _Part:
    """One model of one run: its name on the page, its manifest, and its groups of cases by benchmark."""

    label: str
    run: Run
    groups: Mapping[str, Group]

    @property
    def manifest(self) -> dict[str, Any]:
        """What the run's manifest says, this model alone and by its name on the page; no list of cases."""
        model = next(iter(self.groups.values())).model
        own = {key: value for key, value in self.run.manifest.items() if key not in {"planned", "models"}}
        return own | {"models": {self.label: self.run.manifest["models"].get(model, {})}}


def write_together(folders: Sequence[Path], path: Path, generalise_over: str | None = None) -> dict[str, Any]:
    """Write one page of several runs' folders and return its summary, which is written nowhere.

    Raises UsageError where one is named twice, StoreError where a file cannot be read or written.
    """
    run = read_together(folders)
    summary = summarise(run, generalise_over)
    write_html(run, summary, path)
    return summary


def read_together(folders: Sequence[Path]) -> Run:
    """Several runs as one run of all their models; raises UsageError where one is named twice."""
    places = [folder.resolve() for folder in folders]
    for folder, place in zip(folders, places, strict=True):
        if places.count(place) > 1:
            raise UsageError(f"{folder}: named twice; expected each run once")
    runs = [read_run(folder) for folder in folders]
    notes: list[str] = []
    parts = list(_parts(runs, notes))
    benchmarks = _benchmarks(parts, notes)
    planned: dict[str, dict[str, tuple[str, ...]]] = {}
    records: list[Record] = []
    first: dict[tuple[str, str], tuple[str, tuple[str, ...] | None]] = {}
    for part in parts:
        planned[part.label] = {}
        for name, group in part.groups.items():
            if name in benchmarks:
                apart = _apart(part, group, first, notes)
                planned[part.label][name] = tuple(apart.get(case, case) for case in group.planned)
                records += _records(part, group, apart, benchmarks[name]["version"])
    manifest = _manifest(parts, runs, benchmarks, notes) | {"planned": planned}
    prompts = SeveralPrompts(folders[0], tuple(run.prompts for run in runs))
    return Run(folders[0].parent, manifest, tuple(records), prompts, parts=tuple(folders))


def default_path(folders: Sequence[Path]) -> Path:
    """Where the page of several runs is put: beside the first, named by all."""
    name = "+".join(folder.resolve().name for folder in folders)
    if len(name) > _LONGEST:
        name = hashlib.sha256(name.encode()).hexdigest()[:12]
    return folders[0].resolve().parent / f"{name}.html"


def _parts(runs: Sequence[Run], notes: list[str]) -> Iterator[_Part]:
    names = [model for run in runs for model in run.manifest["planned"]]
    folders = [run.folder.resolve().name for run in runs]
    for run in runs:
        own = run.folder.resolve()
        where = own.name if folders.count(own.name) == 1 else str(run.folder)
        all_groups, said = groups(run)
        part = [shard] if (shard := shard_of(run.manifest)) else []
        notes += [f"{where}: {note}" for note in (*part, *run.manifest.get("notes", ()), *run.notes, *said)]
        notes += [f"{where}: {name}: not run: {why}" for name, why in run.manifest.get("failures", {}).items()]
        for model in run.manifest["planned"]:
            by_benchmark = {group.benchmark: group for group in all_groups if group.model == model}
            if by_benchmark:
                yield _Part(model if names.count(model) == 1 else f"{model} ({where})", run, by_benchmark)


def _benchmarks(parts: Sequence[_Part], notes: list[str]) -> dict[str, dict[str, Any]]:
    """By name what the first run says of each benchmark, with the metrics that all have."""
    merged: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(name for part in parts for name in part.groups):
        facts = [part.groups[name].facts for part in parts if name in part.groups]
        metrics = list(_metrics(facts))
        lost = sorted({metric["name"] for each in facts for metric in each["metrics"]} - {m["name"] for m in metrics})
        if lost:
            notes.append(f"{name}: {', '.join(lost)}: not in every run, or reckoned otherwise, and left out")
        if metrics:
            merged[name] = {**facts[0], "metrics": metrics}
    return merged


def _metrics(facts: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    tables = [{metric["name"]: metric for metric in each["metrics"]} for each in facts]
    for name, metric in tables[0].items():
        reducers = {table[name]["reducer"] if name in table else "" for table in tables}
        if len(reducers) == 1:
            yield dict(metric)
        elif reducers <= _MEANS:
            yield {**metric, "reducer": "mean"}


def _apart(
    part: _Part, group: Group, first: dict[tuple[str, str], tuple[str, tuple[str, ...] | None]], notes: list[str]
) -> dict[str, str]:
    """Other ids for those cases that share an id with a case of an earlier run, but neither content nor table."""
    rows = rows_of(group.facts)
    apart = {}
    for case, record in group.records.items():
        digest, table = first.setdefault((group.benchmark, case), (record.digest, rows))
        if digest != record.digest and (rows is None or rows != table):
            apart[case] = f"{case} ({part.label})"
    if apart:
        notes.append(f"{part.label}: {group.benchmark}: {many(len(apart), 'case')} of another content stand apart")
    return apart


def _records(part: _Part, group: Group, apart: Mapping[str, str], version: int) -> Iterator[Record]:
    for case, record in group.records.items():
        yield replace(record, model=part.label, case=apart.get(case, case), version=version, identity=None)


def _manifest(
    parts: Sequence[_Part], runs: Sequence[Run], benchmarks: Mapping[str, Any], notes: Sequence[str]
) -> dict[str, Any]:
    own = {part.label: part.manifest for part in parts}
    common = [note.partition(": ")[2] for note in notes]
    told = dict.fromkeys(
        said if common.count(said) == len(runs) else note for note, said in zip(notes, common, strict=True)
    )
    return {
        "schema": runs[0].manifest["schema"],
        "crosstask": runs[0].manifest.get("crosstask"),
        "finished": max(str(run.manifest.get("finished") or "") for run in runs),
        "recipe": _shared(runs, "recipe") or {},
        "generalise_over": _shared(runs, "generalise_over"),
        "settings": _equal([run.manifest.get("settings", {}) for run in runs]),
        "environment": _shared(runs, "environment") or {},
        "models": {label: manifest["models"][label] for label, manifest in own.items()},
        "benchmarks": benchmarks,
        "notes": list(told),
        "runs": {str(run.folder): {name: run.manifest.get(name) for name in _ABOUT} for run in runs},
        "manifests": own,
    }


def _shared(runs: Sequence[Run], key: str) -> Any:
    """What every manifest says; None where they differ."""
    values = [run.manifest.get(key) for run in runs]
    return values[0] if len({json.dumps(value, sort_keys=True) for value in values}) == 1 else None


def _equal(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in tables[0].items() if all(table.get(key) == value for table in tables)}
