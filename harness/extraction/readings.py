"""The ways to read a block of an answer as Python: as a program of its own, or as what the prompt lacks."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from harness.extraction.definitions import compiles
from harness.extraction.definitions import longest_prefix

HOLE = "<completion>"
"""Where in a Trial's prompt the completion belongs; at its end, where the prompt does not say."""
_TYPOGRAPHIC = str.maketrans(
    {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'", "\u00a0": " ", "\u3000": " "}
)
_STARTS = re.compile(r"[ \t]*(?:@\w|(?:def|class|async|import|from|if|for|while|with|try)\b|\w+(?:\s*:[^=]+)?\s*=[^=])")
_SESSION = re.compile(r"[ \t]*(>>>|\.\.\.)(?: |$)(.*)")
_GO_ON = (":", ",", "(", "[", "{", "\\")
_RETURN = re.compile(r"\s*return\b[ \t]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """A source to try: `suffix` follows what of `source` is taken, which is more than its first `head` characters."""

    source: str
    suffix: str = ""
    head: int = 0


def alone(text: str, names: tuple[str, ...]) -> Iterator[Reading]:
    """A block as a program of its own: as it is, mended, out of a doctest session, or from where code begins."""
    for variant in dict.fromkeys((text, textwrap.dedent(text), mended(text), _session(text))):
        yield Reading(variant)
    defined = "|".join(map(re.escape, names))
    ends = [found.end() for found in re.finditer(rf"(?:(?:def|class)\s+(?:{defined})\b|\b(?:{defined})\s*[:=])", text)]
    if not ends:
        return
    for start in starts(text, before=ends[-1]):
        yield from map(Reading, dict.fromkeys((start, mended(start))))


def starts(text: str, before: int) -> Iterator[str]:
    """The text from each line on at which code may begin, moved to the left, up to a place in it."""
    lines = text.split("\n")
    place = 0
    for number, line in enumerate(lines):
        if place >= before:
            return
        if _STARTS.match(line) and _may_begin(line.strip()):
            indent = line[: len(line) - len(line.lstrip())]
            yield "\n".join(one.removeprefix(indent) for one in lines[number:])
        place += len(line) + 1


def _may_begin(line: str) -> bool:
    """Whether a line is Python by itself, or may go on in the next; prose that begins with `for` is neither."""
    return line.startswith("@") or line.endswith(_GO_ON) or '"""' in line or "'''" in line or compiles(mended(line))


def chunks(text: str) -> Iterator[str]:
    """The stretches of a text that are Python, as long as they get."""
    rest = text
    while (begun := next(starts(rest, before=len(rest)), None)) is not None:
        found = longest_prefix(begun)
        if found.strip():
            yield found
        taken = max(1, found.count("\n") + 1 if found.strip() else 1)
        rest = "\n".join(begun.split("\n")[taken:])


def continued(text: str, prompt: str) -> Iterator[Reading]:
    """A block as what the prompt lacks: as it is, or with the indentation that the place in the prompt asks for."""
    head, _, suffix = prompt.partition(HOLE)
    lead, indent = head.endswith("\n"), _indentation(head)
    flush = textwrap.dedent(text).strip("\n")
    moved = textwrap.indent(flush, indent)
    variants = [text, (indent if lead else "") + text.lstrip(), moved if lead else moved.removeprefix(indent)]
    if not lead and _RETURN.search(head.rpartition("\n")[2]):
        variants.append(_RETURN.sub("", flush, count=1))
    for variant in dict.fromkeys(variants):
        yield Reading(head + variant, suffix, len(head))
    for variant in dict.fromkeys(variants):
        start = mended(head)
        yield Reading(start + mended(variant), mended(suffix), len(start))


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
    typed = [found for line in text.split("\n") if (found := _SESSION.fullmatch(line))]
    return "\n".join(found[2] for found in typed) if any(found[1] == ">>>" for found in typed) else text
