"""The numbers of a run: one score per (model, benchmark, metric), with its interval and all that was not scored.

A refused, broken or missing case is never a wrong answer: it is counted beside the score and is not in its n.
A run is complete when every planned case has a record that is measured or refused.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

from harness.core import Completions
from harness.core import Record
from harness.core import Score
from harness.errors import StoreError
from harness.report.folder import Run
from harness.statistics import Estimate
from harness.statistics import estimate

SCHEMA = "crosstask/summary/1"


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
    found = tuple(
        _group(run.manifest, (model, name), tuple(cases), kept.pop((model, name), {}), notes)
        for model, benchmarks in run.manifest["planned"].items()
        for name, cases in benchmarks.items()
    )
    for (model, name), records in kept.items():
        notes.append(f"{model}, {name}: {_many(len(records), 'record')} outside the plan left out")
    return found, tuple(notes)


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
        notes.append(f"{model}, {name}: {_many(outside, 'record')} outside the plan left out")
    if other := len(in_plan) - len(current):
        notes.append(
            f"{model}, {name}: {_many(other, 'record')} of another benchmark version or model identity left out"
        )
    return Group(model, name, facts, planned, current)


def _is_current(record: Record, version: int, digest: str | None) -> bool:
    """Whether the record is of this benchmark version and, where the run knows it, of this model identity."""
    return record.version == version and (digest is None or record.identity is None or record.identity == digest)


def summarise(run: Run) -> dict[str, Any]:
    """The content of `summary.json`: a pure function of the folder, no clock and no unseeded draw in it."""
    found, notes = groups(run)
    planned = sum(len(group.planned) for group in found)
    measured = sum(group.measured(case) for group in found for case in group.planned)
    refused = sum(group.refused(case) for group in found for case in group.planned)
    unplanned = [group for group in found if not group.planned]
    notes += tuple(f"{group.model}, {group.benchmark}: no case was planned" for group in unplanned)
    notes += tuple(f"{name}: not run: {reason}" for name, reason in run.manifest.get("failures", {}).items())
    return {
        "schema": SCHEMA,
        "complete": bool(found) and not unplanned and measured + refused == planned,
        "planned": planned,
        "measured": measured,
        "refused": refused,
        "sample": [name for name, facts in run.manifest["benchmarks"].items() if _is_sample(facts)],
        "scores": [_score(group, metric) for group in found for metric in group.metrics],
        "notes": [*map(str, run.manifest.get("notes", ())), *run.notes, *notes],
    }


def incomplete(summary: Mapping[str, Any]) -> str | None:
    """The sentence a report of a run with missing results starts with; None when the run is complete."""
    if summary["complete"]:
        return None
    settled = summary["measured"] + summary["refused"]
    missing = summary["planned"] - settled
    what = f"{_many(missing, 'planned case')} without a result" if missing else "a benchmark has no planned case"
    return f"INCOMPLETE {settled}/{summary['planned']}: {what}; the scores below are not those of the whole run"


def _score(group: Group, metric: Mapping[str, Any]) -> dict[str, Any]:
    name = metric["name"]
    scored = [(group.records[case], score) for case in group.planned if (score := group.score(case, name)) is not None]
    return {
        "model": group.model,
        "area": group.facts.get("area"),
        "benchmark": group.benchmark,
        "version": group.facts["version"],
        "metric": name,
        "reducer": metric["reducer"],
        "signature": metric["signature"],
        "higher_is_better": metric["higher_is_better"],
        "estimate": asdict(_estimate(group, metric, scored)),
        "counts": _counts(group, scored),
    }


def _counts(group: Group, scored: Sequence[tuple[Record, Score]]) -> dict[str, int]:
    answers = [_answers(record) for record, _ in scored]
    refused = sum(map(group.refused, group.planned))
    errors = sum(record.status == "error" for record in group.records.values())
    return {
        "planned": len(group.planned),
        "measured": len(scored),
        "truncated": sum(any(one.finish == "length" for one in answer) for answer in answers),
        "empty": sum(any(not one.text.strip() for one in answer) for answer in answers),
        "not_extracted": sum(score.verdict == "invalid" for _, score in scored),
        "refused": refused,
        "errors": errors,
        "not_run": len(group.planned) - len(scored) - refused - errors,
    }


def _answers(record: Record) -> tuple[Any, ...]:
    last = record.responses[-1] if record.responses else None
    return last.completions if isinstance(last, Completions) else ()


def _estimate(group: Group, metric: Mapping[str, Any], scored: Sequence[tuple[Record, Score]]) -> Estimate:
    stats = [score.stats for _, score in scored]
    clusters = [record.cluster for record, _ in scored]
    try:
        return estimate(stats, metric["reducer"], clusters)
    except (ValueError, IndexError) as error:
        where = f"{group.model}, {group.benchmark}, {metric['name']}"
        raise StoreError(f"{where}: {error}; crosstask rescore makes the statistics again") from error


def _is_sample(facts: Mapping[str, Any]) -> bool:
    return any(origin.get("source") == "sample" for origin in facts.get("data", ()))


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
