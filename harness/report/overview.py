"""The report's first screen: what each model scored, what is wrong with the run, and who is ahead.

Plain values for the templates, from the summary: one number a benchmark and model, the headline's.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.cases.recipes import headline
from harness.report.areas import BenchmarkRows
from harness.results.groups import many

_FAULTS = {
    "errors": ("error", "error", "ended in an error"),
    "not_run": ("not_run", "not run", "did not run"),
    "refused": ("refused", "refused", "refused by the engine"),
    "truncated": ("truncated", "cut off", "cut off at the greatest length"),
    "empty": ("empty", "empty", "answered with nothing"),
    "not_extracted": ("invalid", "no answer", "answered, but with nothing that could be scored"),
}
"""By count: how the list of cases filters it, how a row names it, what it means."""
_NAMED = 3
Score = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """How many cases of a benchmark, all models together, something is wrong with; `show` is the list's filter."""

    count: int
    label: str
    show: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A model's headline score of a benchmark; `estimate` is its mean over strata where the recipe takes that."""

    score: Score
    estimate: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lead:
    """A model and those it is ahead of in one benchmark."""

    ahead: str
    behind: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A benchmark on the first screen; `cells` are by model, None where one was not asked."""

    benchmark: BenchmarkRows
    metric: str
    cells: tuple[Cell | None, ...]
    marks: tuple[Mark, ...]
    leads: tuple[Lead, ...]

    @property
    def n(self) -> str:
        """The number of cases scored, `19/20` where not all that were planned are, a range where models differ."""
        counts = [cell.score["counts"] for cell in self.cells if cell is not None]
        each = sorted({(count["measured"], count["planned"]) for count in counts})
        texts = [f"{measured}" if measured == planned else f"{measured}/{planned}" for measured, planned in each]
        return " to ".join(dict.fromkeys((texts[0], texts[-1])))

    @property
    def is_whole(self) -> bool:
        """Whether every planned case has a score."""
        return all(
            cell.score["counts"]["measured"] == cell.score["counts"]["planned"]
            for cell in self.cells
            if cell is not None
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of thing that is wrong with a run: how many cases, what, and where most of them are."""

    count: str
    what: str
    where: str
    show: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Two models on all benchmarks they share: where the second is ahead, where behind, and how many are neither."""

    first: str
    second: str
    ahead: tuple[str, ...]
    behind: tuple[str, ...]
    neither: int


def rows(
    summary: Mapping[str, Any], by_area: Sequence[tuple[str, Sequence[BenchmarkRows]]], models: Sequence[str]
) -> list[tuple[str, list[Row]]]:
    """The first screen's table: each area with its benchmarks."""
    wanted = {score["benchmark"]: score["metric"] for line in summary["headlines"] for score in line["scores"]}
    leads = _leads(summary["comparisons"])
    return [(area, [_row(benchmark, models, wanted, leads) for benchmark in named]) for area, named in by_area]


def means(summary: Mapping[str, Any], models: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """By area the mean of its benchmarks with its interval for each model, as text; empty where there is none.

    An area of a single benchmark is left out, as its mean is that benchmark's score.
    """
    texts: dict[str, tuple[str, ...]] = {}
    for area in summary["areas"]:
        by_model = {mean["model"]: mean for mean in area["means"] if len(mean["benchmarks"]) > 1}
        if by_model:
            texts[area["area"]] = tuple(_mean(by_model.get(model)) for model in models)
    return texts


def _mean(mean: Mapping[str, Any] | None) -> str:
    if mean is None or mean["value"] is None:
        return ""
    ends = "" if mean["low"] is None else f" [{mean['low']:.1f}, {mean['high']:.1f}]"
    return f"{mean['value']:.1f}{ends}"


def faults(by_area: Sequence[tuple[str, Sequence[Row]]]) -> list[Fault]:
    """What is wrong, the worst kind first, one entry a kind; empty where nothing is."""
    flat = [row for _, named in by_area for row in named]
    return [fault for show, _, what in _FAULTS.values() if (fault := _fault(flat, show, what))]


def standings(comparisons: Mapping[str, Any] | None) -> list[Standing]:
    """Each pair of models, by the benchmarks in which one is ahead at the corrected level."""
    by_pair: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for result in _shown(comparisons):
        by_pair.setdefault((result["first"], result["second"]), []).append(result)
    return [_standing(first, second, results) for (first, second), results in by_pair.items()]


def leader(result: Mapping[str, Any]) -> str | None:
    """The model that is ahead by more than chance: the corrected p is below 1 - level; None where none is."""
    p, difference = result["p_corrected"], result["difference"]
    if p is None or not difference or p >= round(1 - result["level"], 9):
        return None
    name: str = result["second" if (difference > 0) is result["higher_is_better"] else "first"]
    return name


def _shown(comparisons: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """The results whose p is corrected."""
    yield from (result for result in (comparisons or {"results": ()})["results"] if result["is_shown"])


def _standing(first: str, second: str, results: Sequence[Mapping[str, Any]]) -> Standing:
    led = {name: tuple(r["benchmark"] for r in results if leader(r) == name) for name in (first, second)}
    return Standing(first, second, led[second], led[first], len(results) - len(led[first]) - len(led[second]))


def _leads(comparisons: Mapping[str, Any] | None) -> Mapping[str, tuple[Lead, ...]]:
    """By benchmark who is ahead of whom."""
    beaten: dict[str, dict[str, list[str]]] = {}
    for result in _shown(comparisons):
        if ahead := leader(result):
            other = result["first"] if ahead == result["second"] else result["second"]
            beaten.setdefault(result["benchmark"], {}).setdefault(ahead, []).append(other)
    return {
        name: tuple(Lead(ahead, tuple(behind)) for ahead, behind in sorted(led.items(), key=lambda item: -len(item[1])))
        for name, led in beaten.items()
    }


def _row(
    benchmark: BenchmarkRows,
    models: Sequence[str],
    wanted: Mapping[str, str],
    leads: Mapping[str, tuple[Lead, ...]],
) -> Row:
    key = benchmark.key
    text = wanted.get(benchmark.name, key.name)
    macro = headline(text)[1]
    scores = {score["model"]: score for score in key.rows}
    cells = tuple(_cell(scores[model], macro=macro) if model in scores else None for model in models)
    return Row(benchmark, text, cells, tuple(_marks(scores.values())), leads.get(benchmark.name, ()))


def _cell(score: Score, *, macro: bool) -> Cell:
    return Cell(score, score["macro"] if macro and score["macro"] else score["estimate"])


def _marks(scores: Any) -> Iterator[Mark]:
    for name, (show, label, _) in _FAULTS.items():
        if count := sum(score["counts"][name] for score in scores):
            yield Mark(count, label, show)


def _fault(flat: Sequence[Row], show: str, what: str) -> Fault | None:
    counts = {row.benchmark.name: mark.count for row in flat for mark in row.marks if mark.show == show}
    if not counts:
        return None
    most = sorted(counts.items(), key=lambda item: -item[1])
    named = ", ".join(f"{name} {count}" for name, count in most[:_NAMED])
    rest = f" and {many(len(most) - _NAMED, 'other benchmark')}" if len(most) > _NAMED else ""
    return Fault(many(sum(counts.values()), "case"), what, f"{named}{rest}", show)
