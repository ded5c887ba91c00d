"""`crosstask watch`: how far a run is, from any place that sees its folder."""

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

import typer
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress
from rich.progress import TextColumn
from rich.progress import TimeRemainingColumn

from harness.cli.arguments import RunFolder
from harness.results.tally import Tally

_LOOK_S = 1.0
_LINE_S = 60.0
"""Seconds between two lines where there is no terminal to draw on."""


def watch_command(
    run: RunFolder,
    once: Annotated[bool, typer.Option("--once", help="Say how far the run is now, and end.")] = False,
) -> None:
    """Follow a run that is going on, until each of its cases has a result.

    On a terminal a bar a model is drawn; elsewhere a line is printed at most once a minute, and never the same twice.
    Nothing is written to the run's folder. Ctrl-C ends the watching alone.
    """
    tally = Tally(run)
    tally.read()
    try:
        if once or not tally.left:
            typer.echo(_line(tally))
        elif sys.stdout.isatty():
            _draw(tally)
        else:
            for line in _lines(tally):
                typer.echo(line)
    except KeyboardInterrupt:
        raise typer.Exit from None


def _line(tally: Tally, eta: float | None = None) -> str:
    parts = [f"{model} {done}/{tally.planned[model]}" for model, done in tally.done.items()]
    now = f", now {tally.latest}" if tally.latest and tally.left else ""
    left = f", about {timedelta(seconds=round(eta))} left" if eta else ""
    return f"{', '.join(parts)} cases{now}{left}"


def _lines(tally: Tally) -> Iterator[str]:
    """A line a minute where something has changed, and one at the end; the pace is that since the first."""
    begun, first, said = time.monotonic(), tally.left, ""
    spoken = -_LINE_S
    while True:
        now = time.monotonic()
        due = now - spoken >= _LINE_S or not tally.left
        answered = first - tally.left
        line = _line(tally, tally.left * (now - begun) / answered if answered else None)
        if due and _line(tally) != said:
            spoken, said = now, _line(tally)
            yield line
        if not tally.left:
            return
        time.sleep(_LOOK_S)
        tally.read()


def _draw(tally: Tally) -> None:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, TextColumn("{task.fields[now]}")) as progress:
        bars = {model: progress.add_task(model, total=count, now="") for model, count in tally.planned.items()}
        while True:
            for model, bar in bars.items():
                progress.update(bar, completed=tally.done[model], now=tally.latest if tally.left else "")
            if not tally.left:
                return
            time.sleep(_LOOK_S)
            tally.read()
