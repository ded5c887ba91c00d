"""`crosstask export`: a run's scores as another tool writes them."""

import json
from pathlib import Path
from typing import Annotated
from typing import Literal

import typer

from harness.cli.output import INCOMPLETE
from harness.exporters.lm_eval import results
from harness.report.summary import summarise
from harness.results.folder import read_run
from harness.store.atomic import write_atomic


def export_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.", show_default=False)],
    _form: Annotated[
        Literal["lm-eval"], typer.Option("--format", help="Whose shape: lm-evaluation-harness's results.")
    ],
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Which model, where the run has several.")] = None,
) -> None:
    """Write a run's scores as another tool does.

    The exit status is 12 where cases have no result: the file then holds the scores of the others.
    """
    stored = read_run(run)
    write_atomic(file, json.dumps(results(stored, model), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    summary = summarise(stored)
    scores = [score for score in summary["scores"] if model in {None, score["model"]}]
    typer.echo(f"{file}: {len(scores)} scores of {len({score['benchmark'] for score in scores})} benchmarks")
    if "shard" in summary:
        typer.echo(f"crosstask: {run}: {summary['shard']}", err=True)
    if not summary["complete"]:
        typer.echo(f"crosstask: {run}: incomplete; {file} holds the scores of the cases that have a result", err=True)
        raise typer.Exit(INCOMPLETE)
