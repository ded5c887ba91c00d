"""The trusted side of "query": runs the right query, and compares its rows with the candidate's.

A test is one query, or several parted by semicolons: the rows of any of them are right then. Result sets are
multisets; where the right query orders at its top level, order counts. Numbers are equal within a
millionth, relative or absolute, as text-to-SQL comparisons do it (numbers of another type too: 3 is 3.0); columns
count by place, their names do not. Execution accuracy is of Yu et al. 2018, arXiv:1809.08887.
"""

import math
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from harness.processes import wire
from harness.sandbox.inside import messages
from harness.sandbox.inside.lines import Ended
from harness.sandbox.inside.lines import Lines
from harness.sandbox.inside.query import MOST_ROWS
from harness.sandbox.inside.query import read_all
from harness.sandbox.inside.query import rows
from harness.sandbox.inside.values import Foreign
from harness.sandbox.inside.values import decode

TOLERANCE = 1e-6
_WIDEST = 1 << 63
_CELLS = frozenset({type(None), float, str, bytes})
_STRINGS_AND_COMMENTS = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/", re.DOTALL
)
_PIECES = re.compile(f"{_STRINGS_AND_COMMENTS.pattern}|;|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Right:
    """The rows of a right query, and whether their order counts."""

    rows: list[Any]
    ordered: bool


def main(_options: dict[str, Any], setup: int) -> None:
    """Judge one query: 3 the right ones, 4 and 5 the candidate, 6 the answers, 7 the database."""
    os.close(setup)
    instructions = Lines(3, 6)
    asked = wire.fitting(instructions.read(), messages.ASKED)
    candidate = Lines(5, 4, asked["patience"])
    with suppress(Ended):
        _judge(asked["tests"], candidate, instructions)


def _judge(tests: list[str], candidate: Lines, answers: Lines) -> None:
    database = read_all(7)
    try:
        expected = [[_right(query, database) for query in alternatives(test)] for test in tests]
    except ValueError as error:
        answers.write({"broken": f"the right query: {error}"})
        return
    try:
        reply = wire.fitting(candidate.read(), messages.QUERY)
        returned = _rows(reply["rows"]) if "rows" in reply else []
    except Ended:
        answers.write({"gone": -1, "late": candidate.late})
        return
    except (Foreign, ValueError, RecursionError):
        reply = {"error": "wrote what are no rows", "outcome": "crash"}
    if "error" in reply:
        answers.write({"loading": {"outcome": reply["outcome"], "detail": reply["error"]}})
        return
    answers.write({"loaded": True})
    for index, right in enumerate(expected):
        same = any(equal(each.rows, returned, ordered=each.ordered) for each in right)
        counts = " or ".join(map(str, sorted({len(each.rows) for each in right})))
        detail = None if same else f"{len(returned)} rows; expected {counts} rows of other content"
        outcome = "passed" if same else "failed"
        answers.write({"test": index, "outcome": outcome, "detail": detail, "calls": 1, "gone": False, "late": False})


def _right(query: str, database: bytes) -> _Right:
    """What a right query returns; raises ValueError where it cannot be known."""
    right = rows(query, database)
    if "error" in right or len(right["rows"]) > MOST_ROWS:
        raise ValueError(right.get("error", "too many rows"))
    return _Right(decode(right["rows"]), orders(query))


def alternatives(test: str) -> list[str]:
    """The queries of a test, which semicolons outside of strings and comments part; itself where there are none."""
    parts = [""]
    for piece in _PIECES.findall(test):
        if piece == ";":
            parts.append("")
        else:
            parts[-1] += piece
    return [part for part in parts if part.strip()] or [test]


def _rows(encoded: list[Any]) -> list[tuple[Any, ...]]:
    """Rows of what SQLite has: nothing, integers of 64 bits, floats, texts, bytes. Raises Foreign or Malformed."""
    decoded = [decode(row) for row in encoded]
    for row in decoded:
        if type(row) is not tuple or not all(map(_is_cell, row)):
            raise wire.Malformed(f"rows: {type(row).__name__}; expected rows of SQLite's values")
    return decoded


def _is_cell(value: Any) -> bool:
    return -_WIDEST <= value < _WIDEST if type(value) is int else type(value) in _CELLS


def orders(query: str) -> bool:
    """Whether a query has ORDER BY outside of every bracket."""
    bare = _STRINGS_AND_COMMENTS.sub(" x ", query)
    depth, kept = 0, []
    for part in re.split(r"([()])", bare):
        depth += (part == "(") - (part == ")")
        if depth == 0 and part not in "()":
            kept.append(part)
    return re.search(r"\border\s+by\b", " ".join(kept), re.IGNORECASE) is not None


def equal(right: Sequence[Any], returned: Any, *, ordered: bool) -> bool:
    """Whether two results are the same rows."""
    if not isinstance(returned, list) or len(right) != len(returned):
        return False
    if not all(isinstance(row, tuple) for row in returned):
        return False
    if not ordered:
        right, returned = sorted(right, key=_place), sorted(returned, key=_place)
    if all(_same_row(row, other) for row, other in zip(right, returned, strict=True)):
        return True
    return not ordered and _matched(list(right), list(returned))


def _matched(right: list[Any], returned: list[Any]) -> bool:
    """A partner for each row: sorting can part rows whose numbers differ in the last digits."""
    for row in right:
        place = next((index for index, other in enumerate(returned) if _same_row(row, other)), None)
        if place is None:
            return False
        del returned[place]
    return True


def _place(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        (0, 0.0, "") if value is None
        else (1, round(float(value), 4), "") if isinstance(value, int | float)
        else (2, 0.0, value if isinstance(value, str) else repr(value))
        for value in row
    )  # fmt: skip


def _same_row(row: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(row) == len(other) and all(map(_same, row, other))


def _same(cell: Any, other: Any) -> bool:
    if isinstance(cell, int | float) and isinstance(other, int | float):
        return cell == other or math.isclose(cell, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(cell) is type(other) and bool(cell == other)
