"""Rows of scores as lines of a given width: what does not fit is left out column by column, and no line is broken."""

import math
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.printing.numbers import NOTHING
from harness.printing.numbers import interval
from harness.printing.numbers import percent
from harness.printing.numbers import printed
from harness.printing.points import signed
from harness.printing.visible import line
from harness.report.score_rows import Cell
from harness.report.score_rows import Row
from harness.statistics import RANGES

_NARROWEST = 12
"""Characters that a name keeps."""
_INDENTS = ("", "  ", "    ", "      ")
_EXACT = 1e-9
SINGLE = "score"
"""The title of the only model's column."""
CERTAIN = "*"


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table shows beside name, score and marks.

    `interval` is with one decimal, in whole points (rounded outwards), or left out; `difference` is that of two models.
    """

    gap: int = 1
    metric: bool = False
    change: bool = False
    n: bool = True
    difference: bool = True
    interval: Literal["full", "whole", "none"] = "full"


LADDER = (
    Layout(2, metric=True, change=True),
    Layout(1, metric=True, change=True),
    Layout(change=True),
    Layout(change=True, interval="whole"),
    Layout(),
    Layout(interval="whole"),
    Layout(interval="whole", n=False),
    Layout(interval="none"),
    Layout(interval="none", n=False),
    Layout(interval="none", n=False, difference=False),
)
"""From the widest to the narrowest; the first that fits is taken."""


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    texts: tuple[str, ...]
    left: bool = False

    @property
    def width(self) -> int:
        return max(map(len, (self.title, *self.texts)))


def fitted(rows: Sequence[Row], letters: Sequence[str], width: int) -> list[tuple[Row | None, str]]:
    """The lines of the table with the row each shows, None for its head; at most `width` wide.

    `letters` stand for the models above their columns. Where even the narrowest layout is too wide, the models are
    shown in two tables one after the other.
    """
    for layout in LADDER:
        columns = _columns(rows, letters, layout)
        if _width(columns, layout.gap) <= width:
            return _lines(rows, columns, layout.gap)
    others = _width(columns, 1) - columns[0].width
    if others + _NARROWEST > width and len(letters) > 1:
        half = (len(letters) + 1) // 2
        parts = ((0, half), (half, len(letters)))
        return [text for part in parts for text in fitted(_of(rows, *part), letters[part[0] : part[1]], width)]
    names = tuple(_cut(text, max(_NARROWEST, width - others)) for text in columns[0].texts)
    return _lines(rows, [_Column("", names, left=True), *columns[1:]], 1)


def _of(rows: Sequence[Row], start: int, end: int) -> list[Row]:
    return [Row(row.depth, row.name, row.metric, row.n, row.cells[start:end]) for row in rows]


def _columns(rows: Sequence[Row], letters: Sequence[str], layout: Layout) -> list[_Column]:
    """The columns that hold anything, the name first."""
    names = tuple(f"{_INDENTS[row.depth]}{line(row.name)}" for row in rows)
    columns = [_Column("metric", tuple(line(row.metric) for row in rows), left=True)] if layout.metric else []
    for place, letter in enumerate(letters):
        columns += _of_model([row.cells[place] for row in rows], letter, layout)
    if layout.difference and any(row.difference for row in rows):
        columns += _differences(rows, letters, layout)
    if layout.n:
        columns.append(_Column("n", tuple(_n(row.n, layout) for row in rows)))
    return [_Column("", names, left=True), *(column for column in columns if any(column.texts))]


def _of_model(cells: Sequence[Cell | None], letter: str, layout: Layout) -> Iterator[_Column]:
    marks = [cell.marks if cell else "" for cell in cells]
    yield from _estimates(letter, [_value(cell) for cell in cells], cells, marks, layout)
    if layout.change:
        yield _Column("change", tuple(_change(cell) for cell in cells))


def _differences(rows: Sequence[Row], letters: Sequence[str], layout: Layout) -> Iterator[_Column]:
    """The second model less the first, starred where it is more than chance."""
    cells = [row.difference for row in rows]
    texts = []
    for row, cell in zip(rows, cells, strict=True):
        text = "" if cell is None else signed(cell.scale["reducer"], cell.estimate["value"])
        texts.append(f"{text}{CERTAIN if row.certain else ' '}" if text else "")
    yield from _estimates(f"{letters[1]} - {letters[0]}", texts, cells, [""] * len(rows), layout)


def _estimates(
    title: str, values: Sequence[str], cells: Sequence[Cell | None], marks: Sequence[str], layout: Layout
) -> Iterator[_Column]:
    """Values, intervals and marks in a column each; intervals in whole points stand in the column of the values."""
    if layout.interval != "whole":
        yield _Column(title, tuple(values))
        if layout.interval == "full":
            head = "95 % interval" if title == SINGLE else "95 %"
            yield _Column(head, tuple(_interval(cell) for cell in cells), left=True)
        yield _Column("", tuple(marks), left=True)
        return
    width = max(map(len, (*values, title)))
    parts = (f"{text.rjust(width)} {_whole(cell)}{mark}" for text, cell, mark in zip(values, cells, marks, strict=True))
    yield _Column(f"{title.rjust(width)} 95 %", tuple(part.rstrip() for part in parts), left=True)


def _n(text: str, layout: Layout) -> str:
    """How many cases were scored, without the number planned where intervals are short of room."""
    return text if layout.interval == "full" else text.partition("/")[0]


def _value(cell: Cell | None) -> str:
    return NOTHING if cell is None else printed(cell.scale, cell.estimate["value"]) or NOTHING


def _change(cell: Cell | None) -> str:
    return "" if cell is None or cell.change is None else signed(cell.scale["reducer"], cell.change)


def _interval(cell: Cell | None) -> str:
    """`[28.1, 60.7]`; empty where there is none."""
    return "" if cell is None else interval(cell.scale, cell.estimate) or ""


def _whole(cell: Cell | None) -> str:
    """`[28,61]`: in whole points, rounded outwards; in full for a scale without an upper bound."""
    if cell is None or not _interval(cell):
        return ""
    if math.isinf(RANGES.get(cell.scale["reducer"], (0.0, 1.0))[1]):
        return _interval(cell).replace(" ", "")
    low, high = (percent(cell.scale, cell.estimate[end]) or 0.0 for end in ("low", "high"))
    return f"[{math.floor(low + _EXACT)},{math.ceil(high - _EXACT)}]"


def _width(columns: Sequence[_Column], gap: int) -> int:
    return sum(column.width for column in columns) + gap * (len(columns) - 1)


def _lines(rows: Sequence[Row], columns: Sequence[_Column], gap: int) -> list[tuple[Row | None, str]]:
    texts = [_line(columns, [column.title for column in columns], gap)]
    texts += [_line(columns, cells, gap) for cells in zip(*(column.texts for column in columns), strict=True)]
    return list(zip([None, *rows], texts, strict=True))


def _line(columns: Sequence[_Column], cells: Sequence[str], gap: int) -> str:
    padded = (
        cell.ljust(column.width) if column.left else cell.rjust(column.width)
        for column, cell in zip(columns, cells, strict=True)
    )
    return (" " * gap).join(padded).rstrip()


def _cut(text: str, width: int) -> str:
    """The text with its middle left out: names that begin alike often end apart."""
    if len(text) <= width:
        return text
    end = (width - 1) // 2
    return f"{text[: width - 1 - end]}~{text[-end:]}"
