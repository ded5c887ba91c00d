"""A mix of areas: one score by what the work is made of, and the mix at which another model becomes the better one.

The advice of arXiv:2512.04673, to choose a model by workload, with numbers. Weights are made to sum to 1.
"""

import math
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from harness.compare.study import Value
from harness.compare.study import values
from harness.compare.suite import Suite
from harness.compare.suite import check_parts
from harness.errors import UsageError
from harness.statistics import Ranking
from harness.statistics.composite import Composite
from harness.statistics.composite import Crossing
from harness.statistics.composite import crossing
from harness.statistics.composite import ranked_together

OPTION = "--mix"


@dataclass(frozen=True, slots=True)
class Change:
    """Two systems as the weight of `part` goes from 0 to 1, the others keeping their proportions.

    `without` and `alone` are the better system at either end, None where they are equal.
    """

    part: str
    first: str
    second: str
    without: str | None
    alone: str | None
    crossing: Crossing


@dataclass(frozen=True, slots=True)
class Mix:
    """The systems' values at the `weights`, ranked, and where the winner of each pair changes."""

    weights: Mapping[str, float]
    scores: tuple[Value, ...]
    ranking: Ranking
    changes: tuple[Change, ...]


def parse_mix(text: str) -> dict[str, float]:
    """The weights of a text such as `code=.6,language=.4`, made to sum to 1; raises UsageError where it is none."""
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (word.strip() for word in part.partition("="))
        weight = _number(number)
        if not (name and equals) or weight is None:
            raise UsageError(f"{OPTION}: found {part.strip()!r}; expected NAME=WEIGHT, as code=.6,language=.4")
        if name in weights:
            raise UsageError(f"{OPTION}: {name} is named twice; expected each part once")
        weights[name] = weight
    total = math.fsum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < math.inf else None


def mix(known: Suite, weights: Mapping[str, float], level: float) -> Mix:
    """The systems of the suite by a mix of its areas and benchmarks; raises UsageError for a part it has not."""
    check_parts(known, OPTION, list(weights))
    whole = known.composite(weights)
    return Mix(weights, values(whole, level), ranked_together(whole, level), tuple(_changes(known, weights, level)))


def _changes(known: Suite, weights: Mapping[str, float], level: float) -> Iterator[Change]:
    """Each pair along the weight of each part against all others; of two parts the first says it all."""
    names = list(weights)
    for name in names[: {1: 0, 2: 1}.get(len(names), len(names))]:
        rest = {other: weight for other, weight in weights.items() if other != name}
        total = math.fsum(rest.values())
        ends = (
            known.composite({name: 1.0}),
            known.composite({other: weight / total for other, weight in rest.items()}),
        )
        for pair in combinations(range(len(known.systems)), 2):
            yield _change(known, name, ends, pair, level)


def _change(known: Suite, part: str, ends: tuple[Composite, Composite], pair: tuple[int, int], level: float) -> Change:
    first, second = pair
    names = [known.systems[number].name for number in pair]
    differences = [float(end.values[second] - end.values[first]) for end in ends]
    resamples = [
        end.deviations[:, second] - end.deviations[:, first] + difference
        for end, difference in zip(ends, differences, strict=True)
    ]
    crossed = crossing(resamples[0], resamples[1], (differences[0], differences[1]), _level(ends, level))
    better = [names[difference > 0] if difference else None for difference in differences]
    known_at = crossed if all(end.is_known for end in ends) else Crossing(crossed.at, None, None)
    return Change(part, names[0], names[1], better[1], better[0], known_at)


def _level(ends: tuple[Composite, Composite], level: float) -> float:
    """The percentiles' level by the end that is known less well."""
    return max((end.widened(level) for end in ends if end.is_known), default=level)
