"""What belongs into the gap of a program: the answer as it stands, or the Python between its fences."""

from harness.code_tasks.extraction.blocks import Extracted
from harness.code_tasks.extraction.blocks import blocks
from harness.code_tasks.extraction.blocks import unified
from harness.code_tasks.extraction.blocks import where
from harness.code_tasks.extraction.candidates import HOLE
from harness.code_tasks.extraction.candidates import continued
from harness.code_tasks.extraction.definitions import compiles
from harness.core import Trial


def infilled(text: str, trial: Trial) -> Extracted:
    """The trial's prompt with the answer in its hole, though it be empty: so may a gap be.

    A fenced answer is indented anew where it does not compile in its place.
    """
    before, _, behind = trial.prompt.partition(HOLE)
    parts = blocks(unified(text))
    fenced = next((part for part in parts if part.python), None)
    if fenced is None:
        return Extracted(before + text + behind, "in its gap")
    how = where(fenced, parts)
    for candidate in continued(fenced.text, trial.prompt):
        if compiles(candidate.source + candidate.suffix):
            return Extracted(candidate.source + candidate.suffix, ", ".join(filter(None, (how, candidate.how))))
    return Extracted(before + fenced.text + behind, how)
