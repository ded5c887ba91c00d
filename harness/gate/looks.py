"""Looks: the random order cases are asked in, after how many to look, and the gate's deciding at each look.

Lan and DeMets's alpha spending with repeated confidence intervals (harness.statistics.sequential, which cites them), in
O'Brien and Fleming's form: it spends little early, and leaves the last look nearly as sharp as a single one. Holm's
step-down goes on over the looks: a benchmark that is decided stays so, and leaves its share to the others (Maurer and
Bretz 2013, Stat. Biopharm. Res. 5:311; Tamhane et al. 2021, Stat. Med. 40:5333).
"""

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from functools import partial
from typing import Any

from harness.cases.ranks import rank
from harness.compare.system import System
from harness.gate.margins import Margins
from harness.gate.verdicts import Judged
from harness.gate.verdicts import entries
from harness.gate.verdicts import judge
from harness.statistics.sequential import Spending
from harness.statistics.sequential import level

SPENDING: Spending = "obrien-fleming"
RULE = "alpha spending as O'Brien and Fleming (Lan and DeMets 1983), repeated confidence intervals, Holm"
_STEP = 64
_MOST = 512
_SHARE = 10


@dataclass(frozen=True, slots=True)
class Place:
    """A planned case as the order knows it; cases of one cluster are asked together."""

    benchmark: str
    case: str
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Looks after `ends` cases in all; `counts` has, by benchmark, how many of its cases each look sees."""

    ends: tuple[int, ...]
    counts: Mapping[str, tuple[int, ...]]

    def fraction(self, look: int) -> float:
        """The share of all cases that a look (1 for the first) sees."""
        return self.ends[look - 1] / self.ends[-1]

    def seen(self, benchmark: str, look: int) -> int:
        """How many of a benchmark's cases a look sees; none before the first."""
        return self.counts[benchmark][look - 1] if look else 0

    @property
    def last(self) -> int:
        """The number of the look that sees all cases."""
        return len(self.ends)


def window(cases: int) -> int:
    """How many cases lie between two looks: a tenth of all, in steps of 64, at most 512."""
    return max(_STEP, min(_MOST, cases // _SHARE // _STEP * _STEP))


def order(places: Sequence[Place], seed: int) -> list[int]:
    """The places' numbers in a random order that depends on seed and names alone.

    After any share of all cases about the same share of each benchmark has come, so that one fraction is every one's.
    """
    ranked: dict[str, list[int]] = {}
    for number in sorted(range(len(places)), key=lambda number: _by_cluster(places[number], seed)):
        ranked.setdefault(places[number].benchmark, []).append(number)
    advance = [
        ((place + 0.5) / len(numbers), benchmark, number)
        for benchmark, numbers in ranked.items()
        for place, number in enumerate(numbers)
    ]
    return [number for _, _, number in sorted(advance)]


def schedule(ordered: Sequence[Place]) -> Schedule:
    """After how many cases to look, for places in the order they are asked in, at least one."""
    total = len(ordered)
    ends = (*range(window(total), total, window(total)), total)
    running = dict.fromkeys((place.benchmark for place in ordered), 0)
    counts: dict[str, list[int]] = {name: [] for name in running}
    for number, place in enumerate(ordered, start=1):
        running[place.benchmark] += 1
        if number in ends:
            for name, seen in running.items():
                counts[name].append(seen)
    return Schedule(ends, {name: tuple(seen) for name, seen in counts.items()})


@dataclass(frozen=True, slots=True)
class Look:
    """A look that was made: its number in the schedule, and the benchmarks it decided."""

    number: int
    decided: tuple[str, ...]


def judge_at(
    new: System, base: System, margins: Margins, planned: Schedule, looks: Sequence[int], undecided: Collection[str]
) -> list[Judged]:
    """What the last of these looks says of the benchmarks that are still undecided, by the cases it sees alone."""
    last = looks[-1]
    cases = {
        name: dict(list(by_case.items())[: planned.seen(name, last)])
        for name, by_case in new.cases.items()
        if name in undecided
    }
    gated, _ = entries(replace(new, cases=cases), base, margins)
    fractions = [planned.fraction(look) for look in looks]
    return judge(gated, partial(_level, fractions))


def judge_again(
    new: System, base: System, margins: Margins, planned: Schedule, looks: Sequence[Look]
) -> list[tuple[Judged, int]]:
    """The verdicts of a run that was looked at so, each with the look it is of, in the system's order.

    Only the looks that decided something, and the last, are made again; their intervals are those they had.
    """
    undecided, verdicts = set(new.cases), {}
    for place, look in enumerate(looks, start=1):
        if not look.decided and place < len(looks):
            continue
        numbers = [earlier.number for earlier in looks[:place]]
        for judged in judge_at(new, base, margins, planned, numbers, undecided):
            if judged.entry.benchmark in look.decided or place == len(looks):
                verdicts[judged.entry.benchmark] = (judged, look.number)
        undecided -= set(look.decided)
    return [verdicts[name] for name in new.cases if name in verdicts]


def to_json(planned: Schedule) -> dict[str, Any]:
    """The schedule as plan and manifest have it."""
    return {"ends": list(planned.ends), "counts": {name: list(seen) for name, seen in planned.counts.items()}}


def from_json(written: Mapping[str, Any]) -> Schedule:
    """The inverse of `to_json`."""
    return Schedule(tuple(written["ends"]), {name: tuple(seen) for name, seen in written["counts"].items()})


def _level(fractions: Sequence[float], alpha: float) -> float:
    return level(fractions, alpha, SPENDING)


def _by_cluster(place: Place, seed: int) -> tuple[str, str]:
    """Clusters at random, their cases at random within them."""
    unit = f"case {place.case}" if place.cluster is None else f"cluster {place.cluster}"
    return rank(seed, place.benchmark, unit), rank(seed, place.benchmark, place.case)
