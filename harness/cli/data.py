"""`crosstask data`: mirrors of datasets for machines without a network."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cases.pages import evals_directories
from harness.cases.pages import load_pages
from harness.cases.pages import select
from harness.cli.arguments import Evals
from harness.cli.arguments import Keyword
from harness.cli.output import FAILED
from harness.sources.fetch import add_text
from harness.sources.fetch import fetch
from harness.sources.open import Data
from harness.sources.open import Opener


def data_fetch(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The mirror's folder.", show_default=False)],
    keyword: Keyword = None,
    evals: Evals = None,
) -> None:
    """Write an offline mirror of the datasets the pages need, for `pytest evals/ --data DIR`.

    What is there already and whole is kept. The exit status is 1 where a dataset cannot be had.
    """
    benchmarks = load_pages(evals or evals_directories(Path.cwd()))
    chosen = select(benchmarks, keyword) if keyword else benchmarks
    tables = [rows for benchmark in chosen.values() for rows in (*benchmark.tables, *benchmark.shot_tables)]
    failed = False
    for fetched in fetch(tables, directory, Opener(Data("hub")).open):
        typer.echo(str(fetched))
        failed = failed or fetched.outcome == "failed"
    if failed:
        raise typer.Exit(FAILED)


def data_add_text(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The mirror's folder.", show_default=False)],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A long text, UTF-8.", show_default=False)],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its name in the pages, as `frankenstein`.", show_default=False)
    ],
) -> None:
    """Add a long text to an offline mirror, for pages that look for something in it, as `needle`."""
    typer.echo(str(add_text(file, directory, name)))
