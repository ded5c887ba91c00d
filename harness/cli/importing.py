"""`crosstask import`: a run that another tool wrote."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from harness.benchmark import Benchmark
from harness.cases.pages import evals_directories
from harness.cases.pages import load_pages
from harness.cli.arguments import Evals
from harness.cli.output import say_report
from harness.errors import UsageError
from harness.importers.run import ImportOptions
from harness.importers.run import write
from harness.importers.tools import TOOLS
from harness.importers.tools import WITH_PAGES
from harness.importers.tools import read_with
from harness.sources.open import Opener
from harness.sources.open import parse_data


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
    evals: Evals = None,
) -> None:
    """Read a run that another tool wrote.

    It becomes a run's folder like any other, with its report: `crosstask report` and `crosstask compare` work on it.
    The exit status is 12 where cases have no result.
    """
    opener = None if data is None else Opener(parse_data(data))
    pages, notes = _pages(evals) if tool in WITH_PAGES else ({}, ())
    imported = read_with(tool, path, ImportOptions(pages, opener, model))
    write(replace(imported, notes=(*imported.notes, *notes)), run, ["crosstask", *sys.argv[1:]])
    say_report(run)


def _pages(evals: list[Path] | None) -> tuple[Mapping[str, Benchmark], tuple[str, ...]]:
    """The pages there are; none, with a note, where no folder is named and none is configured."""
    try:
        folders = evals or evals_directories(Path.cwd())
    except UsageError:
        return {}, ("No pages were at hand, so every task keeps its own name; --evals names them.",)
    return load_pages(folders), ()
