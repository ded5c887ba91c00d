"""The table of the NL2Code survey: pass@k on HumanEval and MBPP, models by groups of size.

Zan et al. 2023, "Large Language Models Meet NL2Code: A Survey", arXiv:2212.09420: of several temperatures the best
counts, for each k by itself. That is so here where runs differ in temperature; of several at one temperature that with
the most cases counts. Intervals are those of reports.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from harness.errors import UsageError
from harness.printing.grid import plain
from harness.printing.numbers import NOTHING
from harness.printing.numbers import shown
from harness.printing.visible import line
from harness.report.samples import temperature_of
from harness.report.verdicts import solved
from harness.results.folder import Run
from harness.results.groups import Group
from harness.results.groups import groups
from harness.statistics import Design
from harness.statistics import Estimate
from harness.statistics import estimate_pass_at_k

BENCHMARKS = ("humaneval", "mbpp")
KS = (1, 10, 100)
SIZES = (
    ("up to 200M", 2e8),
    ("200M to 700M", 7e8),
    ("700M to 2B", 2e9),
    ("2B to 5B", 5e9),
    ("5B to 10B", 1e10),
    ("above 10B", float("inf")),
)
"""Groups by the most parameters of each."""
UNKNOWN = "size not known"


@dataclass(frozen=True, slots=True)
class Entry:
    """pass@k of a model on a benchmark at one temperature (None: not known), from `n` cases of one run."""

    model: str
    benchmark: str
    k: int
    temperature: float | None
    estimate: Estimate


def survey_lines(runs: Sequence[Run]) -> list[str]:
    """The table as plain text; raises UsageError where no run has a case of HumanEval or MBPP that was run."""
    entries = [entry for run in runs for group in groups(run)[0] for entry in entries_of(group, run)]
    if not entries:
        raise UsageError(
            f"survey: found no programs of {' or '.join(BENCHMARKS)} that were run; expected a run of either"
        )
    sizes = {name: size for run in runs for name, size in _sizes(run) if size is not None}
    there = [(name, k) for name in BENCHMARKS for k in KS if any((e.benchmark, e.k) == (name, k) for e in entries)]
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("size", "model", "parameters"):
        grid.add_column(head)
    for name, k in there:
        grid.add_column(f"{name} pass@{k}", justify="right")
    models = sorted({entry.model for entry in entries}, key=lambda name: (sizes.get(name, float("inf")), name))
    last = None
    for model in models:
        group = _group(sizes.get(model))
        cells = [_cell(best([e for e in entries if (e.model, e.benchmark, e.k) == (model, *place)])) for place in there]
        shown_group, last = ("" if group == last else group), group
        grid.add_row(*(Text(line(cell)) for cell in (shown_group, model, _printed(sizes.get(model)), *cells)))
    return [*plain(grid), *_notes(entries)]


def entries_of(group: Group, run: Run) -> Iterator[Entry]:
    """pass@k of a group for each k that its cases have samples for, one temperature after the other."""
    if group.benchmark not in BENCHMARKS:
        return
    counted: dict[float | None, list[Any]] = {}
    for case in group.planned:
        if group.measured(case) and (record := group.records[case]).programs:
            counted.setdefault(temperature_of(record, run.prompts), []).append((record, *solved(record)))
    for temperature, cases in counted.items():
        records, samples, right = zip(*cases, strict=True)
        design = Design(clusters=[record.cluster for record in records])
        for k in KS:
            if k <= min(samples):
                estimate = estimate_pass_at_k(samples, right, k, design).estimate
                yield Entry(group.model, group.benchmark, k, temperature, estimate)


def best(entries: Sequence[Entry]) -> Entry | None:
    """The entry with the highest value of those with the most cases at their temperature; None where there is none."""
    most: dict[float | None, int] = {}
    for entry in entries:
        most[entry.temperature] = max(entry.estimate.n, most.get(entry.temperature, 0))
    whole = [entry for entry in entries if entry.estimate.n == most[entry.temperature]]
    return max(whole, key=lambda entry: entry.estimate.value or 0.0, default=None)


def _cell(entry: Entry | None) -> str:
    if entry is None:
        return NOTHING
    ends = {name: getattr(entry.estimate, name) for name in ("value", "low", "high")}
    return shown({"reducer": "proportion"}, ends)


def _sizes(run: Run) -> Iterator[tuple[str, int | None]]:
    """How many parameters each model has: as it was loaded, else as its card says."""
    for name, facts in run.manifest["models"].items():
        loaded = (facts.get("engine") or {}).get("parameters")
        yield name, loaded or (facts.get("card") or {}).get("parameters")


def _group(size: int | None) -> str:
    return UNKNOWN if size is None else next(name for name, most in SIZES if size <= most)


def _printed(size: int | None) -> str:
    if size is None:
        return NOTHING
    return f"{size / 1e9:.1f}B" if size >= 1e9 else f"{size / 1e6:.0f}M"


def _notes(entries: Sequence[Entry]) -> Iterator[str]:
    temperatures = sorted({entry.temperature for entry in entries if entry.temperature is not None})
    if len(temperatures) > 1:
        listed = ", ".join(f"{temperature:g}" for temperature in temperatures)
        yield f"Of the temperatures {listed} the best counts, for each k by itself, as in the survey."
    counts = sorted({entry.estimate.n for entry in entries})
    yield f"Cases: {counts[0]}{f' to {counts[-1]}' if len(counts) > 1 else ''} a benchmark."
