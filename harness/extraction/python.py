"""Python out of an answer: a continuation of the prompt, or a chat's reply that holds the whole program.

A block of an answer is read as a program of its own or as what the prompt lacks, as it is or mended. The first reading
that defines the names the tests need is taken: whole if it compiles, else its longest prefix that does. Of several
blocks that define them the first counts; the others lend the definitions it lacks, and so does the prompt. Where none
defines them the code is passed on as it stands, so that running it says what is wrong.
"""

import functools
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import TypeAlias

from harness.core import Trial
from harness.extraction.blocks import Block
from harness.extraction.blocks import blocks
from harness.extraction.blocks import spanned
from harness.extraction.blocks import tidy
from harness.extraction.definitions import Statement
from harness.extraction.definitions import compiles
from harness.extraction.definitions import free
from harness.extraction.definitions import joined
from harness.extraction.definitions import longest_prefix
from harness.extraction.definitions import needed
from harness.extraction.definitions import solves
from harness.extraction.definitions import statements
from harness.extraction.readings import HOLE
from harness.extraction.readings import Reading
from harness.extraction.readings import alone
from harness.extraction.readings import chunks
from harness.extraction.readings import continued

Found: TypeAlias = tuple[Statement, ...]
_DEFINES = re.compile(r"^(?:def|class)\s", re.MULTILINE)
_CODE = re.compile(
    r"^[ \t]*(?:(?:def|class|import|from|for|while|if|with|try|print|lambda)\b.*[:(=]|return\b|import\s+\w+\s*$"
    r"|[\w.\[\]]+\s*[-+*/]?=\s*\S)",
    re.MULTILINE,
)


def function(text: str, trial: Trial) -> str | None:
    """A program that defines `trial.names`, pruned to what they and the tests need; None where there is no code."""
    return _program(text, trial, lambda found: needed(found, {*trial.names, *_asked(trial.context, trial.tests)}))


def script(text: str, trial: Trial) -> str | None:
    """A program that defines `trial.names`, with all its statements; None where the answer holds no code."""
    return _program(text, trial, lambda found: found)


def _program(text: str, trial: Trial, prune: Callable[[Found], Found]) -> str | None:
    told = tidy(text)
    parts = blocks(told)
    for readings in _attempts(told, parts, trial):
        found = _first_solution(tuple(readings), trial)
        if found is not None:
            return joined(prune((*_lent(found, parts, trial), *found)))
    return _as_it_stands(parts, trial)


def _attempts(told: str, parts: Sequence[Block], trial: Trial) -> Iterator[Iterable[Reading]]:
    """The readings of each block, the likelier ones first.

    What begins with an indented line continues the prompt, whatever is fenced behind it; otherwise fences come first,
    as programs of their own before any of them is taken for the rest of the prompt.
    """
    fenced = [part for part in parts if part.python]
    around = [part for part in parts if not part.fenced]
    foreign = [part for part in parts if part.fenced and not part.python]
    first = parts[0] if parts and not parts[0].fenced else None
    if trial.prompt and first is not None and (not fenced or _begins_indented(first.text)):
        yield continued(first.text, trial.prompt)
    for part in (*fenced, *around, *foreign):
        yield alone(part.text, trial.names)
    if (whole := spanned(told)) is not None:
        yield alone(whole, trial.names)
    for part in (*fenced, *around, *foreign) if trial.prompt else ():
        yield continued(part.text, trial.prompt)


def _begins_indented(text: str) -> bool:
    return text.lstrip("\n")[:1] in {" ", "\t"}


def _first_solution(readings: Sequence[Reading], trial: Trial) -> Found | None:
    """The statements of the first reading that is whole and defines the names; else of the first prefix that does."""
    sources = [reading.source + reading.suffix for reading in readings]
    for source in sources:
        if compiles(source) and solves(found := statements(source), trial.names):
            return found
    for reading in readings:
        prefix = longest_prefix(reading.source)
        source = prefix + reading.suffix
        if len(prefix) > reading.head and compiles(source) and solves(found := statements(source), trial.names):
            return found
    return None


@functools.lru_cache(maxsize=16)
def _asked(context: str, tests: tuple[str, ...]) -> frozenset[str]:
    """What the tests read of a program, as a class of their inputs or a constant."""
    return free((context, *tests))


def _lent(found: Found, parts: Sequence[Block], trial: Trial) -> Found:
    """What the statements and the tests use and do not bind, out of the prompt and of all blocks."""
    bound = {name for statement in found for name in statement.binds}
    missing = {name for statement in found for name in statement.uses} | _asked(trial.context, trial.tests)
    missing -= bound
    if not missing:
        return ()
    sources = [longest_prefix(trial.prompt.partition(HOLE)[0])]
    sources += [source for part in parts for source in chunks(part.text)]
    pool: list[Statement] = []
    own = {statement.source for statement in found}
    for statement in (statement for source in sources for statement in statements(source)):
        if not statement.binds & bound and statement.source not in own:
            pool.append(statement)
            bound |= statement.binds
    return needed(pool, missing)


def _as_it_stands(parts: Sequence[Block], trial: Trial) -> str | None:
    """The likeliest block as code, behind the prompt where it does not begin a definition; None without any code."""
    for part in sorted(parts, key=lambda part: (not part.python, part.fenced)):
        if _CODE.search(part.text) is None:
            continue
        begun = _DEFINES.search(part.text)
        if begun is not None or not trial.prompt:
            return part.text[begun.start() if begun else 0 :].rstrip() + "\n"
        head, _, suffix = trial.prompt.partition(HOLE)
        return (head + part.text + suffix).rstrip() + "\n"
    return None
