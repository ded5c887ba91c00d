"""Source text read without a parser: what it defines, and where a function closes.

Strings, characters and comments are blanked first, each by its place, so that what stands in them counts for nothing.
An answer stops anywhere and holds anything, so a look takes time in proportion to its length: the grammars of
tree-sitter read the same functions (equal on 3,384 published answers), but one needs 242 MB for 8 KB of `a<a<a<` in
Java, and four times as much for each doubling. Preprocessor and macros are not read.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

C_COMMENT = r"//[^\n]*|/\*.*?(?:\*/|\Z)"
"""A comment of the languages whose comments are those of C."""
TEXT = r'"(?:\\.|[^"\\\n])*"'
"""A string in double quotes, on one line."""
C_BLOCK = r"/\*.*?\*/"
C_LINE = r"(?<!:)//[^\n]*"
TRIPLE = r'"""(?:\\.|[^\\])*?"""|' + r"'''(?:\\.|[^\\])*?'''"
"""A string of several lines between three quotes."""
TEMPLATE = r"(?<!`)`(?!`)(?:\\.|[^`\\])*`(?!`)"
"""A string of several lines between backticks."""
_BELONGS = re.compile(r"\s*(?:#!?\[.*\]|@\w+.*|template\s*<.*>)?\s*\Z", re.DOTALL)
"""What stands before an item and is part of it, once comments are blanked: attributes, annotations, nothing."""
_SPAN = "(?s:{})"
_CODE = r"[;{}=]|\breturn\b|\w\("


@dataclass(frozen=True, slots=True)
class Syntax:
    r"""How a language's source is read, as regular expressions.

    Attributes:
        comments: Match whole comments; "." is any character in it, as in the next.
        strings: Match whole strings.
        definitions: Match the head of what a line defines, with the group `name`, or `kind` for a type.
        callable: Matches behind the head of a definition named like a function where it is one.
        begins: Match a line that begins a file, as an import does.
        opens: Match what begins a function's body.
        closes: Match what ends a function's body.
        long: Match strings and comments of several lines, in an answer with prose around.
        short: Match a comment of one line, in the same.
        brackets: Whether an item also holds round and square brackets together; a pattern of Bash ends with one that
            nothing opened.
        by_line: Whether a statement ends with its line, as Python's does; nothing closes a body then.
        code: Matches what code has and prose has not, in an answer without a definition.
    """

    comments: str = C_COMMENT
    strings: str = TEXT
    definitions: str = r"(?!)(?P<name>)"
    callable: str = ""
    begins: str = r"(?!)"
    opens: str = r"\{"
    closes: str = r"\}"
    long: str = C_BLOCK
    short: str = C_LINE
    brackets: bool = True
    by_line: bool = False
    code: str = _CODE


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of a source between braces, and what it defines; "" where that is nothing."""

    text: str
    name: str = ""


def blanked(source: str, syntax: Syntax) -> str:
    """The source with strings and comments as blanks, every other character in its place."""
    return re.sub(_skipped(syntax), lambda match: re.sub(r"[^\n]", " ", match[0]), source)


def uncommented(source: str, syntax: Syntax) -> str:
    """The source without its comments."""
    comment = re.compile(_SPAN.format(syntax.comments))
    return re.sub(_skipped(syntax), lambda match: "" if comment.match(match[0]) else match[0], source)


def defined(source: str, syntax: Syntax) -> Iterator[tuple[str, int, int]]:
    """(name, beginning of its line, end of its head) of each definition, at any depth, in order."""
    for match in re.finditer(rf"(?m:^[ \t]*(?:{syntax.definitions}))", blanked(source, syntax)):
        groups = match.groupdict()
        yield groups["name"] or groups.get("kind") or "", match.start(), match.end()


def closing(source: str, syntax: Syntax, depth: int = 1) -> int | None:
    """The place behind what closes `depth` open bodies; None where they stay open."""
    for match in re.finditer(rf"(?P<opens>{syntax.opens})|{syntax.closes}", blanked(source, syntax)):
        depth += 1 if match["opens"] else -1
        if depth == 0:
            return match.end()
    return None


def unclosed(source: str, syntax: Syntax) -> int:
    """The bodies that stay open at the end of a source; below 0 where it closes more than it opens."""
    marks = re.finditer(rf"(?P<opens>{syntax.opens})|{syntax.closes}", blanked(source, syntax))
    return sum(1 if mark["opens"] else -1 for mark in marks)


def end(source: str, syntax: Syntax) -> int:
    """The place behind the last thing that closes a body, or the last definition where nothing can; 0 without."""
    if syntax.by_line:
        parts = items(source, syntax)
        last = max((place for place, item in enumerate(parts, 1) if item.name), default=0)
        return sum(len(item.text) for item in parts[:last])
    return max((match.end() for match in re.finditer(syntax.closes, source)), default=0)


def items(source: str, syntax: Syntax) -> tuple[Item, ...]:
    """The source in lines that belong together, up to a brace that closes more than was opened; joined they are it."""
    if syntax.by_line:
        return _by_margin(source, syntax)
    masked, start, depth = blanked(source, syntax), 0, 0
    opening, ending = (r"[\[(]|", r"[\])]|") if syntax.brackets else ("", "")
    marks = re.compile(rf"(?P<opens>{opening}{syntax.opens})|{ending}{syntax.closes}")
    opens = re.compile(rf"\s*+(?:{syntax.opens})")
    parts: list[Item] = []
    for line in re.finditer(r"[^\n]*\n?", masked):
        for mark in marks.finditer(line[0]):
            depth += 1 if mark["opens"] else -1
            if depth < 0:
                return tuple(parts)
        # a brace on a line of its own belongs to the head before it
        follows = opens.match(masked, line.end())
        if depth == 0 and not follows and not _BELONGS.fullmatch(masked[start : line.end()]):
            parts.append(_item(source[start : line.end()], syntax))
            start = line.end()
    rest = source[start:]
    return (*parts, Item(rest)) if rest else tuple(parts)


def _by_margin(source: str, syntax: Syntax) -> tuple[Item, ...]:
    """The source in lines at the margin, each with the indented and blank ones behind it."""
    masked = blanked(source, syntax)
    starts = [match.start() for match in re.finditer(r"(?m:^\S)", masked)]
    places = sorted({0, *starts, len(source)})
    return tuple(_item(source[start:stop], syntax) for start, stop in itertools.pairwise(places))


def _skipped(syntax: Syntax) -> str:
    return _SPAN.format(f"{syntax.comments}|{syntax.strings}")


def _item(text: str, syntax: Syntax) -> Item:
    return Item(text, next((name for name, _, _ in defined(text, syntax)), ""))
