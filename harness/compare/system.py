"""A system: one model of one run, and what it scored case by case."""

from collections.abc import Hashable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from harness.core import Record
from harness.core import Status
from harness.results.folder import Run
from harness.results.groups import Group
from harness.results.groups import groups
from harness.results.groups import shard_of

DIGITS = 16
"""Hex digits of a case's digest that tell contents apart: 64 bits, for cases that share an id already."""
_SETTLED = frozenset({"measured", "refused"})


@dataclass(frozen=True, slots=True)
class CaseScores:
    """One planned case: its digest's first digits, what it is resampled with, and each metric's statistics.

    `stats` is empty where the case was not measured by every metric, and `status` says why.
    """

    status: Status
    digest: str | None = None
    cluster: Hashable | None = None
    stratum: str | None = None
    stats: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class System:
    """A model and the run it was measured in; `name` stands for it in a comparison, `source` is where it was read.

    `manifest` is the run's, or what a baseline keeps of it. `cases` are all that were planned, by benchmark
    and case id. `family` is what somebody said it to be, whatever its card says.
    """

    name: str
    model: str
    source: str
    manifest: Mapping[str, Any]
    cases: Mapping[str, Mapping[str, CaseScores]]
    notes: tuple[str, ...] = ()
    family: str | None = None

    @property
    def about(self) -> Mapping[str, Any]:
        """What the manifest says of the model: card, settings, identity, digest."""
        about: Mapping[str, Any] = self.manifest["models"].get(self.model, {})
        return about

    def facts(self, benchmark: str) -> Mapping[str, Any]:
        """What the manifest says of a benchmark of this system."""
        facts: Mapping[str, Any] = self.manifest["benchmarks"][benchmark]
        return facts

    def metrics(self, benchmark: str) -> dict[str, Mapping[str, Any]]:
        """The benchmark's metrics by name, in order."""
        return {metric["name"]: metric for metric in self.facts(benchmark)["metrics"]}

    @property
    def remarks(self) -> Iterator[str]:
        """What a reader of its scores must know: benchmarks not run or stopped early, records that do not count."""
        yield from (f"{name}: not run: {why}" for name, why in self.manifest.get("failures", {}).items())
        for name, count in looked(self.manifest).items():
            if count < len(self.cases.get(name, ())):
                yield f"{name}: {count} of {len(self.cases[name])} cases were asked, until the gate had decided"
        yield from self.notes

    @property
    def planned(self) -> int:
        """How many cases were planned."""
        return sum(map(len, self.cases.values()))

    @property
    def settled(self) -> int:
        """How many of them were measured or refused."""
        return sum(case.status in _SETTLED for cases in self.cases.values() for case in cases.values())

    @property
    def is_complete(self) -> bool:
        """Whether every benchmark has cases and each was measured or refused; where a gate stopped, those it needed."""
        needed = looked(self.manifest)
        return bool(self.cases) and all(
            cases and all(case.status in _SETTLED for case in list(cases.values())[: needed.get(name)])
            for name, cases in self.cases.items()
        )


def looked(manifest: Mapping[str, Any]) -> Mapping[str, int]:
    """By benchmark how many of its planned cases, the first ones, its gate needed; only where a rule stopped it."""
    sequential = (manifest.get("gate") or {}).get("sequential")
    counts: Mapping[str, int] = sequential["looked"] if sequential and sequential["finished"] else {}
    return counts


def systems_of(run: Run) -> tuple[System, ...]:
    """The systems of a run, each named as its model, in the manifest's order; of several runs each with its own."""
    all_groups, notes = groups(run)
    cases: dict[str, dict[str, dict[str, CaseScores]]] = {}
    for group in all_groups:
        cases.setdefault(group.model, {})[group.benchmark] = {case: _scores(group, case) for case in group.planned}
    own = run.manifest.get("manifests", {})
    part = [shard] if (shard := shard_of(run.manifest)) else []
    return tuple(
        System(model, model, str(run.folder), own.get(model, run.manifest), parts, (*part, *run.notes, *notes))
        for model, parts in cases.items()
    )


def _scores(group: Group, case: str) -> CaseScores:
    record = group.records.get(case)
    if record is None:
        return CaseScores("not_run")
    own = (record.digest[:DIGITS], record.cluster, record.stratum)
    if group.measured(case):
        return CaseScores("measured", *own, _stats(record, group))
    return CaseScores("error" if record.status == "measured" else record.status, *own)


def _stats(record: Record, group: Group) -> dict[str, tuple[float, ...]]:
    named = {metric["name"] for metric in group.metrics}
    return {score.metric: score.stats for score in record.scores if score.metric in named}
