"""What the tool's metrics said of each case, as statistics: under our names where the metric is the same.

A page's metric is taken, signature and all, where it makes of every stored answer what the tool made of it. Otherwise a
metric that means the same here keeps its name, with a signature that says whose it is, and all others are called
`lm-eval/<metric>`. A value that is no number, or none of the pairs known here, is left out and named in a note.
"""

import math
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from typing import TypeAlias

import numpy as np

from harness.core import Completions
from harness.core import Score
from harness.core import Verdict
from harness.errors import CrosstaskError
from harness.importers.foreign import finite
from harness.importers.foreign import shown
from harness.importers.lm_eval.cases import Asked
from harness.importers.lm_eval.cases import Part
from harness.importers.lm_eval.cases import Task
from harness.importers.lm_eval.docs import Column
from harness.importers.lm_eval.names import NONE
from harness.importers.lm_eval.names import SAMPLED_ONCE
from harness.importers.lm_eval.names import SHARED
from harness.importers.lm_eval.names import ours
from harness.importers.lm_eval.names import theirs
from harness.statistics import value_of

Stats: TypeAlias = tuple[float, ...]
ROUNDING = 1e-9
"""Two values that differ by this share are one: sums in another order."""
_BY_UNITS = {"word_perplexity": "perplexity", "byte_perplexity": "perplexity", "bits_per_byte": "bits_per_unit"}
_PAIRS = {"f1": "f1", "mcc": "matthews"}


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of a benchmark as the manifest names it, and its score on each case, None where the tool has none."""

    name: str
    reducer: str
    signature: str
    higher_is_better: bool
    scores: tuple[Score | None, ...]

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {
            "name": self.name,
            "reducer": self.reducer,
            "signature": self.signature,
            "higher_is_better": self.higher_is_better,
        }


@dataclass(frozen=True, slots=True)
class _Said:
    """What the tool said of one metric: its statistics by case, and how they are summed up."""

    metric: str
    found: str
    task: Task
    reducer: str
    stats: tuple[Stats | None, ...]
    classes: int = 2

    @property
    def key(self) -> str:
        return f"{self.metric},{self.found}"


def measure(part: Part, version: str | None) -> tuple[tuple[Measured, ...], tuple[str, ...]]:
    """The metrics of a benchmark with their scores by case, and notes on what was left out or differs."""
    notes: list[str] = []
    judged = tuple(_judged(part, asked) for asked in part.cases)
    known = {metric.name: metric for metric in part.page.metrics} if part.page else {}
    measured: dict[str, Measured] = {}
    for label, columns in _columns(part, known).items():
        said = _said(
            part, columns, notes, len(next((verdicts[label].stats for verdicts in judged if label in verdicts), ()))
        )
        if said is None:
            continue
        unequal = tuple(_unequal(part, columns, said))
        notes += unequal
        mine = known.get(label)
        if mine is None and said.metric in _PAIRS and said.reducer != "mean" and (unequal or not _told(said)):
            notes.append(f"{part.name}: {said.key} is left out: how its labels make one number is not known here")
            continue
        if mine is not None and (agreed := _agreed(said, judged, label)) is not None:
            measured[label] = Measured(label, mine.reducer, mine.signature, mine.higher_is_better, agreed)
            continue
        if mine is not None and (other := _otherwise(said, judged, label)):
            name = theirs(said.metric, said.found)
            notes.append(f"{part.name}: {name}: the page's {label} judges {other} cases otherwise")
        else:
            name = label
        measured[name] = _foreign(part, said, name, version)
    return tuple(measured.values()), tuple(notes)


def _columns(part: Part, known: Mapping[str, Any]) -> dict[str, dict[str, Column]]:
    """Each metric by our name for it: task -> (metric, filter)."""
    columns: dict[str, dict[str, Column]] = {}
    for task in part.tasks:
        for metric, filtered in dict.fromkeys(column for doc in task.docs.values() for column in doc.values):
            mine = ours(task.name, metric, filtered, known)
            if mine is None:
                mine = (
                    metric if part.page is None and filtered == NONE and metric in SHARED else theirs(metric, filtered)
                )
            columns.setdefault(mine, {})[task.name] = (metric, filtered)
    return columns


def _said(part: Part, columns: Mapping[str, Column], notes: list[str], width: int) -> _Said | None:
    """The statistics by case; None, with a note, where the values are of no kind known here."""
    tasks = {task.name: task for task in part.tasks}
    name, (metric, filtered) = next(iter(columns.items()))
    values = [
        doc.values[columns[doc.task]]
        for asked in part.cases
        for doc in asked.docs
        if doc.task in columns and columns[doc.task] in doc.values
    ]
    reducer = _reducer(metric, values)
    classes = width // 3 if reducer == "f1" and width > 3 else 2
    if reducer is None:
        odd = next(
            value
            for value in values
            if _reducer(metric, [value]) != _reducer(metric, values[:1]) or finite(value) is None
        )
        notes.append(f"{part.name}: {theirs(metric, filtered)} is left out: {shown(odd)} is no value known here")
        return None
    stats = tuple(_of_case(asked, columns, reducer, classes) for asked in part.cases)
    if reducer == "f1" and classes > 2:
        reducer = "macro_f1"
    return _Said(metric, filtered, tasks[name], reducer, stats, classes)


def _reducer(metric: str, values: Sequence[Any]) -> str | None:
    """How such values are summed up; None where they are not all of one kind that is known."""
    if metric in _BY_UNITS and all(_numbers(value) and value[1] > 0 for value in values):
        return _BY_UNITS[metric]
    if metric in _PAIRS and all(_labels(value) for value in values):
        return _PAIRS[metric]
    if not all(finite(value) is not None for value in values):
        return None
    return "perplexity" if metric == "perplexity" else "mean"


def _numbers(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(finite(item) is not None for item in value)


def _labels(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(item) is int and item >= 0 for item in value)


def _of_case(asked: Asked, columns: Mapping[str, Column], reducer: str, classes: int) -> Stats | None:
    """The sum over a case's docs of the tasks that have the metric; None where one of them lacks it."""
    docs = [doc for doc in asked.docs if doc.task in columns]
    if not docs or any(columns[doc.task] not in doc.values for doc in docs):
        return None
    each = [_stats(doc.values[columns[doc.task]], reducer, classes) for doc in docs]
    return tuple(map(sum, zip(*each, strict=True)))


