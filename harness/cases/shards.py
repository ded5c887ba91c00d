"""Shards: the cases of a run divided among n machines, which need not talk to each other.

The part of a case follows from the ids, clusters, strata and work of the selected cases alone. Each stratum of each
benchmark is divided by itself, the cases with the most work first, and each goes where the fewest are (Graham 1969,
doi:10.1137/0117039, "longest processing time first").
"""

import heapq
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass

from harness.cases.ranks import rank
from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` of `of`, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        """Return it as the command line has it."""
        return f"{self.number}/{self.of}"


@dataclass(frozen=True, slots=True)
class Divisible:
    """What decides where a case goes; `work` is a number from 0 in any unit. Cases of one cluster stay together."""

    benchmark: str
    case: str
    cluster: str | None = None
    stratum: str | None = None
    work: int = 0


@dataclass(frozen=True, slots=True)
class _Unit:
    """The places of cases that stay together: those of one cluster, or one case as all models are asked it."""

    benchmark: str
    stratum: str
    name: str
    places: tuple[int, ...]
    work: int


def parse_shard(text: str | None) -> Shard | None:
    """The value of `--shard`, as 3/8; None where none is given. Raises UsageError on anything else."""
    if text is None:
        return None
    parts = re.fullmatch(r"\s*([0-9]{1,9})/([0-9]{1,9})\s*", text)
    shard = None if parts is None else Shard(int(parts[1]), int(parts[2]))
    if shard is None or not 1 <= shard.number <= shard.of:
        raise UsageError(f"--shard: found {text!r}; expected K/N, K from 1 to N, as 3/8")
    return shard


def divide(cases: Sequence[Divisible], n: int) -> list[int]:
    """The number of the shard of each case, 1 to `n`; those of equal benchmark and id are in one shard.

    Without clusters no two shards differ by more than one case: neither in a stratum, nor in a benchmark, nor in all.
    A cluster counts for the stratum of its that is first by name. Some shards are empty where `n` is above the number
    of cases or clusters. The order of the cases decides nothing.
    """
    if n < 1:
        raise UsageError(f"shards: {n}; expected 1 or more")
    numbers = [0] * len(cases)
    in_all, work = [0] * n, [0] * n
    for benchmark in _by(_units(cases), lambda unit: unit.benchmark):
        in_benchmark = [0] * n
        for stratum in _by(benchmark, lambda unit: unit.stratum):
            least = [(0, in_benchmark[k], in_all[k], work[k], k) for k in range(n)]
            heapq.heapify(least)
            for unit in sorted(stratum, key=_largest_first):
                in_stratum, *_, k = heapq.heappop(least)
                size = len(unit.places)
                in_benchmark[k] += size
                in_all[k] += size
                work[k] += unit.work
                heapq.heappush(least, (in_stratum + size, in_benchmark[k], in_all[k], work[k], k))
                for place in unit.places:
                    numbers[place] = k + 1
    return numbers


def _units(cases: Sequence[Divisible]) -> list[_Unit]:
    together: dict[tuple[str, str, str], list[int]] = {}
    for place, case in enumerate(cases):
        kind, name = ("case", case.case) if case.cluster is None else ("cluster", case.cluster)
        together.setdefault((case.benchmark, kind, name), []).append(place)
    return [
        _Unit(
            benchmark,
            min(cases[place].stratum or "" for place in places),
            f"{kind}:{name}",
            tuple(places),
            sum(cases[place].work for place in places),
        )
        for (benchmark, kind, name), places in together.items()
    ]


def _largest_first(unit: _Unit) -> tuple[int, int, str]:
    return -len(unit.places), -unit.work, rank(unit.benchmark, unit.name)


def _by(units: Iterable[_Unit], key: Callable[[_Unit], str]) -> list[list[_Unit]]:
    """The units in groups of equal keys, the groups sorted by them."""
    groups: dict[str, list[_Unit]] = {}
    for unit in units:
        groups.setdefault(key(unit), []).append(unit)
    return [groups[name] for name in sorted(groups)]
