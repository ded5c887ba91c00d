"""What the terminal's table shows of a summary: rows of areas, benchmarks, metrics and strata, a cell a model.

Plain values; how wide they may be is `harness.report.columns`'s business.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.compare.study import LEVEL
from harness.compare.suite import OTHER
from harness.report.apart import APART
from harness.report.breakdown import at_temperatures

AREAS = -1
"""The detail that shows areas alone; 0 shows a line a benchmark."""
METRICS = 1
STRATA = 2
MARKS = {
    "truncated": ("c", "answers cut off"),
    "empty": ("e", "empty answers"),
    "not_extracted": ("a", "no answer found in the text"),
    "refused": ("r", "cases refused by the engine"),
    "errors": ("x", "errors"),
    "not_run": ("n", "cases not run"),
    APART: ("t", "continuations tokenised apart"),
}
"""By the name of a count its mark and what it means."""
EXCLUDED = ("k", "known-wrong rows are among the cases, -v shows the score without them")
POINTS = {"reducer": "bleu"}
"""A scale whose values are points already."""
Score = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """An estimate of one model: its metric's scale, the estimate, its marks, the change since the run before."""

    scale: Mapping[str, Any]
    estimate: Mapping[str, Any]
    marks: str = ""
    change: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table.

    `depth` is 0 for an area, 1 for a benchmark, 2 for what stands below. `cells` has None for a model without an
    estimate. `difference` is the second model's value less the first's, `certain` whether chance does not explain it.
    """

    depth: int
    name: str
    metric: str
    n: str
    cells: tuple[Cell | None, ...]
    difference: Cell | None = None
    certain: bool = False


def models_of(summary: Mapping[str, Any]) -> list[str]:
    """The models, in the order in which they first have a score."""
    return list(dict.fromkeys(score["model"] for score in summary["scores"]))


def rows(summary: Mapping[str, Any], changes: Mapping[tuple[str, ...], float], detail: int = 0) -> list[Row]:
    """The table's rows; `changes` are by model, benchmark, metric and average."""
    models = models_of(summary)
    by_area: dict[str, dict[str, list[Score]]] = {}
    for score in summary["scores"]:
        by_area.setdefault(score["area"] or OTHER, {}).setdefault(score["benchmark"], []).append(score)
    shown: list[Row] = []
    for area in summary["areas"]:
        shown.append(_area(area, models))
        for scores in by_area[area["area"]].values() if detail > AREAS else ():
            shown += _benchmark(summary, scores, models, changes, detail)
    return shown


