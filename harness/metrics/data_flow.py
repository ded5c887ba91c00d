"""Data-flow match of CodeBLEU: the share of the reference's data flow that the program has too.

Ren et al. 2020 (arXiv:2009.10297, section 3.3), after GraphCodeBERT (Guo et al. 2021, arXiv:2009.08366). The data flow
has an item for each token that stands for a value: the variable, how it gets its value, and the variables it gets it
from. A read *comes from* the bindings of its variable that reach it (`reaching.py`); a binding is *computed from* all
that stands in its value. Variables are numbers in order of appearance, so their names do not count. A token that
neither gets a value from another nor gives it one is left out.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator

from harness.metrics.program_paths import Paths
from harness.metrics.program_paths import Place
from harness.metrics.reaching import reaching

Item = tuple[int, str, tuple[int, ...]]


def data_flow_match(program: Paths, reference: Paths) -> float | None:
    """In 0..1, each item of the program matched once; None where the reference has no data flow."""
    wanted = Counter(data_flow(reference))
    return (Counter(data_flow(program)) & wanted).total() / wanted.total() if wanted else None


def data_flow(paths: Paths) -> list[Item]:
    """The items (variable, relation, variables it is from) in order of the text, variables numbered from 0."""
    occurrences = sorted(
        (occurrence for block in paths.blocks for occurrence in block), key=lambda occurrence: occurrence.span
    )
    places = [occurrence.place for occurrence in occurrences]
    giving, getting = reaching(paths, occurrences, places)
    starts = [occurrence.span[0] for occurrence in occurrences]
    items: list[tuple[Place, str, list[Place]]] = []
    for index, occurrence in enumerate(occurrences):
        own = occurrence.event == "update" or index in getting
        within = [range(bisect_left(starts, first), bisect_left(starts, last)) for first, last in occurrence.sources]
        giving.update(*within)
        values = [places[other] for span in within for other in span]
        items.append((places[index], occurrence.relation, [places[index], *values] if own else values))
    return list(_numbered(item for index, item in enumerate(items) if item[2] or index in giving))


def _numbered(items: Iterable[tuple[Place, str, list[Place]]]) -> Iterator[Item]:
    """Number variables in order of appearance, those that an item is from before its own."""
    numbers: dict[Place, int] = {}
    for place, relation, values in items:
        of = tuple(numbers.setdefault(value, len(numbers)) for value in values)
        yield numbers.setdefault(place, len(numbers)), relation, of
