"""The commands that exchange runs with other tools: `crosstask import` and `crosstask export`."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from typing import Literal

import typer

from harness.benchmark import Benchmark
from harness.cases.pages import evals_directories
from harness.cases.pages import load_pages
from harness.errors import UsageError
from harness.exporters.lm_eval import results
from harness.importers.run import Wishes
from harness.importers.run import write
from harness.importers.tools import TOOLS
from harness.importers.tools import WITH_PAGES
from harness.importers.tools import read_with
from harness.report.summary import summarise
from harness.report.terminal import table
from harness.report.write import write_report
from harness.results.folder import read_run
from harness.sources.open import Opener
from harness.sources.open import parse_data
from harness.store.atomic import write_atomic

INCOMPLETE = 12


def import_command(
    tool: Annotated[str, typer.Argument(metavar="TOOL", help=f"{', '.join(TOOLS)}.", show_default=False)],
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A file the tool wrote, or its folder.", show_default=False)
    ],
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder, new or empty.", show_default=False)],
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model's name, where the files say none or another.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="WHERE", help="hub or a mirror's folder: find each case's row there by its content."),
    ] = None,
    evals: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Where the pages are; may be repeated. Default: [tool.crosstask] evals."),
    ] = None,
) -> None:
    """Read a run that another tool wrote.

    It becomes a run's folder like any other, with its report: `crosstask report` and `crosstask compare` work on it.
    The exit status is 12 where cases have no result.
    """
    opener = None if data is None else Opener(parse_data(data))
    pages, notes = _pages(evals) if tool in WITH_PAGES else ({}, ())
    imported = read_with(tool, path, Wishes(pages, opener, model))
    write(replace(imported, notes=(*imported.notes, *notes)), run, ["crosstask", *sys.argv[1:]])
    summary = write_report(run)
    for line in table(summary):
        typer.echo(line)
    typer.echo(f"report: {run / 'report.html'}")
    if not summary["complete"]:
        raise typer.Exit(INCOMPLETE)


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
    found = read_run(run)
    write_atomic(file, json.dumps(results(found, model), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    if not summarise(found)["complete"]:
        typer.echo(f"crosstask: {run}: incomplete; {file} holds the scores of the cases that have a result", err=True)
        raise typer.Exit(INCOMPLETE)


def _pages(evals: list[Path] | None) -> tuple[Mapping[str, Benchmark], tuple[str, ...]]:
    """The pages there are; none, with a note, where no folder is named and none is configured."""
    try:
        folders = evals or evals_directories(Path.cwd())
    except UsageError:
        return {}, ("No pages were at hand, so every task keeps its own name; --evals names them.",)
    return load_pages(folders), ()
