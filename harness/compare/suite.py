"""The benchmarks that all systems have, each by its headline score in points: what areas and mixes are made of.

An area's score is the mean of its benchmarks' headline scores, each on the scale it is printed on, so that a point is a
point whatever the metric. One without an upper bound, or of which less is better, has no place in a mean.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.compare.alignment import shared_by_all
from harness.compare.system import System
from harness.compare.table import Choice
from harness.compare.table import Column
from harness.compare.table import Table
from harness.errors import UsageError
from harness.printing.points import per_point
from harness.statistics import RANGES
from harness.statistics.composite import Composite
from harness.statistics.composite import combined
from harness.statistics.composite import component

OTHER = "other"
_UNIT = (0.0, 1.0)
_HIGHEST = 100.0


@dataclass(frozen=True, slots=True)
class Member:
    """A benchmark that all systems have, and the column that stands for it."""

    benchmark: str
    area: str
    column: Column


@dataclass(frozen=True, slots=True, eq=False)
class Suite:
    """The `members` with their `parts` in points, for the systems in their order; `notes` say what was left out."""

    systems: tuple[System, ...]
    members: tuple[Member, ...]
    parts: Mapping[str, Composite]
    notes: tuple[str, ...]

    @property
    def areas(self) -> dict[str, tuple[Member, ...]]:
        """Each area with its members, in the order in which they first occur."""
        areas: dict[str, tuple[Member, ...]] = {}
        for member in self.members:
            areas[member.area] = (*areas.get(member.area, ()), member)
        return areas

    def composite(self, weights: Mapping[str, float]) -> Composite:
        """The weighted sum of parts, areas or benchmarks; an area's weight is shared by its benchmarks alike."""
        shares = dict.fromkeys(self.parts, 0.0)
        for name, weight in weights.items():
            benchmarks = [member.benchmark for member in self.areas.get(name, ())] or [name]
            for benchmark in benchmarks:
                shares[benchmark] += weight / len(benchmarks)
        return combined(list(self.parts.values()), list(shares.values()))


def suite(systems: Sequence[System], choice: Choice) -> Suite:
    """What the systems share; raises StoreError for statistics that are none."""
    members: list[Member] = []
    parts: dict[str, Composite] = {}
    notes: list[str] = []
    for table in _tables(systems):
        column = next(iter(table.shown(Choice())), None)
        if column is None or (why := _unfit(column)):
            notes += [] if column is None else [f"{table.benchmark}: in no area's mean, as {column.title} {why}"]
            continue
        try:
            parts[table.benchmark] = _in_points(table, column, choice)
        except ValueError as error:
            notes.append(f"{table.benchmark}: in no area's mean: {error}")
            continue
        members.append(Member(table.benchmark, table.facts.get("area") or OTHER, column))
    return Suite(tuple(systems), tuple(members), parts, tuple(notes))


def _tables(systems: Sequence[System]) -> Iterator[Table]:
    """Each benchmark that all systems have, over the cases that all scored."""
    for name in systems[0].cases:
        if all(name in system.cases for system in systems) and (cases := shared_by_all(systems, name)):
            yield Table(tuple(systems), name, cases)


def _unfit(column: Column) -> str | None:
    """Why a column has no place in a mean."""
    if not column.higher_is_better:
        return "is better the lower it is"
    return "has no upper bound" if RANGES.get(column.reducer, _UNIT)[1] > _HIGHEST else None


def _in_points(table: Table, column: Column, choice: Choice) -> Composite:
    stats = [np.array(values, dtype=float) for values in table.stats(column.metric)]
    design = table.design(column.average, choice.over)
    part = component(table.benchmark, stats, column.reducer, design, choice.draws)
    return combined([part], [1 / per_point(column.reducer)])


def check_parts(known: Suite, option: str, names: Sequence[str]) -> None:
    """Raise UsageError where a name is neither an area nor a benchmark of the suite."""
    for name in names:
        if name not in known.areas and name not in known.parts:
            areas, benchmarks = ", ".join(known.areas), ", ".join(known.parts)
            raise UsageError(f"{option}: found {name!r}; expected an area ({areas}) or a benchmark ({benchmarks})")
