"""A query out of an answer: the first statement of a fenced block, else from the first SELECT or WITH on."""

import re
from collections.abc import Sequence

from harness.code_tasks.extraction.blocks import Block
from harness.code_tasks.extraction.blocks import Extracted
from harness.code_tasks.extraction.blocks import blocks
from harness.code_tasks.extraction.blocks import told
from harness.code_tasks.extraction.blocks import where
from harness.code_tasks.extraction.literals import shown
from harness.core import Trial
from harness.languages.sqlite import LANGUAGE as SQL

_BEGINS = re.compile(r"^[ \t]*(?:SELECT|WITH)\b", re.IGNORECASE | re.MULTILINE)
_COMMENTS = re.compile(r"\A(?:\s*--[^\n]*\n)+")
_INSIDE = re.compile(r"\b(?:SELECT|WITH)\b.*?\b(?:FROM|SELECT)\b", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|;|\n[ \t]*\n", re.DOTALL)


def query(text: str, trial: Trial) -> Extracted | None:
    """One statement without its semicolon; None where the answer holds none.

    An answer that begins in the middle of one continues the prompt's last line, which is `trial.prompt`. A blank line
    ends a statement that stands in prose.
    """
    for form in told(text, SQL.syntax, trial.prompt):
        if (extracted := _read(blocks(form.text), trial)) is not None:
            return Extracted(shown(extracted.code), "; ".join((extracted.reading, *form.notes)))
    return None


def _read(parts: Sequence[Block], trial: Trial) -> Extracted | None:
    for part in parts:
        if part.fenced and part.language in SQL.words and (statement := _statement(part.text, blank_ends=False)):
            return Extracted(statement, where(part, parts))
    if trial.prompt and parts and not parts[0].fenced and not _BEGINS.match(_COMMENTS.sub("", parts[0].text).lstrip()):
        continued = _statement(trial.prompt + parts[0].text, blank_ends=True)
        if continued and _INSIDE.match(continued):
            return Extracted(continued, "continuation")
    for part in parts:
        if statement := _statement(part.text, blank_ends=not part.fenced):
            return Extracted(statement, where(part, parts))
    return None


def _statement(text: str, *, blank_ends: bool) -> str | None:
    """From the first SELECT or WITH that begins a line, else the first before a FROM, to the statement's end."""
    begun = _BEGINS.search(text) or _INSIDE.search(text)
    if begun is None:
        return None
    text = text[begun.start() :].strip()
    ends = (
        match.start() for match in _TOKEN.finditer(text) if match[0] == ";" or (blank_ends and not match[0].strip())
    )
    return text[: next(ends, len(text))].strip() or None
