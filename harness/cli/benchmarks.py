"""`crosstask benchmarks`: what there are pages for."""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from harness.cases.catalogue import COLUMNS
from harness.cases.catalogue import cells
from harness.cases.catalogue import markdown
from harness.cases.catalogue import order
from harness.cases.exclusions import read_lists
from harness.cases.pages import evals_directories
from harness.cases.pages import load_pages
from harness.cli.arguments import Evals
from harness.printing.grid import plain
from harness.store.atomic import write_atomic

_WIDEST = 160


def benchmarks_command(
    evals: Evals = None,
    write: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what the pages say of themselves, as Markdown, instead of the list."),
    ] = None,
) -> None:
    """List the benchmarks there are pages for."""
    folders = evals or evals_directories(Path.cwd())
    benchmarks = load_pages(folders)
    if write:
        write_atomic(write, markdown(benchmarks, {name: read_lists(folders, name) for name in benchmarks}))
        return
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in COLUMNS:
        grid.add_column(title, overflow="fold", justify="right" if title == "cases" else "left")
    for benchmark in order(benchmarks):
        grid.add_row(*map(Text, cells(benchmark)))
    typer.echo("\n".join(plain(grid, _WIDEST)))
    typer.echo("Rows, protocol, signatures and what was verified: crosstask benchmarks --write FILE")
