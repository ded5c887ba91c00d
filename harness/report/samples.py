"""pass@k of benchmarks that draw several samples a case, over k and temperature.

A metric has it whose statistics on a case are (right samples, samples).
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.core import Completions
from harness.core import Generate
from harness.core import Record
from harness.core import Score
from harness.report.folder import Prompts
from harness.report.groups import Group
from harness.statistics import Design
from harness.statistics import Estimate
from harness.statistics import estimate_pass_at_k

_KS = (1, 2, 3, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200)


@dataclass(frozen=True, slots=True)
class Curve:
    """pass@k of a model on a benchmark's cases at one temperature, k by k; None where the temperature is not known."""

    model: str
    benchmark: str
    metric: str
    temperature: float | None
    samples: int
    points: tuple[tuple[int, Estimate], ...]


def curves(groups: Sequence[Group], prompts: Prompts) -> list[Curve]:
    """The curves of all groups with more than one sample a case."""
    return [curve for group in groups for metric in group.metrics for curve in _of_metric(group, metric, prompts)]


def _of_metric(group: Group, metric: Mapping[str, Any], prompts: Prompts) -> Iterator[Curve]:
    by_temperature: dict[float | None, list[tuple[Record, int, int]]] = {}
    for case in group.planned:
        counted = _counted(group.records.get(case), group.score(case, metric["name"]))
        if counted is not None:
            by_temperature.setdefault(_temperature(counted[0], prompts), []).append(counted)
    for temperature, found in sorted(by_temperature.items(), key=lambda item: -1.0 if item[0] is None else item[0]):
        records, samples, right = zip(*found, strict=True)
        fewest = min(samples)
        design = Design(clusters=[record.cluster for record in records])
        points = [
            (k, estimate_pass_at_k(samples, right, k, design).estimate)
            for k in dict.fromkeys((*(k for k in _KS if k < fewest), fewest))
        ]
        yield Curve(group.model, group.benchmark, metric["name"], temperature, fewest, tuple(points))


def _counted(record: Record | None, score: Score | None) -> tuple[Record, int, int] | None:
    """The record with its samples and how many of them are right; None where the statistics are no such counts."""
    last = None if record is None else record.answer
    if record is None or score is None or not isinstance(last, Completions) or len(last.completions) < 2:
        return None
    if len(score.stats) != 2 or score.stats[1] != len(last.completions) or score.stats[0] % 1:
        return None
    return record, len(last.completions), int(score.stats[0])


def _temperature(record: Record, prompts: Prompts) -> float | None:
    request = prompts.get(record.asked[-1]) if record.asked else None
    return request.temperature if isinstance(request, Generate) else None
