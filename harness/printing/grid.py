"""A table of rich as plain lines: no colour, no markup, the same in a terminal and in a file."""

from io import StringIO

from rich.console import Console
from rich.table import Table

WIDTH = 120


def plain(grid: Table, width: int = WIDTH) -> list[str]:
    """Return the lines of a table as plain text, at most `width` columns."""
    console = Console(file=StringIO(), width=width, color_system=None, legacy_windows=False, emoji=False, markup=False)
    with console.capture() as capture:
        console.print(grid)
    return [text.rstrip() for text in capture.get().splitlines()]
