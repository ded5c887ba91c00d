"""The ways to read a block of an answer as Python: as a program of its own, or as what the prompt lacks."""

import html
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from harness.code_tasks.extraction.definitions import compiles
from harness.code_tasks.extraction.definitions import longest_prefix
from harness.code_tasks.extraction.literals import shown
from harness.code_tasks.extraction.literals import without_literals
from harness.code_tasks.extraction.tokens import cut_in_lines
from harness.languages.python import LANGUAGE as PYTHON

HOLE = "<completion>"
"""Where in a Trial's prompt the completion belongs; at its end, where the prompt does not say."""
_TYPOGRAPHIC = str.maketrans(
    {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"}
    | dict.fromkeys("\u00a0\u3000\u202f\u205f" + "".join(map(chr, range(0x2000, 0x200B))), " ")
)
_STARTS = re.compile(r"[ \t]*(?:@\w|(?:def|class|async|import|from|if|for|while|with|try)\b|\w+(?:\s*:[^=]+)?\s*=[^=])")
_SESSION = re.compile(r"[ \t]*(>>>|\.\.\.)(?: |$)(.*)")
_GO_ON = (":", ",", "(", "[", "{", "\\")
_RETURN = re.compile(r"\s*return\b[ \t]*")
_QUOTED = re.compile(r"^[ \t]*>[ ]?", re.MULTILINE)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|nbsp|#\d+|#x[0-9a-fA-F]+);")
_ESCAPED_TWICE = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source to try: `suffix` follows what of `source` is taken, which is more than its first `head` characters.

    `how` says in words what was done to the block. Of those that `begin` in the middle of a block the first counts that
    can be read at all; of others the one of which most can.
    """

    source: str
    suffix: str = ""
    head: int = 0
    how: str = ""
    begins: bool = False


def alone(text: str) -> Iterator[Candidate]:
    """A block as a program of its own: as it is, mended, or out of a doctest session."""
    for variant, how in _variants(text).items():
        yield Candidate(variant, how=how)


def begun(text: str, names: tuple[str, ...]) -> Iterator[Candidate]:
    """A block from each place on where code may begin, up to the last that defines one of the names."""
    defined = "|".join(map(re.escape, names))
    ends = [match.end() for match in re.finditer(rf"(?:(?:def|class)\s+(?:{defined})\b|\b(?:{defined})\s*[:=])", text)]
    if not ends:
        return
    for start in starts(text, before=ends[-1]):
        for variant in dict.fromkeys((start, mended(start))):
            yield Candidate(variant, how="from where code begins", begins=True)


def _variants(text: str) -> dict[str, str]:
    """The ways to write a block that stands for itself, and what each does to it."""
    variants = {unescaped(text): "HTML entities resolved"} if escaped(text) else {}
    ways = (
        (text, ""),
        (textwrap.dedent(text), "moved to the left"),
        (mended(text), "quotes, spaces and tabs mended"),
        (textwrap.dedent(mended(text)), "quotes, spaces and tabs mended, moved to the left"),
        (_session(text), "out of a doctest session"),
        (_unquoted(text), "out of a quotation"),
        (cut_in_lines(text), "tokens in its lines removed"),
    )
    for variant, how in ways:
        variants.setdefault(variant, how)
    return variants


def escaped(text: str) -> bool:
    """Whether it holds HTML's entities outside of its literals, where Python has none."""
    return _ENTITY.search(text) is not None and _ENTITY.search(without_literals(shown(text), PYTHON.syntax)) is not None


def unescaped(text: str) -> str:
    """The text with its entities as characters, be it escaped once or twice."""
    for _ in range(_ESCAPED_TWICE):
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text) if escaped(text) else text
    return text


def starts(text: str, before: int) -> Iterator[str]:
    """The text from each line on at which code may begin, moved to the left, up to a place in it."""
    lines = text.split("\n")
    place = 0
    for number, line in enumerate(lines):
        if place >= before:
            return
        if _STARTS.match(line) and _may_begin(line.strip()):
            indent = line[: len(line) - len(line.lstrip())]
            yield "\n".join(later.removeprefix(indent) for later in lines[number:])
        place += len(line) + 1


def _may_begin(line: str) -> bool:
    """Whether a line is Python by itself, or may go on in the next; prose that begins with `for` is neither."""
    return line.startswith("@") or line.endswith(_GO_ON) or '"""' in line or "'''" in line or compiles(mended(line))


