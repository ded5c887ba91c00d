"""The blocks of an answer: what stands between fences and what stands around them, in order.

Fences are CommonMark's (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), read as models write them: inside
lists and quotations, opened behind prose, closed behind code, or never closed. The marks `[PYTHON]`, `[CODE]` and
`[ANSWER]` of instruction-tuned models count as fences.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PYTHON = frozenset({"", "python", "python3", "py", "py3", "python2", "ipython", "pycon", "code"})
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_SPECIAL = re.compile(r"<\|(?:im_end|endoftext|eot_id|end|im_start|end_of_text)\|>|</s>|<end_of_turn>")
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))
_MARK = re.compile(r"[ \t]*\[(/?)(PYTHON|CODE|ANSWER)\][ \t]*\n?")
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
        return self.fenced and self.language in PYTHON


def tidy(text: str) -> str:
    """The answer with one kind of line break, without thoughts, special tokens and invisible characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_INVISIBLE)
    text = _THOUGHT.sub("", text).rpartition("</think>")[2].partition("<think>")[0]
    found = _SPECIAL.search(text)
    return text[: found.start()] if found else text


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a tidy answer in order, none of them blank; an answer without fences is one block."""
    text = _ONE_LINE.sub(lambda found: f"\n```{found[1] or ''}\n{found[2]}\n```\n", text)
    text = _MARK.sub(lambda found: "\n```\n" if found[1] else "\n```python\n", text)
    return tuple(block for block in _parted(text.split("\n")) if block.text.strip())


def spanned(text: str) -> str | None:
    """What is between the first fence and the last, where there are more: a docstring of a program may have its own."""
    lines = text.split("\n")
    marks = [place for place, line in enumerate(lines) if _OPENS.fullmatch(line)]
    between = marks[1:-1]
    return "\n".join(lines[marks[0] + 1 : marks[-1]]) if between else None


def _parted(lines: list[str]) -> Iterator[Block]:
    """Cut the lines at fences; a fence that names a language opens a block, even inside another."""
    found: list[str] = []
    fence, language, indent = "", "", ""
    for line in lines:
        mark = _OPENS.fullmatch(line)
        if mark is None or not (_closes(mark, fence) if fence and not mark["language"] else _may_open(mark, fence)):
            found.append(line)
            continue
        if mark["before"].strip() and not _ITEM.fullmatch(mark["before"]):
            found.append(mark["before"])
        yield _block(found, language, indent, fenced=bool(fence))
        opening = not fence or bool(mark["language"])
        indent = re.match(r"[ \t>]*", mark["before"])[0] if opening else ""  # type: ignore[index]  # it matches always
        fence, language, found = mark["fence"] if opening else "", mark["language"].lower() if opening else "", []
    yield _block(found, language, indent, fenced=bool(fence))


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
