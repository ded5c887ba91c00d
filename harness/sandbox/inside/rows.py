"""The trusted side of "query": runs the right query, and compares its rows with the candidate's.

Result sets are multisets; where the right query orders at its top level, order counts. Numbers are equal within a
millionth, relative or absolute, as text-to-SQL comparisons do it (numbers of another type too: 3 is 3.0); columns
count by place, their names do not. Execution accuracy is of Yu et al. 2018, arXiv:1809.08887.
"""

import math
import os
import re
from collections.abc import Sequence
from contextlib import suppress
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


def main(_options: dict[str, Any], setup: int) -> None:
    """Judge one query: 3 the right ones, 4 and 5 the candidate, 6 the answers, 7 the database."""
    os.close(setup)
    instructions = Lines(3, 6)
    asked = wire.fitting(instructions.read(), messages.ASKED)
    candidate = Lines(5, 4, asked["patience"])
    with suppress(Ended):
        _judge(asked["tests"], candidate, instructions)


def _judge(queries: list[str], candidate: Lines, answers: Lines) -> None:
    database = read_all(7)
    expected = []
    for query in queries:
        right = rows(query, database)
        if "error" in right or len(right["rows"]) > MOST_ROWS:
            answers.write({"broken": f"the right query: {right.get('error', 'too many rows')}"})
            return
        expected.append(decode(right["rows"]))
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
    for index, (query, right) in enumerate(zip(queries, expected, strict=True)):
        same = equal(right, returned, ordered=orders(query))
        detail = None if same else f"{len(returned)} rows; expected {len(right)} rows of other content"
        outcome = "passed" if same else "failed"
        answers.write({"test": index, "outcome": outcome, "detail": detail, "calls": 1, "gone": False, "late": False})


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
