"""`crosstask baseline`: a run's scores, case by case, in a small file."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.output import INCOMPLETE
from harness.compare.baseline import write_baseline
from harness.compare.load import read


def baseline_command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The folder of a run, or RUN:MODEL.", show_default=False)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.", show_default=False)],
) -> None:
    """Write a run's scores, case by case, to a small file.

    No prompts and no answers: a file to commit, and to compare later runs with. The exit status is 12 where planned
    cases have no result.
    """
    systems = read(run)
    write_baseline(systems, file)
    cases = sum(system.planned for system in systems)
    size = file.stat().st_size
    typer.echo(f"{file}: {cases} cases, {size:,} bytes, {size / max(1, cases):.0f} a case")
    for note in dict.fromkeys(note for system in systems for note in system.notes):
        typer.echo(f"note: {note}")
    if not all(system.is_complete for system in systems):
        typer.echo("INCOMPLETE: planned cases without a result are in it without a score")
        raise typer.Exit(INCOMPLETE)