def chunks(text: str) -> Iterator[str]:
    """The stretches of a text that are Python, as long as they get."""
    rest = text
    while (begun := next(starts(rest, before=len(rest)), None)) is not None:
        chunk = longest_prefix(begun)
        if chunk.strip():
            yield chunk
        taken = max(1, chunk.count("\n") + 1 if chunk.strip() else 1)
        rest = "\n".join(begun.split("\n")[taken:])


def continued(text: str, prompt: str) -> Iterator[Candidate]:
    """A block as what the prompt lacks: as it is, or with the indentation that the place in the prompt asks for."""
    head, _, suffix = prompt.partition(HOLE)
    text = unescaped(text) if escaped(text) else text
    variants = _continuations(text, head)
    for variant, how in variants.items():
        yield Candidate(head + variant, suffix, len(head), how)
    start = mended(head)
    for variant, how in _continuations(mended(text), start).items():
        if variant not in variants:
            also = "quotes, spaces and tabs mended"
            yield Candidate(start + variant, mended(suffix), len(start), f"{also}, {how}" if how else also)
    for variant in _continuations(cut_in_lines(text), head):
        if variant not in variants:
            yield Candidate(head + variant, suffix, len(head), "tokens in its lines removed")


def _continuations(text: str, head: str) -> dict[str, str]:
    """The ways to indent what follows `head`, and what each does to it."""
    lead, indent = head.endswith("\n"), _indentation(head)
    flush = textwrap.dedent(text).strip("\n")
    moved = textwrap.indent(flush, indent)
    variants = {text: ""}
    variants.setdefault((indent if lead else "") + text.lstrip(), "its first line indented")
    variants.setdefault(moved if lead else moved.removeprefix(indent), "indented anew")
    if lead:
        for variant in _bodies(text, indent):
            variants.setdefault(variant, "indented anew up to the first line without indentation")
    elif _RETURN.search(head.rpartition("\n")[2]):
        variants.setdefault(_RETURN.sub("", flush, count=1), "its second return removed")
    return variants


def _bodies(text: str, indent: str) -> Iterator[str]:
    """The text, its body alone indented anew: all its lines alike, or the first apart, which may have lost its own."""
    lines = text.strip("\n").split("\n")
    end = next((place for place, line in enumerate(lines) if place and _at_margin(line)), len(lines))
    inside = next((line[: len(line) - len(line.lstrip())] for line in lines if line[:1].isspace() and line.strip()), "")
    # a comment stands where it likes
    body, rest = [inside + line if line[:1] == "#" else line for line in lines[:end]], lines[end:]
    yield "\n".join((textwrap.indent(textwrap.dedent("\n".join(body)), indent), *rest))
    first = body[0].strip()
    deeper = indent + "    " if first.endswith(":") else indent
    others = textwrap.indent(textwrap.dedent("\n".join(body[1:])), deeper)
    yield "\n".join((indent + first, others, *rest))


def _at_margin(line: str) -> bool:
    return bool(line.strip()) and not line[0].isspace() and line[0] != "#"


def mended(text: str) -> str:
    """The text with plain quotes and spaces, and tabs as four spaces."""
    return text.translate(_TYPOGRAPHIC).expandtabs(4)


def _indentation(head: str) -> str:
    """The indentation of a statement at the end of `head`; one level more behind a colon."""
    line = next((line for line in reversed(head.split("\n")) if line.strip()), "")
    last = head.rpartition("\n")[2]
    if last and not last.strip():
        return last
    indent = line[: len(line) - len(line.lstrip())]
    return indent + "    " if line.rstrip().endswith(":") else indent


def _session(text: str) -> str:
    """What was typed in a doctest session; the text itself where it is none."""
    typed = [match for line in text.split("\n") if (match := _SESSION.fullmatch(line))]
    return "\n".join(match[2] for match in typed) if any(match[1] == ">>>" for match in typed) else text


def _unquoted(text: str) -> str:
    """What a quotation of Markdown holds; the text itself where a line of it is none."""
    lines = [line for line in text.split("\n") if line.strip()]
    quoted = all(line.lstrip().startswith(">") for line in lines) and not any(
        line.lstrip()[:3] == ">>>" for line in lines
    )
    return _QUOTED.sub("", text) if quoted else text
