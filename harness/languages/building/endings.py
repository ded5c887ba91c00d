"""Where functions and classes of a language with braces begin and end, past strings and comments.

Programs are looked at outside the jail, so a look takes time in proportion to a source's length, whatever is in it.
"""

import re
from collections.abc import Iterator

_SKIPPED = (
    r"""//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|\"{3}(?:[^\"\\]|\\.|\"(?!\"\"))*+(?:\"{3})?"""
    r"""|"(?:\\.|[^"\\\n])*+"?|'(?:\\.|[^'\\\n])'|`[^`]*+`?"""
)
_BRACES = re.compile(rf"{_SKIPPED}|[{{}}]", re.DOTALL)
_STRINGS_AND_COMMENTS = re.compile(_SKIPPED, re.DOTALL)
_CLASSES = re.compile(rf"{_SKIPPED}|[{{}}]|\b(?:class|record|enum|interface)\s++([A-Za-z_$]\w*+)", re.DOTALL)


def before_end(source: str, heads: str, line: str) -> str | None:
    """The source with a line put before the closing brace of each function whose head matches; None where none does.

    A `return` in the function's last line would end it before the line; the tests of the field have none.
    """
    return _with(line, source, [_end(source, head.end()) for head in code_heads(source, heads)])


def after_begin(source: str, heads: str, line: str) -> str | None:
    """The same with the line behind the opening brace."""
    places = [_begin(source, head.end()) for head in code_heads(source, heads)]
    return _with(line, source, [None if place is None else place + 1 for place in places])


def bare(source: str) -> str:
    """The source with a blank in place of each string and comment."""
    return _STRINGS_AND_COMMENTS.sub(" ", source)


def enclosing(source: str, place: int) -> tuple[str, ...]:
    """The classes that a place stands in, the outermost first."""
    around: list[str] = []
    coming = ""
    for match in _CLASSES.finditer(source, 0, place):
        if match[1]:
            coming = match[1]
        elif match[0] == "{":
            around.append(coming)
            coming = ""
        elif match[0] == "}" and around:
            around.pop()
    return tuple(filter(None, around))


def code_heads(source: str, heads: str) -> list[re.Match[str]]:
    """The matches that begin in no string and no comment."""
    hidden = _STRINGS_AND_COMMENTS.finditer(source)
    last = next(hidden, None)
    matches = []
    for head in re.finditer(heads, source):
        while last is not None and last.end() <= head.start():
            last = next(hidden, None)
        if last is None or head.start() < last.start():
            matches.append(head)
    return matches


def opening(source: str, heads: str) -> int:
    """The first place in a test where a definition can stand: its begin, or a head's where it ends a function first."""
    if not bare(source).lstrip().startswith("}"):
        return 0
    return next((head.start() for head in code_heads(source, heads)), 0)


def _with(line: str, source: str, places: list[int | None]) -> str | None:
    ordered = sorted((place for place in places if place is not None), reverse=True)
    for place in ordered:
        source = f"{source[:place]}\n{line}\n{source[place:]}"
    return source if ordered else None


def _braces(source: str, start: int) -> Iterator[tuple[int, int]]:
    """(place, depth after it) of each brace from `start` on."""
    depth = 0
    for match in _BRACES.finditer(source, start):
        if match[0] in "{}":
            depth += 1 if match[0] == "{" else -1
            yield match.start(), depth


def _begin(source: str, start: int) -> int | None:
    """The place of the first brace opened from `start` on."""
    return next((place for place, depth in _braces(source, start) if depth == 1), None)


def _end(source: str, start: int) -> int | None:
    """The place of the brace that closes the first one opened from `start` on."""
    return next((place for place, depth in _braces(source, start) if depth == 0), None)
