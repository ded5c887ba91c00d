"""A parity from its sides to its verdicts: all are asked the same cases, look by look, until nothing is open."""

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise

from harness.core import Generate
from harness.errors import CrosstaskError
from harness.errors import UsageError
from harness.gate.looks import order
from harness.parity.asking import Asked
from harness.parity.asking import Key
from harness.parity.divergence import Divergence
from harness.parity.divergence import divergence
from harness.parity.divergence import preference
from harness.parity.state import Comparison
from harness.parity.state import Rule
from harness.parity.state import Side
from harness.parity.verdicts import Facing
from harness.parity.verdicts import NotCompared
from harness.parity.verdicts import facings
from harness.parity.verdicts import judge

_FIRST = 32
_GROWTH = 4
"""A look comes after 32 cases, or after a quarter as many again as were asked before."""


def compare(sides: Sequence[Side], rule: Rule, say: Callable[[str], None] = lambda _: None) -> Comparison:
    """Ask the sides the same cases until each benchmark of each is decided, or there are no more cases.

    `say` is told after each look how far it is. Raises UsageError where the sides share no case; a side that stops
    answering ends it, and the verdicts are those up to then.
    """
    keys, heaviest = _shared(sides, rule.seed)
    comparison = Comparison(sides, Counter(name for name, _ in keys))
    with ExitStack() as stack:
        asked = [stack.enter_context(side) for side in sides if isinstance(side, Asked)]
        ends = [0, *(ends_of(len(keys)) if asked else [len(keys)])]
        looks = {key: look for look, (start, end) in enumerate(pairwise(ends), 1) for key in keys[start:end]}
        for side in asked:
            side.publish(keys, looks)
        for look, (start, end) in enumerate(pairwise(ends), 1):
            wanted = comparison.wanted
            if not wanted or comparison.broken:
                break
            try:
                _ask(asked, wanted, keys[start:end], look)
            except CrosstaskError as error:
                comparison = replace(comparison, broken=str(error))
            fractions = tuple(seen / len(keys) for seen in ends[1 : look + 1])
            comparison = _look(replace(comparison, asked=end, looks=look), keys[:end], heaviest, (rule, fractions))
            say(_progress(comparison))
        return replace(comparison, divergences=dict(_divergences(comparison)))


def ends_of(total: int) -> list[int]:
    """After how many cases to look."""
    ends = [min(_FIRST, total)]
    while ends[-1] < total:
        ends.append(min(ends[-1] + max(_FIRST, ends[-1] // _GROWTH), total))
    return ends


def _shared(sides: Sequence[Side], seed: int) -> tuple[list[Key], dict[str, int]]:
    """The cases that all sides have, in the order to ask, and the size of the largest cluster of each benchmark."""
    first, *others = [{(place.benchmark, place.case): place for place in side.places()} for side in sides]
    places = [place for key, place in first.items() if all(key in own for own in others)]
    if not places:
        raise UsageError("parity: found no case that all subjects have; expected runs of the same benchmarks and rows")
    heaviest: dict[str, int] = {}
    for (benchmark, cluster), count in Counter((place.benchmark, place.cluster) for place in places).items():
        if cluster is not None:
            heaviest[benchmark] = max(heaviest.get(benchmark, 1), count)
    return [(places[number].benchmark, places[number].case) for number in order(places, seed)], heaviest


def _ask(asked: Sequence[Asked], wanted: Mapping[str, set[str]], keys: Sequence[Key], look: int) -> None:
    """Ask each side what is still wanted of these cases; all of them are let through before the first is waited for."""
    those = [side for side in asked if side.name in wanted]
    for side in those:
        side.admit(sorted(wanted[side.name]), look)
    for side in those:
        side.answer([key for key in keys if key[0] in wanted[side.name]])


def _look(
    comparison: Comparison, seen: Sequence[Key], heaviest: Mapping[str, int], when: tuple[Rule, tuple[float, ...]]
) -> Comparison:
    """Judge what is open by the cases seen, at the last of these fractions of all; what is decided stays so."""
    rule, fractions = when
    base, wanted = comparison.sides[0].system(), comparison.wanted
    reasons = {place: why for side in comparison.sides if isinstance(side, Asked) for place, why in _reasons(side)}
    faced: list[Facing] = []
    left = dict(comparison.not_compared)
    for side in comparison.sides[1:]:
        names = [name for name in comparison.planned if name in wanted.get(side.name, ())]
        for facing in facings(base, side.system(), seen, names, reasons):
            if isinstance(facing, NotCompared):
                left[facing.subject, facing.benchmark] = facing
            else:
                faced.append(facing)
    comparison = replace(comparison, not_compared=left)
    # what is given up undecided has not left its share of the error rate to the others
    absent = len(comparison.unsettled) - len(faced)
    seen_of_all = None if comparison.broken else fractions
    verdicts = judge(faced, heaviest, (rule.margin / 100, rule.alpha), seen_of_all, absent, flips=rule.flips)
    judged = {verdict.facing.place: (verdict, comparison.looks) for verdict in verdicts}
    decided = {place: look for place, look in judged.items() if look[0].decision != "inconclusive"}
    still = {place: look for place, look in {**comparison.open, **judged}.items() if place not in decided | left}
    return replace(comparison, decided={**comparison.decided, **decided}, open=still)


def _reasons(side: Asked) -> Iterator[tuple[Key, str]]:
    for record in side.records.values():
        if record.status == "not_run" and record.reason:
            yield (side.name, record.benchmark), record.reason


def _progress(comparison: Comparison) -> str:
    undecided = len(comparison.unsettled)
    total = len(comparison.planned) * (len(comparison.sides) - 1)
    return f"parity: {comparison.asked} of {sum(comparison.planned.values())} cases, {undecided} of {total} undecided"


def _divergences(comparison: Comparison) -> Iterator[tuple[Key, Divergence]]:
    """How far the answers of each side are from the reference's, by subject and benchmark."""
    reference = comparison.sides[0]
    ours = reference.records
    for side in comparison.sides[1:]:
        theirs = side.records
        for benchmark in comparison.planned:
            pairs = [(ours[key], theirs[key]) for key in ours if key[0] == benchmark and key in theirs]
            if pairs:
                prefers = _preference(reference, side, comparison.broken)
                yield (side.name, benchmark), divergence(pairs, reference.request, prefers)


def _preference(reference: Side, side: Side, broken: str | None) -> Callable[[Generate, str, str], float | None]:
    """What says which text is preferred: the reference where it can be asked, else the subject, else nothing."""
    able = [each for each in (reference, side) if isinstance(each, Asked) and not each.is_templated]
    if broken or not able:
        return lambda _request, _base, _new: None
    return lambda request, base, new: preference(request, base, new, able[0].ask)
