"""Which cases two systems share: by benchmark, case id and content, with what is left out counted and named."""

from collections.abc import Hashable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from harness.compare.differences import rows_of
from harness.compare.system import CaseScores
from harness.compare.system import System


@dataclass(frozen=True, slots=True)
class Overlap:
    """The cases of a benchmark that two systems planned; every one is counted once, but for `asked_otherwise`.

    Attributes:
        benchmark: The benchmark's name.
        first: The first system's name.
        second: The second system's name.
        compared: Cases that are scored in both, with the same content.
        asked_otherwise: How many of them are the same row of the same table in another prompt.
        changed: Cases that share an id but neither content nor table.
        only_first: Cases that the first system alone planned.
        only_second: Cases that the second system alone planned.
        unscored: Cases without a score in at least one, each with the first status that is not "measured".
    """

    benchmark: str
    first: str
    second: str
    compared: tuple[str, ...]
    asked_otherwise: int
    changed: tuple[str, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    unscored: Mapping[str, str]

    @property
    def is_whole(self) -> bool:
        """Whether both planned the same cases and scored them all."""
        return not (self.changed or self.only_first or self.only_second or self.unscored)


def align(first: System, second: System, benchmark: str) -> Overlap:
    """The cases of a benchmark of both, in the first's order.

    Cases are the same where their contents are, or where both runs read the same rows, so that one id is one row
    however it was asked.
    """
    ours, theirs = first.cases[benchmark], second.cases[benchmark]
    rows = rows_of(first.facts(benchmark))
    one_table = rows is not None and rows == rows_of(second.facts(benchmark))
    compared, changed, otherwise = [], [], 0
    unscored: dict[str, str] = {}
    for name, case in ours.items():
        other = theirs.get(name)
        if other is None:
            continue
        missing = next((side.status for side in (case, other) if side.status != "measured"), None)
        if missing:
            unscored[name] = missing
        elif case.digest == other.digest or one_table:
            compared.append(name)
            otherwise += case.digest != other.digest
        else:
            changed.append(name)
    return Overlap(
        benchmark,
        first.name,
        second.name,
        tuple(compared),
        otherwise,
        tuple(changed),
        tuple(name for name in ours if name not in theirs),
        tuple(name for name in theirs if name not in ours),
        unscored,
    )


def shared_by_all(systems: Sequence[System], benchmark: str) -> tuple[str, ...]:
    """The cases that all systems have, scored and alike, in the first's order; of one system those that are scored."""
    compared = [align(systems[0], other, benchmark).compared for other in systems[1:] or systems]
    kept = reduce(set.intersection, map(set, compared[1:]), set(compared[0]))
    return tuple(name for name in compared[0] if name in kept)


def cluster_alike(first: Mapping[str, CaseScores], second: Mapping[str, CaseScores], names: Sequence[str]) -> bool:
    """Whether two systems put the same cases into one cluster, whatever they call it."""
    return _partition(first, names) == _partition(second, names)


def _partition(cases: Mapping[str, CaseScores], names: Sequence[str]) -> list[int]:
    """For each case the place of the first one of its cluster."""
    places: dict[Hashable, int] = {}
    return [
        place if cases[name].cluster is None else places.setdefault(cases[name].cluster, place)
        for place, name in enumerate(names)
    ]
