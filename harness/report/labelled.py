"""Labelled questions: what a record's log-likelihoods say of each, read by the form of the case's target.

A case is one question where its target is the place of the right choice. MultiRC and AX-g have several in a case, the
target of TruthfulQA names MC1's choices, and of BBQ's choices all that name nobody say that one cannot know, which is
one answer: their probabilities are summed, whichever is right. Where several choices can be right, as in ReCoRD, there
is none.
"""

import math
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.core import Json
from harness.core import LogLikelihoods
from harness.core import Record

FEWEST = 2


@dataclass(frozen=True, slots=True)
class Labelled:
    """One question: log P of each of its answers in nats, two or more, and the place of the right one."""

    log_p: tuple[float, ...]
    right: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The questions of one record; `rule` says in a signature how they were read, "" where there is nothing to say."""

    questions: tuple[Labelled, ...] = ()
    rule: str = ""


NOTHING = Reading()


def read(record: Record, yes: int | None = None) -> Reading:
    """The labelled questions of a measured record whose log P are finite; none where a target names no right choice.

    `yes` is the place of the pair that says yes, where a label of 1 means that the answer is right.
    """
    last = record.answer
    if record.status != "measured" or not isinstance(last, LogLikelihoods) or not all(map(math.isfinite, last.values)):
        return NOTHING
    if isinstance(record.target, Mapping):
        return _named(last.values, record.target)
    if isinstance(record.target, tuple):
        return _several(last.values, record.target, yes)
    return _reading("", [(last.values, record.target)])


def yes_of(metrics: Sequence[Mapping[str, Any]]) -> int | None:
    """The place of the pair that says yes, as a metric's signature has it; None where there is none."""
    parts = (part.partition(":") for metric in metrics for part in metric["signature"].split("|"))
    return next((int(place) for name, _, place in parts if name == "yes" and place.isdecimal()), None)


def _named(values: Sequence[float], target: Mapping[str, Json]) -> Reading:
    choices, named, true = (_places(target.get(field), len(values)) for field in ("mc1", "named", "true"))
    if choices:
        return _reading("choices:mc1", [(tuple(values[place] for place in choices), 0)])
    unknown = [value for place, value in enumerate(values) if place not in named]
    if not named or not true or not unknown:
        return NOTHING
    right = named.index(true[0]) if true[0] in named else len(named)
    log_p = (*(values[place] for place in named), float(np.logaddexp.reduce(unknown)))
    return _reading("choices:people, ways not to know summed", [(log_p, right)])


def _several(values: Sequence[float], labels: tuple[Json, ...], yes: int | None) -> Reading:
    """Questions of as many pairs each, in the order of their labels."""
    if not labels or len(values) % len(labels):
        return NOTHING
    size = len(values) // len(labels)
    places = [yes ^ 1 ^ label if yes is not None and type(label) is int else label for label in labels]
    parts = [tuple(values[start : start + size]) for start in range(0, len(values), size)]
    return _reading("by:answer", list(zip(parts, places, strict=True)))


def _reading(rule: str, questions: Sequence[tuple[tuple[float, ...], Json]]) -> Reading:
    """Nothing, where a question has one choice or no right one."""
    labelled = [
        Labelled(log_p, right)
        for log_p, right in questions
        if len(log_p) >= FEWEST and isinstance(right, int) and not isinstance(right, bool) and 0 <= right < len(log_p)
    ]
    return Reading(tuple(labelled), rule) if len(labelled) == len(questions) else NOTHING


def _places(field: Json, size: int) -> tuple[int, ...]:
    """A target's field as places of pairs; empty where it is none."""
    listed = field if isinstance(field, tuple) else ()
    places = tuple(place for place in listed if isinstance(place, int) and 0 <= place < size)
    return places if len(places) == len(listed) else ()
