"""The blocks of an answer: what stands between fences and what stands around them, in order.

Fences are CommonMark's (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), read as models write them: inside
lists and quotations, opened behind prose, closed behind code, or never closed. The marks `[PYTHON]`, `[CODE]` and
`[ANSWER]` of instruction-tuned models count as fences.
"""

import re
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from harness.code_tasks.extraction.literals import hidden
from harness.code_tasks.extraction.literals import shown
from harness.code_tasks.extraction.thoughts import unthought
from harness.code_tasks.extraction.tokens import untokened
from harness.languages.building.sources import Syntax
from harness.languages.python import LANGUAGE as PYTHON

_LINE_BREAK = re.compile(r"\r+\n|\r")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\-~])")
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad\x00"))
_MARK = re.compile(r"(?<![\w\])])[ \t]*\[()(PYTHON|CODE|ANSWER)\][ \t]*\n?|[ \t]*\[(/)(PYTHON|CODE|ANSWER)\][ \t]*\n?")
_ONE_LINE = re.compile(r"```(?:(python3?|py|sql)[ \t]+)?([^`\n]+)```")
_OPENS = re.compile(r"(?P<before>.*?)(?P<fence>`{3,}|~{3,})[ \t]*(?:\{[.\s]*)?(?P<language>[\w+#.-]*)[^`]*")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d+[.)]|>)?[ \t]*")
_QUOTED = re.compile(r"^>[ ]?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of an answer; `language` is what its fence says in lower case, "" without a word."""

    text: str
    language: str = ""
    fenced: bool = False

    @property
    def python(self) -> bool:
        """Whether it may well be Python: a fence that says so, or one that says nothing."""
        return self.fenced and self.language in PYTHON.words


@dataclass(frozen=True, slots=True)
class Told:
    """An answer with one kind of line break, without what was never part of it: `notes` say what that was."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Extracted:
    """A program, and how it was read out of its answer, in words for whoever reads the record."""

    code: str
    reading: str


def unified(text: str) -> str:
    """The answer with one kind of line break."""
    return _LINE_BREAK.sub("\n", text)


def told(text: str, syntax: Syntax, prompt: str = "") -> Iterator[Told]:
    """The answer without thoughts, special tokens, invisible characters and a terminal's, the likeliest form first.

    What stands in literals is hidden: `harness.code_tasks.extraction.literals.shown` brings it back.
    """
    for form in hidden(unified(text), syntax):
        clean = _ANSI.sub("", form).translate(_INVISIBLE).removeprefix("\u00ef\u00bb\u00bf")
        answer, thoughts = unthought(clean)
        answer, tokens = untokened(answer, syntax, prompt)
        notes = ["a terminal's codes removed"] if _ANSI.search(form) else []
        notes += [f"thought in {mark} removed" for mark in thoughts] + [f"{token} removed" for token in tokens]
        yield Told(answer, tuple(notes))


def without_thought(text: str, syntax: Syntax) -> str:
    """The answer as it stands, special tokens and all, but for a thought; "" where that does not end."""
    form = next(told(text, syntax))
    return shown(form.text) if any(note.startswith("thought") for note in form.notes) else unified(text)


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a tidy answer in order, none of them blank; an answer without fences is one block."""
    text = _ONE_LINE.sub(lambda match: f"\n```{match[1] or ''}\n{match[2]}\n```\n", text)
    text = _MARK.sub(lambda match: _fence(match, text), text)
    return tuple(block for block in _parted(text.split("\n")) if block.text.strip())


def _fence(mark: re.Match[str], text: str) -> str:
    """A mark as a fence; itself where the word in it is a variable's."""
    word = mark[2] or mark[4]
    if re.search(rf"(?<![\[/\w]){word}(?!\w)", text):
        return mark[0]
    return "\n```\n" if mark[3] else "\n```python\n"


def where(part: Block, parts: Sequence[Block]) -> str:
    """Which block of the answer it is, in words."""
    fenced = [block for block in parts if block.fenced]
    if not fenced:
        return "text without fences"
    if part.fenced:
        return f"fenced block {next(at for at, block in enumerate(fenced, 1) if block is part)} of {len(fenced)}"
    return "text around the fences"


def spanned(text: str) -> str | None:
    """What is between the first fence and the last, where there are more: a docstring of a program may have its own."""
    lines = text.split("\n")
    marks = [place for place, line in enumerate(lines) if _OPENS.fullmatch(line)]
    between = marks[1:-1]
    return "\n".join(lines[marks[0] + 1 : marks[-1]]) if between else None


def _parted(lines: list[str]) -> Iterator[Block]:
    """Cut the lines at fences; a fence that names a language opens a block, even inside another."""
    stretch: list[str] = []
    fence, language, indent = "", "", ""
    for line in lines:
        mark = _OPENS.fullmatch(line)
        if mark is None or not (_closes(mark, fence) if fence and not mark["language"] else _may_open(mark, fence)):
            stretch.append(line)
            continue
        if mark["before"].strip() and not _ITEM.fullmatch(mark["before"]):
            stretch.append(mark["before"])
        yield _block(stretch, language, indent, fenced=bool(fence))
        opening = not fence or bool(mark["language"])
        indent = re.match(r"[ \t>]*", mark["before"])[0] if opening else ""  # type: ignore[index]  # it matches always
        fence, language, stretch = mark["fence"] if opening else "", mark["language"].lower() if opening else "", []
    yield _block(stretch, language, indent, fenced=bool(fence))


def _closes(mark: re.Match[str], fence: str) -> bool:
    return mark["fence"].startswith(fence)


def _may_open(mark: re.Match[str], fence: str) -> bool:
    """Whether a fence that names a language, or any fence in prose, begins a block: not inside a longer one."""
    return not fence or (len(fence) <= len(mark["fence"]) and not mark["before"].strip())


def _block(lines: list[str], language: str, indent: str, *, fenced: bool) -> Block:
    """The lines without the indentation of their fence, and without marks of quotation before each."""
    text = "\n".join(lines)
    if fenced and all(line.startswith(">") for line in lines if line.strip()):
        text = _QUOTED.sub("", text)
    elif all(line.startswith(indent) for line in lines if line.strip()):
        text = "\n".join(line.removeprefix(indent) for line in lines)
    return Block(text, language, fenced)
