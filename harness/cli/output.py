"""What commands print, and the exit statuses they end with."""

import os
import shutil
import sys
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from harness.gate.terminal import lines as gate_lines
from harness.report.previous import Previous
from harness.report.previous import previous
from harness.report.terminal import View
from harness.report.terminal import table
from harness.report.write import write_report

FAILED = 1
INCOMPLETE = 12
_STYLES: dict[str, dict[str, Any]] = {"heading": {"bold": True}, "faint": {"dim": True}, "warning": {"fg": "red"}}


def say(texts: Iterable[str]) -> None:
    """Print lines."""
    for text in texts:
        typer.echo(text)


def say_report(run: Path, generalise_over: str | None = None, detail: int = 0) -> None:
    """Make the report of a run again and print its scores; ends with status 12 where planned cases have no result."""
    say_scores(write_report(run, generalise_over), run / "report.html", detail, previous(run))


def say_scores(summary: Mapping[str, Any], report: Path, detail: int = 0, before: Previous | None = None) -> None:
    """Print the scores of a summary and where their report is; ends with status 12 where cases have no result.

    `detail` is that of the table, `before` the runs that changes are shown against. Colour is on a terminal alone, and
    never where NO_COLOR is set (no-color.org).
    """
    is_terminal = sys.stdout.isatty()
    view = View(shutil.get_terminal_size().columns, detail, is_terminal, before or Previous())
    for line in table(summary, view):
        colour = is_terminal and not os.environ.get("NO_COLOR")
        typer.secho(line.text, color=colour, **_STYLES.get(line.style, {}))
    if summary["gate"]:
        say(gate_lines(summary["gate"]))
    typer.echo(f"report: {report}")
    if not summary["complete"]:
        raise typer.Exit(INCOMPLETE)
