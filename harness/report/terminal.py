"""The score table that ends a session: plain text, no colour, at most 120 columns where the names allow it."""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from harness.compare.terminal import section
from harness.printing.grid import plain
from harness.printing.numbers import shown
from harness.printing.visible import line
from harness.report.apart import extra
from harness.report.breakdown import at_temperatures
from harness.report.headline import means_of
from harness.report.summary import incomplete

_COUNTS = {
    "cut\noff": "truncated",
    "\nempty": "empty",
    "no\nanswer": "not_extracted",
    "\nrefused": "refused",
    "\nerrors": "errors",
    "not\nrun": "not_run",
}


def table(summary: Mapping[str, Any]) -> list[str]:
    """The lines of the score table with its notes; a run with missing results says INCOMPLETE first and last.

    `n` is the number of cases scored, `19/20` where not all that were planned are. Below a score stand the mean over
    strata, the score at each temperature, and the score without known-wrong rows, where there are any; below the table
    stands the mean of the recipe's headline scores.
    """
    warning = incomplete(summary)
    loud = [warning] if warning else []
    sample = [f"SAMPLE ROWS, no real benchmark: {', '.join(map(line, summary['sample']))}"] if summary["sample"] else []
    notes = [f"note: {line(note)}" for note in summary["notes"]]
    means = map(line, means_of(summary["headlines"]))
    compared = section(summary["comparisons"])
    return [*loud, *_rendered(summary["scores"]), *means, *compared, *sample, *notes, *loud]


def _rendered(scores: Sequence[Mapping[str, Any]]) -> list[str]:
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=0)
    for title in ("\nmodel", "\nbenchmark", "\nmetric"):
        grid.add_column(title, overflow="fold", min_width=14)
    counted = {title: name for name, title in extra(scores, "tokenised\napart").items()} | _COUNTS
    for title in ("\nscore", "\nn", *counted):
        grid.add_column(title, justify="right", no_wrap=True)
    for score in scores:
        grid.add_row(*(Text(cell) for cell in _cells(score, counted.values())))
        for what, estimate, n in _beside(score):
            grid.add_row("", "", Text(f"  {line(what)}"), shown(score, estimate), n)
    return plain(grid)


def _beside(score: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """What stands below a score: what it is, the estimate, how many cases where that is another number."""
    if score["macro"] is not None:
        yield f"macro by {score['breakdowns'][0]['by']}", score["macro"], ""
    for name, estimate in at_temperatures(score):
        yield f"at {name}", estimate, str(estimate["n"])
    for part in score["without"]:
        yield f"without {part['name']} {part['version']}", part["estimate"], str(part["estimate"]["n"])


def _cells(score: Mapping[str, Any], counted: Iterable[str]) -> tuple[str, ...]:
    counts = score["counts"]
    whole = counts["measured"] == counts["planned"]
    n = f"{counts['measured']}" if whole else f"{counts['measured']}/{counts['planned']}"
    names = (line(score[name]) for name in ("model", "benchmark", "metric"))
    return (*names, shown(score, score["estimate"]), n, *(str(counts.get(name, 0)) for name in counted))
