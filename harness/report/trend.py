"""The runs of a folder and a benchmark's scores over time, as plain text."""

import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from harness.cases.expressions import matching
from harness.compare.differences import differences
from harness.compare.system import System
from harness.errors import UsageError
from harness.printing.grid import plain
from harness.printing.numbers import NOTHING
from harness.printing.numbers import shown
from harness.printing.points import signed
from harness.printing.visible import line
from harness.report.history import Known
from harness.store.history import RunEntry
from harness.store.history import ScoreEntry

ALL = "all"
_OTHER_WEIGHTS = "weights"


@dataclass(frozen=True, slots=True)
class Point:
    """A score in its run, the one before it of the same model, and what else differs between the two, by kind."""

    run: RunEntry
    score: ScoreEntry
    before: ScoreEntry | None = None
    differs: tuple[str, ...] = ()


def run_lines(known: Known) -> list[str]:
    """A line a run, the oldest first."""
    grid = _grid("created", "run", "models", "benchmarks", "cases", "gate", "")
    for run in known.runs:
        models = ", ".join(json.loads(run.models))
        remark = run.problem or ", ".join((*_course(run), *(["sample rows"] if run.sample else [])))
        cases = f"{run.settled}" if run.settled == run.planned else f"{run.settled}/{run.planned}"
        counts = ("", "", "") if run.problem else (str(run.benchmarks), cases, run.gate or "")
        grid.add_row(*(Text(line(cell)) for cell in (_when(run), run.name, models, *counts, remark)))
    return [*plain(grid), *_notes(known)]


def trend_lines(known: Known, expression: str, metrics: Sequence[str] = ()) -> list[str]:
    """For each benchmark the expression holds for, its scores over time; `metrics` as `chosen` takes them.

    Raises UsageError where it holds for none.
    """
    trends = trends_of(known, expression, metrics)
    parts = [_trend(points) for points in trends]
    last = "A change is the difference of two scores; crosstask compare says whether it is more than chance."
    return [text for part in parts for text in (*part, "")] + [last, *_notes(known)]


def trends_of(known: Known, expression: str, metrics: Sequence[str] = ()) -> list[list[Point]]:
    """The points of each benchmark's metric, the oldest first; each benchmark's headline unless `metrics` are named.

    They are named as `acc`, or `macro acc` for the mean over strata; `all` means all. Raises UsageError where the
    expression is none, or nothing matches.
    """
    wanted = matching(expression, {score.benchmark: score.area for score in known.scores})
    scores = [score for score in known.scores if score.benchmark in wanted]
    if unknown := [name for name in metrics if name != ALL and name not in {_metric(score) for score in scores}]:
        there = ", ".join(dict.fromkeys(map(_metric, scores)))
        raise UsageError(f"--metric: found {unknown[0]!r}; expected all or one of {there}")
    kept = [score for score in scores if ALL in metrics or (_metric(score) in metrics if metrics else score.shown)]
    runs = {run.name: run for run in known.runs}
    together = sorted(kept, key=lambda score: (score.benchmark, _metric(score)))
    return [
        list(_points(runs, list(part)))
        for _, part in groupby(together, key=lambda score: (score.benchmark, _metric(score)))
    ]


def _points(runs: Mapping[str, RunEntry], scores: Sequence[ScoreEntry]) -> Iterator[Point]:
    latest: dict[str, ScoreEntry] = {}
    for score in scores:
        before, latest[score.model] = latest.get(score.model), score
        differs = () if before is None else _differs(runs[before.run], runs[score.run], score)
        yield Point(runs[score.run], score, before, differs)


def _differs(before: RunEntry, after: RunEntry, score: ScoreEntry) -> tuple[str, ...]:
    """The kinds of what differs for a model and benchmark between two runs, other weights of that name among them."""
    systems = [_system(run, score) for run in (before, after)]
    kinds = [difference.kind for difference in differences(systems)]
    files = [(system.about.get("identity") or {}).get("files") for system in systems]
    other = None not in files and files[0] != files[1]
    return tuple(dict.fromkeys([_OTHER_WEIGHTS, *kinds] if other else kinds))


def _system(run: RunEntry, score: ScoreEntry) -> System:
    """A run's model with one benchmark, as far as the manifest tells of it."""
    manifest: Mapping[str, Any] = json.loads(run.manifest)
    return System(run.name, score.model, run.name, manifest, {score.benchmark: {}})


def _trend(points: Sequence[Point]) -> Iterator[str]:
    first = points[0].score
    yield f"{line(first.benchmark)}, {line(_metric(first))}"
    grid = _grid("created", "run", "model", "score", "n", "change", "differs from the run before")
    for point in points:
        score = point.score
        facts = {"reducer": score.reducer}
        estimate = {"value": score.value, "low": score.low, "high": score.high}
        n = f"{score.n}" if score.n == score.planned else f"{score.n}/{score.planned}"
        cells = (_when(point.run), score.run, score.model, shown(facts, estimate), n, _change(point), _remarks(point))
        grid.add_row(*(Text(line(cell)) for cell in cells))
    yield from plain(grid)


def _change(point: Point) -> str:
    if point.before is None:
        return ""
    if point.score.value is None or point.before.value is None:
        return NOTHING
    return signed(point.score.reducer, point.score.value - point.before.value)


def _remarks(point: Point) -> str:
    sample = ["sample rows"] if point.run.sample and point.before is None else []
    return ", ".join((*_course(point.run), *point.differs, *sample))


def _course(run: RunEntry) -> Iterator[str]:
    """Whether planned cases lack a result, or the gate needed no more of them."""
    if not run.complete:
        yield "INCOMPLETE"
    elif run.settled < run.planned:
        yield "stopped early"


def _metric(score: ScoreEntry) -> str:
    return f"macro {score.metric}" if score.average == "macro" else score.metric


def _when(run: RunEntry) -> str:
    return (run.created or NOTHING)[:16].replace("T", " ")


def _notes(known: Known) -> Iterator[str]:
    if known.note:
        yield f"note: {line(known.note)}"


def _grid(*titles: str) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for title in titles:
        right = title in {"benchmarks", "cases", "n", "change"}
        grid.add_column(title, justify="right" if right else "left", overflow="fold", no_wrap=title == "created")
    return grid
