"""A run by model and benchmark: the cases that were planned, and the record of each that counts."""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.core import Record
from harness.core import Score
from harness.results.folder import Run


@dataclass(frozen=True, slots=True)
class Group:
    """The planned cases of one model on one benchmark; `records` maps a case id to its record, where one counts."""

    model: str
    benchmark: str
    facts: Mapping[str, Any]
    planned: tuple[str, ...]
    records: Mapping[str, Record]

    @property
    def metrics(self) -> tuple[Mapping[str, Any], ...]:
        """The metrics the manifest names: name, reducer, signature, higher_is_better."""
        return tuple(self.facts["metrics"])

    def score(self, case: str, metric: str) -> Score | None:
        """What the metric observed on the case, if it was measured."""
        record = self.records.get(case)
        if record is None or record.status != "measured":
            return None
        return next((score for score in record.scores if score.metric == metric), None)

    def measured(self, case: str) -> bool:
        """Whether every metric scored the case."""
        return all(self.score(case, metric["name"]) is not None for metric in self.metrics)

    def refused(self, case: str) -> bool:
        """Whether the engine refused the case."""
        record = self.records.get(case)
        return record is not None and record.status == "refused"


def groups(run: Run) -> tuple[tuple[Group, ...], tuple[str, ...]]:
    """The run by model and benchmark, in the manifest's order, and a note on records that do not count."""
    kept: dict[tuple[str, str], dict[str, Record]] = {}
    for record in run.records:
        kept.setdefault((record.model, record.benchmark), {})[record.case] = record
    notes: list[str] = []
    grouped = tuple(
        _group(run.manifest, (model, name), tuple(cases), kept.pop((model, name), {}), notes)
        for model, benchmarks in run.manifest["planned"].items()
        for name, cases in benchmarks.items()
    )
    for (model, name), records in kept.items():
        notes.append(f"{model}, {name}: {many(len(records), 'record')} outside the plan left out")
    return grouped, tuple(notes)


def _group(
    manifest: Mapping[str, Any],
    key: tuple[str, str],
    planned: tuple[str, ...],
    records: Mapping[str, Record],
    notes: list[str],
) -> Group:
    model, name = key
    facts = manifest["benchmarks"][name]
    in_plan = {case: records[case] for case in planned if case in records}
    digest = manifest["models"].get(model, {}).get("digest")
    current = {case: record for case, record in in_plan.items() if _is_current(record, facts["version"], digest)}
    if outside := len(records) - len(in_plan):
        notes.append(f"{model}, {name}: {many(outside, 'record')} outside the plan left out")
    if other := len(in_plan) - len(current):
        notes.append(
            f"{model}, {name}: {many(other, 'record')} of another benchmark version or model identity left out"
        )
    return Group(model, name, facts, planned, current)


def _is_current(record: Record, version: int, digest: str | None) -> bool:
    """Whether the record is of this benchmark version and, where the run knows it, of this model identity."""
    return record.version == version and (digest is None or record.identity is None or record.identity == digest)


def shard_of(manifest: Mapping[str, Any]) -> str | None:
    """Which shard of which run this is, as a sentence; None of a run that is no shard. A plan tells it too."""
    shard = manifest.get("shard")
    if shard is None:
        return None
    own, whole = (sum(map(len, _names(planned))) for planned in (manifest["planned"], shard["whole"]["planned"]))
    part = f"Shard {shard['number']} of {shard['of']}: {own} of {many(whole, 'planned case')}"
    return f"{part}; crosstask merge makes one run of all shards"


def _names(planned: Mapping[str, Mapping[str, Sequence[str]]]) -> list[Sequence[str]]:
    return [cases for benchmarks in planned.values() for cases in benchmarks.values()]


def many(count: int, what: str) -> str:
    """Count things in words: `1 record`, `2 records`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
