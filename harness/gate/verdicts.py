"""Verdicts: each benchmark of a new system against a baseline's, decided together.

A difference is the new value less the old one, turned round where lower is better, so that below 0 is always worse.
"""

import hashlib
import math
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from harness.compare.alignment import Overlap
from harness.compare.alignment import align
from harness.compare.system import System
from harness.compare.table import STANDARD
from harness.compare.table import Column
from harness.compare.table import Table
from harness.encoding import canonical
from harness.errors import UsageError
from harness.gate.margins import Margins
from harness.printing.points import per_point
from harness.statistics import Trial
from harness.statistics import Verdict
from harness.statistics import gate
from harness.statistics import pair
from harness.statistics import trial
from harness.statistics.gate import Decision
from harness.statistics.gate import plain

ALPHA = 0.05
"""How often a gate may say anything false of any of its benchmarks."""
LevelOf: TypeAlias = Callable[[float], float]
Key: TypeAlias = tuple[str, str]
"""A model's name and a benchmark's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A benchmark of a new system beside the baseline's: its gated metric, the margin in points, the cases shared."""

    new: System
    base: System
    benchmark: str
    column: Column
    margin: float
    overlap: Overlap

    @property
    def key(self) -> Key:
        """What tells it from the gate's other entries."""
        return self.new.model, self.benchmark

    @property
    def table(self) -> Table:
        """Both systems on the cases they share, the new one first."""
        return Table((self.new, self.base), self.benchmark, self.overlap.compared)


@dataclass(frozen=True, slots=True)
class Judged:
    """An entry with both systems' values and what the gate says; None for a number there is none of.

    Attributes:
        entry: The benchmark that is gated, and its metric.
        value: The new system's value, on the metric's own scale as all below.
        base_value: The baseline's.
        decision: Pass, regressed, or inconclusive.
        n: How many cases both systems have.
        difference: The new value less the baseline's.
        low: The lower end of the difference's interval.
        high: The upper end.
        level: The level at which it was decided, or left open.
        detectable: The drop that is found four times of five.
        more: How many further cases would decide, if the difference stayed what it is.
        note: Why there is no interval.
    """

    entry: Entry
    value: float | None
    base_value: float | None
    decision: Decision
    n: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    detectable: float | None = None
    more: int | None = None
    note: str | None = None

    @property
    def margin(self) -> float:
        """The margin on the metric's own scale."""
        return self.entry.margin * per_point(self.entry.column.reducer)

    @property
    def asks_too_much(self) -> bool:
        """Whether the margin is smaller than the drop that is found four times of five."""
        return self.detectable is not None and self.margin < self.detectable


@dataclass(frozen=True, slots=True)
class Ungated:
    """A benchmark that the gate says nothing of, and why."""

    model: str
    benchmark: str
    why: str


def opponents(news: Sequence[System], bases: Sequence[System], source: str) -> list[tuple[System, System]]:
    """Each new system with the baseline's: the only one there is, or else that of the same name.

    Raises UsageError where there is neither, or where a system shares no benchmark with its baseline.
    """
    named = {base.model: base for base in bases}
    pairs = []
    for new in news:
        base = bases[0] if len(bases) == 1 else named.get(new.model)
        if base is None:
            raise UsageError(
                f"--baseline {source}: found {', '.join(named)}; expected {new.model}, or one as {source}:MODEL"
            )
        pairs.append((new, base))
    return pairs


def check_overlap(new: System, base: System, source: str) -> None:
    """Raise UsageError where no planned case has its like in the baseline, by benchmark and id."""
    if not any(cases.keys() & base.cases.get(name, {}).keys() for name, cases in new.cases.items()):
        raise UsageError(
            f"--baseline {source}: no case in common with {new.model}'s {', '.join(new.cases)}; "
            "expected a run of the same benchmarks on the same rows"
        )


