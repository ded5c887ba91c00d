"""Tables of figures: printed, and written between their markers in the document."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs/statistics.md"


@dataclass(frozen=True, slots=True)
class Figures:
    """A part's table: `missed` names each goal that was not met."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    missed: tuple[str, ...] = ()

    def text(self) -> str:
        """The table in Markdown, its numbers flush right."""
        rule = ["--:" if cell[:1].isdigit() else ":--" for cell in self.rows[0]]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in (self.head, rule, *self.rows))


def percent(share: float, digits: int = 1) -> str:
    """A share as the tables show it."""
    return f"{100 * share:.{digits}f} %"


def monte_carlo(share: float, repeats: int) -> str:
    """A simulated share with its standard error, that of a share of one repeat at least."""
    likely = min(max(share, 1 / repeats), 1 - 1 / repeats)
    return f"{100 * share:.1f} ± {100 * math.sqrt(likely * (1 - likely) / repeats):.1f} %"


def beyond(what: str, found: float, *, least: float = 0.0, most: float = 1.0) -> tuple[str, ...]:
    """The sentence that a goal is missed, if it is."""
    return () if least <= found <= most else (f"{what}: found {found:.3f}; expected {least:g} to {most:g}",)


def write(figures: Sequence[Figures]) -> None:
    """Put each table between the markers of its name."""
    text = DOCUMENT.read_text()
    for one in figures:
        start, end = f"<!-- {one.name} -->", f"<!-- /{one.name} -->"
        before, _, rest = text.partition(start)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{DOCUMENT}: no markers {start} and {end}; expected both, in this order")
        text = f"{before}{start}\n{one.text()}\n{end}{after}"
    DOCUMENT.write_text(text)
