"""Answers whose text is what the tests are about: they put it in its place, or run it step by step, themselves.

The program of such an answer gives its text as the value of `solution`.
"""

import ast
import re
from collections.abc import Iterator

from harness.code_tasks.extraction.blocks import Extracted
from harness.code_tasks.extraction.blocks import blocks
from harness.code_tasks.extraction.blocks import told
from harness.code_tasks.extraction.blocks import where
from harness.code_tasks.extraction.blocks import without_thought
from harness.code_tasks.extraction.candidates import continued
from harness.code_tasks.extraction.definitions import compiles
from harness.code_tasks.extraction.literals import shown
from harness.core import Trial
from harness.languages.python import LANGUAGE as PYTHON

NAME = "solution"
"""What tests call the text of an answer."""
_ENDS = ("</code>", "# SOLUTION END")


def inserted(text: str, trial: Trial) -> Extracted | None:
    """DS-1000's answers, which stand in a hole of the trial's prompt; None where there is no code.

    As the authors' `postprocess` reads them: up to `</code>`, the second fence or `END SOLUTION`. Where what comes of
    that does not compile in its place, each block of the answer is tried, as it is or indented anew.
    """
    answer = without_thought(text, PYTHON.syntax)
    plain = _cut(answer)
    for piece, how in ((plain, "as the authors cut it"), *_blocks(answer, trial)):
        if not piece.strip():
            continue
        for candidate in continued(piece, trial.prompt):
            if compiles(candidate.source + candidate.suffix):
                return quoted(candidate.source[candidate.head :], ", ".join(filter(None, (how, candidate.how))))
    return quoted(plain, "as the authors cut it, no Python in its place") if plain.strip() else None


def turns(text: str, trial: Trial) -> Extracted | None:
    """The program so far, which is the trial's prompt, and what was added to it last; None where both are blank."""
    whole = trial.prompt + added(text)
    return quoted(whole, "the program of all turns") if whole.strip() else None


def quoted(text: str, how: str) -> Extracted:
    """A program that gives a text its name: legibly, where that is the same text."""
    legible = f'{NAME} = r"""\n{text}\n"""[1:-1]\n'
    try:
        same = ast.literal_eval(legible.removeprefix(f"{NAME} = ").removesuffix("[1:-1]\n"))[1:-1] == text
    except (SyntaxError, ValueError):
        same = False
    return Extracted(legible if same else f"{NAME} = {text!r}\n", how)


def added(text: str) -> str:
    """What an answer adds to a program: the Python between its fences, or what stands before the first sign of more.

    MTPB's `truncate`: up to the second `print` or `def` at a line's begin, a comment or a docstring there, or two
    empty lines.
    """
    answer = without_thought(text, PYTHON.syntax)
    fenced = [part.text for part in blocks(answer) if part.python]
    return "\n".join(fenced) if fenced else _truncated(answer)


def _truncated(text: str) -> str:
    for word in ("print", "def"):
        places = [match.start() for match in re.finditer(rf"^{word}", text, re.MULTILINE)]
        text = text[: places[1]] if len(places) > 1 else text
    end = re.search(r"^(?:#|'''|\"\"\")|<\|endoftext\|>|\n\n\n", text, re.MULTILINE)
    return text if end is None else text[: end.start()]


def _cut(text: str) -> str:
    """The authors' `postprocess`, and the stops they ask for."""
    for end in _ENDS:
        text = text.partition(end)[0]
    text = text.replace("```python", "").partition("```")[0]
    return text.partition("\nEND SOLUTION")[0].replace("<code>", "")


def _blocks(text: str, trial: Trial) -> Iterator[tuple[str, str]]:
    """The stretches of an answer that may be its code, and what they are."""
    yield text.partition("<code>")[2].partition("</code>")[0], "between <code> and </code>"
    for form in told(text, PYTHON.syntax, trial.prompt):
        parts = blocks(form.text)
        for part in sorted(parts, key=lambda part: not part.python):
            yield shown(part.text), where(part, parts)
