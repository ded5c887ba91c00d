"""The mean of an area's headline scores, for each model, and how far two models are apart in it.

Values, intervals and clustering are those of the study's table (`harness.compare.suite`): each benchmark counts alike,
in points, its clusters are drawn within it and independently of the others' (`harness.statistics.composite`), and the
degrees of freedom are Satterthwaite's (1946, Biometrics Bulletin 2:110). An area of one benchmark has that benchmark's
own interval.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.compare.study import Value
from harness.compare.study import value
from harness.compare.suite import OTHER
from harness.compare.suite import Member
from harness.compare.suite import Suite
from harness.compare.suite import suite
from harness.compare.system import System
from harness.compare.system import systems_of
from harness.compare.table import Choice
from harness.printing.numbers import percent
from harness.results.folder import Run

Scores = Sequence[Mapping[str, Any]]


def area_means(
    run: Run, scores: Scores, comparisons: Mapping[str, Any] | None, over: str | None = None
) -> list[dict[str, Any]]:
    """The summary's `areas`, in the order in which they first occur.

    Each has for each model the mean in points over the cases that the model scored, both ends of its 95 % interval or
    neither, and the benchmarks in it; None where an area has no benchmark that has a place in a mean. `difference` is
    the second model's mean less the first's over the cases of both, where there are two models. `notes` say which
    benchmarks are in no mean. `over` is what intervals generalise over, None as the run's session said.
    """
    choice = Choice(over=over)
    systems = [system for system in systems_of(run) if _is_scored(system)]
    suites = {system.name: suite([system], choice) for system in systems}
    both = suite(systems, choice) if len(systems) == 2 and comparisons else None
    level = choice.draws.level
    notes = dict.fromkeys(note for own in suites.values() for note in own.notes)
    return [
        {
            "area": area,
            "means": [_mean(own, area, model, scores, level) for model, own in suites.items()],
            "difference": None if both is None else _difference(both, area, comparisons or {}, level),
            "notes": [note for note in notes if note.partition(":")[0] in _names(scores, area)],
        }
        for area in dict.fromkeys(score["area"] or OTHER for score in scores)
    ]


def _names(scores: Scores, area: str) -> set[str]:
    return {score["benchmark"] for score in scores if (score["area"] or OTHER) == area}


def _is_scored(system: System) -> bool:
    return any(case.status == "measured" for cases in system.cases.values() for case in cases.values())


def _mean(own: Suite, area: str, model: str, scores: Scores, level: float) -> dict[str, Any]:
    members = own.areas.get(area, ())
    if not members:
        return {"model": model, "value": None, "low": None, "high": None, "n": 0, "benchmarks": []}
    composite = own.composite({area: 1.0})
    mean = value(composite, [1.0], level)
    if len(members) == 1:
        mean = _alone(members[0], model, scores) or mean
    return {"model": model, **_ends(mean), "n": composite.n, "benchmarks": [member.benchmark for member in members]}


def _alone(member: Member, model: str, scores: Scores) -> Value | None:
    """The benchmark's own estimate in points."""
    for score in scores:
        if (score["model"], score["benchmark"], score["metric"]) == (model, member.benchmark, member.column.metric):
            estimate = score["macro" if member.column.average == "macro" else "estimate"]
            return _in_points(score, *(estimate[key] for key in ("value", "low", "high")))
    return None


def _difference(both: Suite, area: str, comparisons: Mapping[str, Any], level: float) -> dict[str, Any] | None:
    members = both.areas.get(area, ())
    if not members:
        return None
    composite = both.composite({area: 1.0})
    difference = value(composite, [-1.0, 1.0], level)
    if len(members) == 1:
        difference = next(_compared(members[0], comparisons), difference)
    return {**_ends(difference), "n": composite.n, "benchmarks": [member.benchmark for member in members]}


def _compared(member: Member, comparisons: Mapping[str, Any]) -> Iterator[Value]:
    """The benchmark's own difference in points."""
    wanted = (member.benchmark, member.column.metric, member.column.average)
    for result in comparisons["results"]:
        if (result["benchmark"], result["metric"], result["average"]) == wanted:
            own = _in_points(result, *(result[key] for key in ("difference", "low", "high")))
            yield from (own,) if own is not None else ()


def _in_points(score: Mapping[str, Any], number: float | None, low: float | None, high: float | None) -> Value | None:
    points = percent(score, number)
    return None if points is None else Value(points, percent(score, low), percent(score, high))


def _ends(mean: Value) -> dict[str, float | None]:
    return {"value": mean.value, "low": mean.low, "high": mean.high}
