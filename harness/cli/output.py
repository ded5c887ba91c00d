"""What commands print, and the exit statuses they end with."""

from collections.abc import Iterable
from pathlib import Path

import typer

from harness.gate.terminal import lines as gate_lines
from harness.report.terminal import table
from harness.report.write import write_report

FAILED = 1
INCOMPLETE = 12


def say(texts: Iterable[str]) -> None:
    """Print lines."""
    for text in texts:
        typer.echo(text)


def say_report(run: Path, generalise_over: str | None = None) -> None:
    """Make the report of a run again and print its scores; ends with status 12 where planned cases have no result."""
    summary = write_report(run, generalise_over)
    say(table(summary))
    if summary["gate"]:
        say(gate_lines(summary["gate"]))
    typer.echo(f"report: {run / 'report.html'}")
    if not summary["complete"]:
        raise typer.Exit(INCOMPLETE)