def digest(systems: Sequence[System]) -> str:
    """sha256 (hex) over what a gate takes from a baseline: its scores case by case."""
    scores = {
        system.model: {
            name: {case: [result.status, result.digest, result.stats] for case, result in cases.items()}
            for name, cases in system.cases.items()
        }
        for system in systems
    }
    return hashlib.sha256(canonical(scores)).hexdigest()


def entries(new: System, base: System, margins: Margins) -> tuple[list[Entry], list[Ungated]]:
    """The benchmarks of both that can be gated, in the new system's order, and those of either that cannot."""
    gated: list[Entry] = []
    left = [Ungated(new.model, name, "not in this run") for name in base.cases if name not in new.cases]
    for name in new.cases:
        entry = _entry(new, base, name, margins)
        if isinstance(entry, Entry):
            gated.append(entry)
        else:
            left.append(Ungated(new.model, name, entry))
    return gated, left


def judge(gated: Sequence[Entry], level_of: LevelOf = plain) -> list[Judged]:
    """A verdict for each entry, at most `ALPHA` of such gates saying anything false (harness.statistics.gate).

    An entry without a shared case or without a value is inconclusive and is no part of the family. Raises StoreError
    for statistics that are none.
    """
    tried = [_tried(entry) for entry in gated]
    trials = {number: attempt.trial for number, attempt in enumerate(tried) if attempt.trial is not None}
    verdicts = dict(zip(trials, gate(list(trials.values()), ALPHA, level_of), strict=True))
    return [_judged(entry, tried[number], verdicts.get(number)) for number, entry in enumerate(gated)]


def overall(verdicts: Sequence[Judged]) -> Decision:
    """The whole gate's word: regressed where any benchmark is, else inconclusive where any is, else pass."""
    decisions = {verdict.decision for verdict in verdicts}
    return "regressed" if "regressed" in decisions else "inconclusive" if "inconclusive" in decisions else "pass"


def _entry(new: System, base: System, name: str, margins: Margins) -> Entry | str:
    """The benchmark as it is gated, or why it is not."""
    if name not in base.cases:
        return "not in the baseline"
    if why := new.manifest.get("failures", {}).get(name):
        return f"not run: {why}"
    overlap = align(new, base, name)
    columns = Table((new, base), name, overlap.compared).shown(STANDARD)
    if not columns:
        return "no metric in common"
    points = margins.points(name, columns[0].reducer)
    if points is None:
        return f"{columns[0].title} has no scale of 100; --margin {name}=POINTS gates it"
    return Entry(new, base, name, columns[0], points, overlap)


@dataclass(frozen=True, slots=True)
class _Tried:
    """An entry as the gate takes it, or why it cannot; both values where they are known."""

    trial: Trial | None
    values: tuple[float | None, float | None] = (None, None)
    why: str | None = None


def _tried(entry: Entry) -> _Tried:
    if not entry.overlap.compared:
        return _Tried(None, why="no scored case in common")
    column, table = entry.column, entry.table
    new, base = table.stats(column.metric)
    try:
        both = pair(new, base, column.reducer, table.design(column.average))
        first, second = (value if math.isfinite(value) else None for value in both.drawn.values()[:2].tolist())
        if first is None or second is None:
            return _Tried(None, (first, second), "undefined in one of both")
        margin = entry.margin * per_point(column.reducer)
        return _Tried(trial(both, margin, higher_is_better=column.higher_is_better), (first, second))
    except ValueError as error:
        raise table.error(column.metric, error) from error


def _judged(entry: Entry, tried: _Tried, verdict: Verdict | None) -> Judged:
    n = len(entry.overlap.compared)
    if verdict is None:
        return Judged(entry, *tried.values, "inconclusive", n, note=tried.why)
    return Judged(
        entry,
        *tried.values,
        verdict.decision,
        n,
        verdict.difference,
        verdict.low,
        verdict.high,
        verdict.level,
        verdict.detectable,
        verdict.more,
        # the gate's own words on a small margin are on the metric's scale; here they are said in points
        verdict.note if verdict.low is None else None,
    )
