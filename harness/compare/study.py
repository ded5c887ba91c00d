"""General models against code models, area by area: the table of the cross-task study, arXiv:2512.04673.

Which model of a family is best is found on the cases it is judged by, which flatters it. Intervals and p's therefore
are those that hold for all pairs of models together (`harness.statistics.ranking`), and so for the pair that was
chosen; the p's of the areas are corrected for one another as well.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from harness.compare.suite import Suite
from harness.compare.system import System
from harness.errors import UsageError
from harness.models.cards import family_of
from harness.statistics import Ranking
from harness.statistics.composite import Composite
from harness.statistics.composite import ranked_together
from harness.statistics.reducers import Array

FAMILIES = ("general", "code")
OPTION = "--family"
LEVEL = 0.05
"""A corrected p below it is called a difference."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number in points with its interval, which is there in both ends or neither."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Area:
    """An area: each system's mean score, the best system of either family, and the difference of the two.

    Attributes:
        name: The area's name.
        benchmarks: The benchmarks, each with its metric.
        n: The number of cases.
        clusters: The number of clusters.
        scores: Each system's mean score.
        general: The best general model.
        code: The best code model.
        difference: The code model's score less the general model's, with an interval for all pairs of systems together.
        p: The p of that difference, for all pairs of systems together.
        p_corrected: The p corrected for the areas.
        winner: The better system; None where chance may explain the difference.
        means: The mean score of each family.
        means_difference: The code models' mean less the general models'.
    """

    name: str
    benchmarks: tuple[tuple[str, str], ...]
    n: int
    clusters: int
    scores: tuple[Value, ...]
    general: str
    code: str
    difference: Value
    p: float | None
    p_corrected: float | None
    winner: str | None
    means: tuple[Value, Value]
    means_difference: Value


@dataclass(frozen=True, slots=True)
class Study:
    """The areas of systems of which some are general models and some code models; `families` are the systems' own."""

    families: tuple[str | None, ...]
    areas: tuple[Area, ...]


def family(system: System) -> str | None:
    """What a model is for, general or code: as somebody said, as its card does, or a card of its name or Hub id.

    Answers made elsewhere and runs of other tools come with a name alone. None where nothing says it.
    """
    card = system.about.get("card", {})
    said = (system.family, card.get("family"), family_of(system.model), family_of(card.get("hub_id") or ""))
    return next((name for name in said if name in FAMILIES), None)


def parse_family(text: str) -> tuple[str, str]:
    """The model and the family of a text such as `my-model=code`; raises UsageError where it is none."""
    model, _, which = text.rpartition("=")
    if not model or which not in FAMILIES:
        raise UsageError(f"{OPTION}: found {text!r}; expected MODEL={' or MODEL='.join(FAMILIES)}")
    return model, which


def with_families(systems: Sequence[System], said: Mapping[str, str]) -> tuple[System, ...]:
    """The systems of the families that are said of their models; raises UsageError where nothing has such a model."""
    models = dict.fromkeys(system.model for system in systems)
    for name in said:
        if name not in models:
            raise UsageError(f"{OPTION}: found model {name!r}; expected one of {', '.join(models)}")
    return tuple(replace(system, family=said.get(system.model)) for system in systems)


def is_study(systems: Sequence[System]) -> bool:
    """Whether there is a model of either family."""
    return set(FAMILIES) <= {family(system) for system in systems}


def study(known: Suite, level: float, correct: Callable[[Sequence[float]], tuple[float, ...]]) -> Study:
    """Each area of the suite, for systems of both families; `correct` adjusts the p's of the areas."""
    families = tuple(family(system) for system in known.systems)
    bare = [_area(known, name, families, level) for name in known.areas]
    corrected = iter(correct([area.p for area in bare if area.p is not None]))
    return Study(families, tuple(area if area.p is None else _judged(area, next(corrected)) for area in bare))


def values(composite: Composite, level: float) -> tuple[Value, ...]:
    """Each system's value with its own interval."""
    return tuple(value(composite, contrast, level) for contrast in np.eye(len(composite.values)))


def value(composite: Composite, contrast: ArrayLike, level: float) -> Value:
    """A weighted sum of the systems' values with its interval."""
    low, high = composite.interval(contrast, level) or (None, None)
    return Value(float(composite.values @ np.asarray(contrast)), low, high)


def _area(known: Suite, name: str, families: Sequence[str | None], level: float) -> Area:
    composite, members = known.composite({name: 1.0}), known.areas[name]
    ranking = ranked_together(composite, level)
    general, code = (_best(composite.values.tolist(), families, which) for which in FAMILIES)
    difference, p = versus(ranking, general, code)
    groups = [_group(families, which) for which in FAMILIES]
    means = tuple(value(composite, group, level) for group in groups)
    return Area(
        name,
        tuple((member.benchmark, member.column.title) for member in members),
        composite.n,
        composite.clusters,
        values(composite, level),
        known.systems[general].name,
        known.systems[code].name,
        difference,
        p,
        None,
        None,
        (means[0], means[1]),
        value(composite, groups[1] - groups[0], level),
    )


def versus(ranking: Ranking, first: int, second: int) -> tuple[Value, float | None]:
    """The second system's value less the first's, and its p, by their numbers."""
    pair = next(ranked for ranked in ranking.pairs if {ranked.first, ranked.second} == {first, second})
    if pair.first == second:
        return Value(pair.difference, pair.low, pair.high), pair.p
    low, high = (None, None) if pair.low is None or pair.high is None else (-pair.high, -pair.low)
    return Value(-pair.difference, low, high), pair.p


def _best(scores: Sequence[float], families: Sequence[str | None], which: str) -> int:
    return max(_of(families, which), key=lambda number: scores[number])


def _of(families: Sequence[str | None], which: str) -> Iterator[int]:
    return (number for number, own in enumerate(families) if own == which)


def _group(families: Sequence[str | None], which: str) -> Array:
    mask: Array = np.array([own == which for own in families], dtype=float)
    return mask / np.count_nonzero(mask)


def _judged(area: Area, p: float) -> Area:
    better = area.code if area.difference.value > 0 else area.general
    return replace(area, p_corrected=p, winner=better if p < LEVEL and area.difference.value else None)