def _stats(value: Any, reducer: str, classes: int) -> Stats:
    if reducer == "f1":
        gold, said = value
        counted = range(classes) if classes > 2 else (1,)
        return tuple(
            float(count)
            for label in counted
            for count in (gold == label == said, said == label != gold, gold == label != said)
        )
    if reducer == "matthews":
        gold, said = (item == 1 for item in value)
        return tuple(
            float(cell) for cell in (gold and said, said and not gold, gold and not said, not gold and not said)
        )
    if isinstance(value, list):
        return float(value[0]), float(value[1])
    return float(value), 1.0


def _judged(part: Part, asked: Asked) -> dict[str, Score]:
    """What the page's metrics make of the stored answer; nothing where there is none or it cannot be judged."""
    if part.page is None or asked.response is None:
        return {}
    try:
        return {score.metric: score for score in part.page.score(asked.case, asked.response)}
    except CrosstaskError:
        return {}


def _agreed(said: _Said, judged: Sequence[Mapping[str, Score]], label: str) -> tuple[Score | None, ...] | None:
    """The page's scores with the tool's statistics, where they are the same on all cases; else None."""
    scores: list[Score | None] = []
    for stats, own in zip(said.stats, judged, strict=True):
        if stats is None:
            scores.append(None)
        elif label in own and _same(stats, own[label].stats):
            scores.append(replace(own[label], stats=stats))
        else:
            return None
    return tuple(scores)


def _otherwise(said: _Said, judged: Sequence[Mapping[str, Score]], label: str) -> int:
    """On how many cases the page's metric is another."""
    pairs = zip(said.stats, judged, strict=True)
    return sum(stats is not None and label in own and not _same(stats, own[label].stats) for stats, own in pairs)


def _same(stats: Stats, other: Stats) -> bool:
    return len(stats) == len(other) and all(
        math.isclose(mine, theirs, rel_tol=ROUNDING, abs_tol=ROUNDING)
        for mine, theirs in zip(stats, other, strict=True)
    )


def _foreign(part: Part, said: _Said, name: str, version: str | None) -> Measured:
    """The metric as the tool's own; right or wrong where it is known to be and every value is 0 or 1."""
    once = said.metric in SAMPLED_ONCE and said.reducer == "mean"
    binary = once and all(stats is None or stats in ((0.0, 1.0), (1.0, 1.0)) for stats in said.stats)
    task = part.page.lm_eval_task if part.page else said.task.name
    words = ("lm-eval", version or "?", f"task:{task}", f"version:{said.task.version or '?'}", said.key)
    scores = tuple(
        None if stats is None else _score(asked, said, name, stats, binary=binary)
        for asked, stats in zip(part.cases, said.stats, strict=True)
    )
    known = {metric.name: metric.higher_is_better for metric in part.page.metrics} if part.page else {}
    better = said.task.higher_is_better.get(said.metric, known.get(name, said.reducer not in _BY_UNITS.values()))
    return Measured(name, "proportion" if binary else said.reducer, "|".join(words), better, scores)


def _score(asked: Asked, said: _Said, name: str, stats: Stats, *, binary: bool) -> Score:
    if not isinstance(asked.docs[0].response, Completions):
        return Score(name, stats, _verdict(stats, extracted=True) if binary else None)
    text = asked.docs[0].filtered.get(said.found)
    cause = None if text is not None else f"nothing found by {said.found}"
    return Score(name, stats, _verdict(stats, extracted=text is not None) if binary else None, text, cause)


def _verdict(stats: Stats, *, extracted: bool) -> Verdict:
    return "correct" if stats[0] == 1 else "wrong" if extracted else "invalid"


def _told(said: _Said) -> bool:
    """Whether the results file has the metric's value."""
    return finite(said.task.scores.get(said.key)) is not None


def _unequal(part: Part, columns: Mapping[str, Column], said: _Said) -> Iterator[str]:
    """Notes where the results file has another value than the docs give."""
    for task in part.tasks:
        if task.name not in columns:
            continue
        stats = [
            _stats(doc.values[columns[task.name]], said.reducer.removeprefix("macro_"), said.classes)
            for doc in task.docs.values()
            if columns[task.name] in doc.values
        ]
        key = ",".join(columns[task.name])
        told = finite(task.scores.get(key))
        value = value_of(said.reducer, np.array(stats)) if stats else math.nan
        if told is not None and not math.isclose(told, value, rel_tol=1e-6, abs_tol=1e-6):
            yield f"{task.name}: {key} is {told:.6g} in the results file, {value:.6g} over the docs of its samples file"
