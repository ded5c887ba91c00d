"""The scores as the page shows them: by area, benchmark and metric, and in each by model.

Plain values for the templates; nothing is reckoned here but where a value lies on an axis.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from harness.printing.numbers import percent
from harness.statistics import RANGES

_AXIS = 100.0
_STEPS = 10
Score = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an estimate lies on an axis from 0 to 100; `low` and `high` are None without interval."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class MetricRows:
    """One metric of a benchmark with its score of each model."""

    name: str
    headline: bool
    rows: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class BenchmarkRows:
    """One benchmark with its metrics; `number` is its place in the page's list of benchmarks."""

    number: int
    name: str
    version: int
    metrics: tuple[MetricRows, ...]

    @property
    def key(self) -> MetricRows:
        """The metric that stands for the benchmark: the recipe's headline, otherwise its first."""
        return next((metric for metric in self.metrics if metric.headline), self.metrics[0])


@dataclass(frozen=True, slots=True)
class Part:
    """The cases of one group of a breakdown: what each model, by its name, scored on them."""

    name: str
    rows: tuple[tuple[Score, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A metric's scores by subject, language or level; `between` are those whose strata, these parts, were compared."""

    benchmark: str
    metric: str
    by: str
    parts: tuple[Part, ...]
    between: tuple[Score, ...] = ()


def areas(summary: Mapping[str, Any], benchmarks: Sequence[str]) -> list[tuple[str, list[BenchmarkRows]]]:
    """Each area with its benchmarks, in the order in which they first occur."""
    by_area: dict[str, dict[str, list[Score]]] = {}
    for score in summary["scores"]:
        by_area.setdefault(score["area"] or "other", {}).setdefault(score["benchmark"], []).append(score)
    return [
        (area, [_benchmark(benchmarks.index(name), scores) for name, scores in named.items()])
        for area, named in by_area.items()
    ]


def _benchmark(number: int, scores: Sequence[Score]) -> BenchmarkRows:
    by_metric: dict[str, list[Score]] = {}
    for score in scores:
        by_metric.setdefault(score["metric"], []).append(score)
    metrics = [MetricRows(name, rows[0]["headline"], tuple(rows)) for name, rows in by_metric.items()]
    return BenchmarkRows(number, scores[0]["benchmark"], scores[0]["version"], tuple(metrics))


def breakdowns(by_area: Sequence[tuple[str, Sequence[BenchmarkRows]]]) -> list[Breakdown]:
    """All breakdowns of all scores, the models side by side."""
    return [
        breakdown
        for _, benchmarks in by_area
        for benchmark in benchmarks
        for metric in benchmark.metrics
        for breakdown in _breakdowns(benchmark.name, metric)
    ]


def _breakdowns(benchmark: str, metric: MetricRows) -> Iterator[Breakdown]:
    by_word: dict[str, dict[str, list[tuple[Score, Mapping[str, Any]]]]] = {}
    for score in metric.rows:
        for breakdown in score["breakdowns"]:
            for part in breakdown["groups"]:
                by_word.setdefault(breakdown["by"], {}).setdefault(part["group"], []).append((score, part))
    for by, parts in by_word.items():
        compared = tuple(score for score in metric.rows if (score.get("between") or {}).get("by") == by)
        named = tuple(Part(name, tuple(rows)) for name, rows in parts.items())
        yield Breakdown(benchmark, metric.name, by, named, compared)


def place(score: Score, estimate: Mapping[str, Any]) -> Place | None:
    """Where value and interval lie on an axis from 0 to 100; None without a value on it or an upper bound."""
    value, low, high = (percent(score, estimate[name]) for name in ("value", "low", "high"))
    if value is None or not bounded(score) or not 0 <= value <= _AXIS:
        return None
    return Place(_on_axis(value), None if low is None else _on_axis(low), None if high is None else _on_axis(high))


def bounded(score: Score) -> bool:
    """Whether the metric's values know an upper bound, so that an axis can show them."""
    return RANGES.get(score["reducer"], (0.0, 1.0))[1] <= _AXIS


def heat(score: Score) -> int | None:
    """The score in steps from 0 to 10 of its range, for a colour; None where it has no value or no upper bound."""
    spot = place(score, score["estimate"])
    return None if spot is None else round(spot.value / _AXIS * _STEPS)


def _on_axis(value: float) -> float:
    return round(min(_AXIS, max(0.0, value)), 2)


def signatures(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Each (benchmark, metric, signature) once."""
    scores = sorted(summary["scores"], key=lambda score: (score["benchmark"], score["metric"]))
    return [
        key for key, _ in groupby(scores, key=lambda score: (score["benchmark"], score["metric"], score["signature"]))
    ]


def by_benchmark(entries: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    """Whatever names its benchmark, the models of one benchmark together, in the order in which they first occur."""
    named: dict[str, list[Any]] = {}
    for entry in entries:
        named.setdefault(entry["benchmark"] if isinstance(entry, Mapping) else entry.benchmark, []).append(entry)
    return list(named.items())
