"""Source text of the languages with braces, read without a parser: what it defines, and where a function closes.

Strings, characters and comments are blanked first, each by its place, so that what stands in them counts for nothing.
Preprocessor and macros are not read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT = r"//[^\n]*|/\*.*?(?:\*/|\Z)"
_TEXT = r'"(?:\\.|[^"\\\n])*"'
_PATTERN = r"(?:(?<=[=(,:\[!&|?;])|(?<=[=(,:\[!&|?;] )|(?<=return ))/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/"
_STRINGS = {
    "javascript": rf"{_TEXT}|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|{_PATTERN}",
    "java": rf'""".*?"""|{_TEXT}|' + r"'(?:\\.|[^'\\\n])+'",
    "cpp": rf'R"\(.*?\)"|{_TEXT}|' + r"(?<!\d)'(?:\\.|[^'\\\n])+'",
    "go": rf"{_TEXT}|`[^`]*`|" + r"'(?:\\.|[^'\\\n])+'",
    # a lone quote is a lifetime
    "rust": r'\br(#*)".*?"\1|"(?:\\.|[^"\\])*"|' + r"'(?:\\u\{[0-9a-fA-F]+\}|\\.|[^'\\\n])'",
}
_SKIPPED = {name: re.compile(f"{_COMMENT}|{strings}", re.DOTALL) for name, strings in _STRINGS.items()}
_NO_TYPE = r"(?!(?:return|else|using|throw|new|delete|case|goto|typedef|package|import)\b)"
_DEFINES = {
    "javascript": r"(?:export\s+(?:default\s+)?)?(?:async\s+)?"
    r"(?:function\b\s*\*?\s*|class\s+|(?:const|let|var)\s+)(?P<name>[\w$]+)",
    "java": _NO_TYPE
    + r"(?:(?:public|private|protected|static|final|abstract)[ \t]+)*(?:(?:class|interface|enum|record)\s+(?P<kind>\w+)"
    r"|(?:<[^(){};]*?>[ \t]*)?[A-Za-z_][\w.<>,?\[\] \t]*?[ \t>\]](?P<name>\w+)\s*\([^;{}]*\)[^;{}()=]*\{)",
    "cpp": _NO_TYPE + r"(?:(?:struct|class|enum|union|namespace)\s+(?P<kind>\w+)[^;(){}]*\{"
    r"|[A-Za-z_][\w:<>,&*\[\] \t]*?[ \t&*>](?P<name>\w+)\s*\([^;{}]*\)[^;{}()=]*\{)",
    "go": r"(?:func|type|var|const)[ \t]+(?P<name>\w+)",
    "rust": r"(?:pub(?:\([^)]*\))?[ \t]+)?(?:const[ \t]+|unsafe[ \t]+|async[ \t]+)*"
    r"(?:fn|struct|enum|trait|mod|type|const|static|impl(?:<[^>{]*>)?)[ \t]+(?P<name>\w+)",
}
_DEFINITION = {name: re.compile(rf"^[ \t]*{pattern}", re.MULTILINE) for name, pattern in _DEFINES.items()}
_BELONGS = re.compile(r"\s*(?:#!?\[.*\]|@\w+.*|template\s*<.*>)?\s*\Z", re.DOTALL)
"""What stands before an item and is part of it, once comments are blanked: attributes, annotations, nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of a source between braces, and what it defines; "" where that is nothing."""

    text: str
    name: str = ""


def blanked(source: str, language: str) -> str:
    """The source with strings and comments as blanks, every other character in its place."""
    return _SKIPPED[language].sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source)


def uncommented(source: str, language: str) -> str:
    """The source without its comments."""
    return _SKIPPED[language].sub(lambda found: "" if found[0].startswith(("//", "/*")) else found[0], source)


def defined(source: str, language: str) -> Iterator[tuple[str, int, int]]:
    """(name, beginning of its line, end of its head) of each definition, at any depth, in order."""
    for found in _DEFINITION[language].finditer(blanked(source, language)):
        groups = found.groupdict()
        yield groups["name"] or groups.get("kind") or "", found.start(), found.end()


def closing(source: str, language: str, depth: int = 1) -> int | None:
    """The place behind the brace that closes `depth` open ones; None where they stay open."""
    for found in re.finditer(r"[{}]", blanked(source, language)):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.end()
    return None


def items(source: str, language: str) -> tuple[Item, ...]:
    """The source in lines that belong together, up to a brace that closes more than was opened; joined they are it."""
    masked, start, depth = blanked(source, language), 0, 0
    found: list[Item] = []
    for line in re.finditer(r"[^\n]*\n?", masked):
        for mark in re.finditer(r"[][(){}]", line[0]):
            depth += 1 if mark[0] in "[({" else -1
            if depth < 0:
                return tuple(found)
        # a brace on a line of its own belongs to the head before it
        follows = masked[line.end() :].lstrip().startswith("{")
        if depth == 0 and not follows and not _BELONGS.fullmatch(masked[start : line.end()]):
            found.append(_item(source[start : line.end()], language))
            start = line.end()
    rest = source[start:]
    return (*found, Item(rest)) if rest else tuple(found)


def _item(text: str, language: str) -> Item:
    return Item(text, next((name for name, _, _ in defined(text, language)), ""))