def marks_in(rows_shown: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Each mark that stands in a row, with its meaning."""
    there = {letter for row in rows_shown for cell in row.cells if cell is not None for letter in cell.marks}
    yield from ((letter, text) for letter, text in (*MARKS.values(), EXCLUDED) if letter in there)


def key_of(summary: Mapping[str, Any], score: Score) -> str:
    """The average that stands for a benchmark where this is its headline metric: micro, or macro as a recipe says."""
    wanted = (entry for line in summary["headlines"] for entry in line["scores"])
    texts = {entry["metric"] for entry in wanted if entry["benchmark"] == score["benchmark"]}
    return "macro" if f"macro {score['metric']}" in texts and score["macro"] is not None else "micro"


def headline_of(scores: Sequence[Score]) -> Score:
    """The score that stands for a benchmark: of the recipe's headline metric, otherwise of its first."""
    return next((score for score in scores if score["headline"]), scores[0])


def _area(area: Mapping[str, Any], models: Sequence[str]) -> Row:
    means = {mean["model"]: mean for mean in area["means"] if mean["value"] is not None}
    n = max((mean["n"] for mean in means.values()), default=0)
    cells = tuple(Cell(POINTS, means[model]) if model in means else None for model in models)
    difference = area["difference"] and Cell(POINTS, area["difference"])
    return Row(0, area["area"], "mean", str(n) if n else "", cells, difference)


def _benchmark(
    summary: Mapping[str, Any],
    scores: Sequence[Score],
    models: Sequence[str],
    changes: Mapping[tuple[str, ...], float],
    detail: int,
) -> Iterator[Row]:
    """The benchmark's line, and below it what the detail asks for."""
    by_metric: dict[str, dict[str, Score]] = {}
    for score in scores:
        by_metric.setdefault(score["metric"], {})[score["model"]] = score
    headline = headline_of(scores)
    average = key_of(summary, headline)
    title = f"macro {headline['metric']}" if average == "macro" else headline["metric"]
    column = [by_metric[headline["metric"]].get(model) for model in models]
    cells = tuple(None if score is None else _cell(score, average, changes) for score in column)
    yield Row(1, headline["benchmark"], title, _n(column), cells, *_compared(summary, headline, average))
    for metric, of_model in by_metric.items() if detail >= METRICS else ():
        column = [of_model.get(model) for model in models]
        if metric != headline["metric"]:
            cells = tuple(None if score is None else _cell(score, "micro", changes) for score in column)
            yield Row(2, metric, "", "", cells, *_compared(summary, next(iter(of_model.values())), "micro"))
        yield from _beside(column, detail)


def _cell(score: Score, average: str, changes: Mapping[tuple[str, ...], float]) -> Cell:
    estimate = score["macro" if average == "macro" else "estimate"]
    marks = [letter for name, (letter, _) in MARKS.items() if score["counts"].get(name)]
    marks += [EXCLUDED[0]] if score["without"] else []
    change = changes.get((score["model"], score["benchmark"], score["metric"], average))
    return Cell(score, estimate, "".join(marks), change)


def _n(column: Sequence[Score | None]) -> str:
    """How many cases were scored, of the model that has the fewest; `19/20` where not all that were planned are."""
    counts = [score["counts"] for score in column if score is not None]
    fewest = min(counts, key=lambda count: count["measured"] - count["planned"])
    whole = fewest["measured"] == fewest["planned"]
    return f"{fewest['measured']}" if whole else f"{fewest['measured']}/{fewest['planned']}"


def _compared(summary: Mapping[str, Any], score: Score, average: str) -> tuple[Cell | None, bool]:
    """The difference of two models on a metric, and whether it is more than chance; none of three models."""
    comparisons = summary["comparisons"]
    if comparisons is None or len(comparisons["names"]) != 2:
        return None, False
    wanted = (score["benchmark"], score["metric"], average)
    for result in comparisons["results"]:
        if (result["benchmark"], result["metric"], result["average"]) == wanted:
            ends = {"value": result["difference"], "low": result["low"], "high": result["high"]}
            p = result["p_corrected"]
            return Cell(result, ends), bool(p is not None and p < LEVEL and result["difference"])
    return None, False


def _beside(column: Sequence[Score | None], detail: int) -> Iterator[Row]:
    """What stands below a metric: without known-wrong rows, the mean over strata, each temperature, each stratum."""
    parts: dict[str, list[tuple[int, Score, Mapping[str, Any], str]]] = {}
    for place, score in enumerate(column):
        for name, estimate, n in _parts(score, detail) if score is not None else ():
            parts.setdefault(name, []).append((place, score or {}, estimate, n))
    for name, known in parts.items():
        cells: list[Cell | None] = [None] * len(column)
        for place, score, estimate, _ in known:
            cells[place] = Cell(score, estimate)
        yield Row(3, name, "", known[0][3], tuple(cells))


def _parts(score: Score, detail: int) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    for part in score["without"]:
        yield f"without {part['name']} {part['version']}", part["estimate"], str(part["estimate"]["n"])
    if detail < STRATA:
        return
    if score["macro"] is not None:
        yield f"macro by {score['breakdowns'][0]['by']}", score["macro"], ""
    at = at_temperatures(score)
    for name, estimate in at:
        yield f"at {name}", estimate, str(estimate["n"])
    for breakdown in score["breakdowns"]:
        if not any(f"{breakdown['by']} " in name for name, _ in at):
            yield from (
                (f"{breakdown['by']} {part['group']}", part["estimate"], str(part["n"])) for part in breakdown["groups"]
            )
