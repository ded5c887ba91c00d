"""The statements of a body as texts of their own: what a line holds beside them goes, what their strings hold stays.

A statement moved to the left keeps every line that begins inside a string as it is, so each text has the very tree that
its statement has where it stands.
"""

import ast
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

_BREAKS = re.compile(r"\r\n?")
_NOTHING = re.compile(r"[ \t\f]*(?:#.*)?")
"""What may stand behind a statement and be none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement: its tree and its text."""

    node: ast.stmt
    source: str


def unified(source: str) -> str:
    """The source with the line breaks that Python makes of it, inside strings too."""
    return _BREAKS.sub("\n", source)


def pieces(source: str, body: Iterable[ast.stmt]) -> tuple[Piece, ...]:
    """The statements of a body of this source, in order. The source is `unified`."""
    lines = source.split("\n")
    return tuple(Piece(node, _text(lines, node)) for node in body)


def _text(lines: Sequence[str], node: ast.stmt) -> str:
    """A statement's own lines, moved to the left; only its part of a line that it shares."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
    own = list(lines[first - 1 : node.end_lineno])
    behind = _parted(own[-1], node.end_col_offset or 0)[1]
    if _NOTHING.fullmatch(behind) is None:
        own[-1] = own[-1].removesuffix(behind)
    indent = own[0][: len(own[0]) - len(own[0].lstrip())]
    before, begun = _parted(own[0], node.col_offset)
    if first == node.lineno and before.strip():
        own[0] = begun
    inside = {line - first for line in _inside_strings(node)}
    return "\n".join(line if place in inside else line.removeprefix(indent) for place, line in enumerate(own))


def _parted(line: str, offset: int) -> tuple[str, str]:
    """A line up to an offset, which Python counts in bytes, and from there on."""
    written = line.encode()
    return written[:offset].decode(), written[offset:].decode()


def _inside_strings(node: ast.stmt) -> Iterator[int]:
    """The lines, from 1, that begin inside a string of several lines."""
    for inner in ast.walk(node) if node.end_lineno != node.lineno else ():
        if isinstance(inner, ast.JoinedStr) or (
            isinstance(inner, ast.Constant) and isinstance(inner.value, str | bytes)
        ):
            yield from range(inner.lineno + 1, (inner.end_lineno or inner.lineno) + 1)
