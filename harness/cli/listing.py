"""The commands that say what there is: `crosstask benchmarks` and `crosstask models`."""

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
from harness.models import Card
from harness.models.cards import load_cards
from harness.printing.grid import plain
from harness.store.atomic import write_atomic

_WIDEST = 160


def benchmarks_command(
    evals: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Where the pages are; may be repeated. Default: [tool.crosstask] evals."),
    ] = None,
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


def models_command() -> None:
    """List the models that `--model` knows by name."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in ("name", "parameters", "family", "kind", "licence", "Hub id"):
        grid.add_column(title, overflow="fold", justify="right" if title == "parameters" else "left")
    for card in load_cards().values():
        grid.add_row(*map(Text, _card(card)))
    typer.echo("\n".join(plain(grid, _WIDEST)))
    typer.echo("--model also takes a Hub id, a folder in the Hub's format, or a .gguf file.")


def _card(card: Card) -> tuple[str, ...]:
    size = "" if card.parameters is None else f"{card.parameters / 1e9:.2g} B"
    kind = "reasoning" if card.reasoning else "chat" if card.chat else "base"
    licence = f"{card.licence or ''}{' (gated)' if card.gated else ''}"
    return card.name, size, card.family or "", kind, licence, card.hub_id or ""
