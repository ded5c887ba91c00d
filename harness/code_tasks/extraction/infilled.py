"""What belongs into the gap of a program: the answer as it stands, or the Python between its fences."""

from collections.abc import Iterator

from harness.code_tasks.extraction.blocks import Extracted
from harness.code_tasks.extraction.blocks import blocks
from harness.code_tasks.extraction.blocks import where
from harness.code_tasks.extraction.blocks import without_thought
from harness.code_tasks.extraction.candidates import HOLE
from harness.code_tasks.extraction.candidates import continued
from harness.code_tasks.extraction.definitions import compiles
from harness.core import Trial
from harness.languages.python import LANGUAGE as PYTHON


def infilled(text: str, trial: Trial) -> Extracted | None:
    """The trial's prompt with the answer in its hole, though it be empty: so may a gap be. None for a mere thought.

    A fenced answer is indented anew where it does not compile in its place. A fence takes the break off its last line:
    it is given back where the gap begins a line, and elsewhere where the program does not compile without.
    """
    answer = without_thought(text, PYTHON.syntax)
    if text and not answer:
        return None
    before, _, behind = trial.prompt.partition(HOLE)
    parts = blocks(answer)
    fenced = next((part for part in parts if part.python), None)
    if fenced is None:
        return _bare(before, answer, behind)
    how = where(fenced, parts)
    for candidate in continued(fenced.text, trial.prompt):
        for source in _in_place(candidate.source, candidate.suffix, before):
            if compiles(source):
                return Extracted(source, ", ".join(filter(None, (how, candidate.how))))
    return Extracted(next(_in_place(before + fenced.text, behind, before)), how)


def _bare(before: str, answer: str, behind: str) -> Extracted:
    """The answer as it stands; where nothing stands behind it and it runs on into what is no Python, its function."""
    whole = before + answer + behind
    lines = answer.split("\n")
    ends = [place for place, line in enumerate(lines) if place and line.strip() and not line[0].isspace()]
    if ends and not behind.strip() and not compiles(whole):
        for end in reversed(ends):
            source = before + "\n".join(lines[:end]) + "\n"
            if compiles(source):
                return Extracted(source, "in its gap, cut behind its function")
    return Extracted(whole, "in its gap")


def _in_place(source: str, suffix: str, before: str) -> Iterator[str]:
    """The source with what stands behind the gap, on a line of its own or not: first, where the gap begins a line."""
    ways = [source + suffix]
    if suffix and not source.endswith("\n") and not suffix.startswith("\n"):
        ways.insert(0 if before.endswith("\n") else 1, f"{source}\n{suffix}")
    yield from ways
