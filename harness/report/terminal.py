"""The score table that ends a session: plain text, no colour, at most 120 columns where the names allow it."""

from collections.abc import Mapping
from collections.abc import Sequence
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report.numbers import shown
from harness.report.summary import incomplete
from harness.report.visible import line

WIDTH = 120
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

    `n` is the number of cases scored, `19/20` where not all that were planned are.
    """
    warning = incomplete(summary)
    loud = [warning] if warning else []
    sample = [f"SAMPLE ROWS, no real benchmark: {', '.join(map(line, summary['sample']))}"] if summary["sample"] else []
    notes = [f"note: {line(note)}" for note in summary["notes"]]
    return [*loud, *_rendered(summary["scores"]), *sample, *notes, *loud]


def _rendered(scores: Sequence[Mapping[str, Any]]) -> list[str]:
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=0)
    for title in ("\nmodel", "\nbenchmark", "\nmetric"):
        grid.add_column(title, overflow="fold", min_width=14)
    for title in ("\nscore", "\nn", *_COUNTS):
        grid.add_column(title, justify="right", no_wrap=True)
    for score in scores:
        grid.add_row(*(Text(cell) for cell in _cells(score)))
    return plain(grid)


def plain(grid: Table, width: int = WIDTH) -> list[str]:
    """Return the lines of a table as plain text, at most `width` columns."""
    console = Console(file=StringIO(), width=width, color_system=None, legacy_windows=False, emoji=False, markup=False)
    with console.capture() as capture:
        console.print(grid)
    return [text.rstrip() for text in capture.get().splitlines()]


def _cells(score: Mapping[str, Any]) -> tuple[str, ...]:
    counts = score["counts"]
    whole = counts["measured"] == counts["planned"]
    n = f"{counts['measured']}" if whole else f"{counts['measured']}/{counts['planned']}"
    names = (line(score[name]) for name in ("model", "benchmark", "metric"))
    return (*names, shown(score), n, *(str(counts[name]) for name in _COUNTS.values()))
