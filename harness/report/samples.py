"""pass@k of benchmarks that draw several samples a case, over k and temperature.

A benchmark has it whose answers were run, and a metric whose statistics on a case are (right samples, samples).
"""

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from harness.core import Completions
from harness.core import Generate
from harness.core import Record
from harness.core import Score
from harness.report.verdicts import solved
from harness.results.folder import Prompts
from harness.results.groups import Group
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
    return [curve for group in groups for curve in _of_group(group, prompts)]


def _of_group(group: Group, prompts: Prompts) -> Iterator[Curve]:
    records = [group.records[case] for case in group.planned if group.measured(case)]
    yield from _curves(
        group, "passed", [(record, *solved(record)) for record in records if len(record.programs) > 1], prompts
    )
    for metric in group.metrics:
        counts = (_counted(group.records.get(case), group.score(case, metric["name"])) for case in group.planned)
        yield from _curves(group, metric["name"], [count for count in counts if count is not None], prompts)


def _curves(group: Group, name: str, counted: Sequence[tuple[Record, int, int]], prompts: Prompts) -> Iterator[Curve]:
    by_temperature: dict[float | None, list[tuple[Record, int, int]]] = {}
    for entry in counted:
        by_temperature.setdefault(temperature_of(entry[0], prompts), []).append(entry)
    for temperature, entries in sorted(by_temperature.items(), key=lambda item: -1.0 if item[0] is None else item[0]):
        records, samples, right = zip(*entries, strict=True)
        fewest = min(samples)
        design = Design(clusters=[record.cluster for record in records])
        points = [
            (k, estimate_pass_at_k(samples, right, k, design).estimate)
            for k in dict.fromkeys((*(k for k in _KS if k < fewest), fewest))
        ]
        yield Curve(group.model, group.benchmark, name, temperature, fewest, tuple(points))


def _counted(record: Record | None, score: Score | None) -> tuple[Record, int, int] | None:
    """The record with its samples and how many of them are right; None where the statistics are no such counts."""
    last = None if record is None else record.answer
    if record is None or score is None or not isinstance(last, Completions) or len(last.completions) < 2:
        return None
    if len(score.stats) != 2 or score.stats[1] != len(last.completions) or score.stats[0] % 1:
        return None
    return record, len(last.completions), int(score.stats[0])


def temperature_of(record: Record, prompts: Prompts) -> float | None:
    """The temperature a record's answers were drawn at; None where it is not known."""
    request = prompts.get(record.asked[-1]) if record.asked else None
    return request.temperature if isinstance(request, Generate) else None
