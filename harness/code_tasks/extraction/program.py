"""A whole program out of an answer: one that reads its input and prints, whatever it defines."""

import re

from harness.code_tasks.extraction.blocks import Extracted
from harness.code_tasks.extraction.blocks import blocks
from harness.code_tasks.extraction.blocks import told
from harness.code_tasks.extraction.blocks import where
from harness.code_tasks.extraction.definitions import compiles
from harness.code_tasks.extraction.literals import shown
from harness.code_tasks.extraction.python import script
from harness.core import Trial
from harness.languages.python import LANGUAGE as PYTHON

_READS = re.compile(r"\b(?:input|stdin|open|read|fileinput)\b")
_PRINTS = re.compile(r"\b(?:print|stdout|write|writelines)\b")


def program(text: str, trial: Trial) -> Extracted | None:
    """The last Python block that reads and prints; else what `script` makes of the answer.

    The last, as LiveCodeBench has it (arXiv:2403.07974): a better program follows a first one, and examples of inputs
    stand in blocks of their own. None where the answer holds no code.
    """
    for form in told(text, PYTHON.syntax, trial.prompt):
        parts = blocks(form.text)
        for part in reversed([part for part in parts if part.python]):
            code = shown(part.text)
            if _READS.search(code) and _PRINTS.search(code) and compiles(code):
                return Extracted(code.strip("\n") + "\n", "; ".join((where(part, parts), *form.notes)))
    return script(text, trial)
