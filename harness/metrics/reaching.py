"""Reaching definitions: what gives a program's reads their values.

Aho, Lam, Sethi, Ullman 2006, section 9.2.4: the smallest solution over all paths, by a list of blocks to visit. A state
is an integer with a bit for each occurrence that a variable may have its value from, and one for each variable that may
have none yet. A read of a variable that has none is where later reads of it have the value from.
"""

import heapq
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from harness.metrics.program_paths import Occurrence
from harness.metrics.program_paths import Paths
from harness.metrics.program_paths import Place


class _Step(NamedTuple):
    """What an occurrence does to a state: if `only` is 0 or shares a bit with it, clear some bits and set another.

    `own` are the bits of all occurrences of its variable, `shared` those that reach it whatever the path.
    """

    only: int
    clear: int
    put: int
    own: int
    shared: int

    def after(self, state: int) -> int:
        return state & ~self.clear | self.put if not self.only or state & self.only else state


def reaching(paths: Paths, occurrences: Sequence[Occurrence], places: Sequence[Place]) -> tuple[set[int], set[int]]:
    """Return the indices of the occurrences that give a read its value, and of the reads that get one.

    `places` are those of the occurrences. Of a variable of another function, and of an attribute, any binding may come
    before a read, and so may any that another function makes; of the rest, those do from which a path leads to it.
    """
    indices = {occurrence: index for index, occurrence in enumerate(occurrences)}
    blocks = [[indices[occurrence] for occurrence in block] for block in paths.blocks]
    steps = _steps(occurrences, places)
    start = ((1 << len(set(places))) - 1) << len(occurrences)
    giving, getting = 0, set()
    for block, before in zip(blocks, _before(blocks, paths.following, steps, start), strict=True):
        state = before
        for index in block:
            step = steps[index]
            if occurrences[index].event in {"read", "update"} and (of := state & step.own | step.shared):
                giving |= of
                getting.add(index)
            state = step.after(state)
    return {index for index in range(len(occurrences)) if giving >> index & 1}, getting


def _before(blocks: list[list[int]], following: list[set[int]], steps: list[_Step], start: int) -> list[int]:
    """The state before each block; 0 for one that no path reaches."""
    states = [0] * len(blocks)
    states[0] = start
    pending, seen = [0], {0}
    while pending:
        block = heapq.heappop(pending)
        state = states[block]
        for index in blocks[block]:
            state = steps[index].after(state)
        for other in following[block]:
            if other not in seen or state | states[other] != states[other]:
                seen.add(other)
                states[other] |= state
                heapq.heappush(pending, other)
    return states


def _steps(occurrences: Sequence[Occurrence], places: Sequence[Place]) -> list[_Step]:
    unbound = {place: 1 << len(occurrences) + number for number, place in enumerate(dict.fromkeys(places))}
    own: defaultdict[Place, int] = defaultdict(int)
    bound: defaultdict[Place, int] = defaultdict(int)
    bound_in: defaultdict[tuple[Place, int], int] = defaultdict(int)
    for index, (occurrence, place) in enumerate(zip(occurrences, places, strict=True)):
        own[place] |= 1 << index
        if occurrence.event in {"bind", "update"}:
            bound[place] |= 1 << index
            bound_in[place, occurrence.frame] |= 1 << index
    steps = []
    for index, (occurrence, place) in enumerate(zip(occurrences, places, strict=True)):
        shared = bound[place] if _foreign(occurrence, place) else bound[place] & ~bound_in[place, occurrence.frame]
        clear = unbound[place] if occurrence.weak or occurrence.event == "read" else unbound[place] | own[place]
        only = unbound[place] if occurrence.event == "read" else 0
        put = 0 if occurrence.event == "literal" else 1 << index
        steps.append(_Step(only, clear, put, own[place], shared))
    return steps


def _foreign(occurrence: Occurrence, place: Place) -> bool:
    """Whether more than the occurrence's own function can bind the variable between two of its calls."""
    scope = place[0]
    return scope is None or scope.frame != occurrence.frame
