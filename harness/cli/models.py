"""`crosstask models`: the models known by name."""

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from harness.models import Card
from harness.models.cards import load_cards
from harness.printing.grid import plain

_WIDEST = 160


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
