"""Python out of an answer: a continuation of the prompt, or a chat's reply that holds the whole program.

An answer that is Python as it stands is taken as it stands. Otherwise a block of it is read as a program of its own or
as what the prompt lacks, as it is or mended. The first that defines the names the tests need is taken: whole if
it compiles, else the longest prefix that does. Of several blocks that define them the first counts; the others lend the
definitions it lacks, and so does the prompt. Where none defines them the code is passed on as it stands, so that
running it says what is wrong.
"""

import ast
import functools
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from harness.code_tasks.extraction.blocks import Block
from harness.code_tasks.extraction.blocks import Extracted
from harness.code_tasks.extraction.blocks import blocks
from harness.code_tasks.extraction.blocks import spanned
from harness.code_tasks.extraction.blocks import told
from harness.code_tasks.extraction.blocks import unified
from harness.code_tasks.extraction.blocks import where
from harness.code_tasks.extraction.candidates import HOLE
from harness.code_tasks.extraction.candidates import Candidate
from harness.code_tasks.extraction.candidates import alone
from harness.code_tasks.extraction.candidates import begun
from harness.code_tasks.extraction.candidates import chunks
from harness.code_tasks.extraction.candidates import continued
from harness.code_tasks.extraction.candidates import escaped
from harness.code_tasks.extraction.definitions import Statement
from harness.code_tasks.extraction.definitions import compiles
from harness.code_tasks.extraction.definitions import free
from harness.code_tasks.extraction.definitions import is_empty
from harness.code_tasks.extraction.definitions import is_import
from harness.code_tasks.extraction.definitions import is_stub
from harness.code_tasks.extraction.definitions import joined
from harness.code_tasks.extraction.definitions import longest_prefix
from harness.code_tasks.extraction.definitions import solves
from harness.code_tasks.extraction.definitions import statements
from harness.code_tasks.extraction.literals import hidden
from harness.code_tasks.extraction.literals import shown
from harness.code_tasks.extraction.pruning import needed
from harness.code_tasks.extraction.pruning import whole
from harness.code_tasks.extraction.tokens import untokened
from harness.core import Trial
from harness.languages.python import LANGUAGE as PYTHON

Statements: TypeAlias = tuple[Statement, ...]
Prune: TypeAlias = Callable[[Statements], Statements]
Stub: TypeAlias = Callable[[ast.stmt], bool]
_DEFINES = re.compile(r"^(?:def|class)\s", re.MULTILINE)
_CODE = re.compile(
    r"^[ \t]*(?:(?:def|class|import|from|for|while|if|with|try|print|lambda)\b.*[:(=]|return\b|import\s+\w+\s*$"
    r"|[\w.\[\]]+\s*[-+*/]?=\s*\S)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What to read, `where` in the answer it stands, and the candidates of it, the likelier ones first."""

    where: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class _Solution:
    """Statements that define what is asked for, and how they were read."""

    found: Statements
    how: str


def function(text: str, trial: Trial) -> Extracted | None:
    """A program that defines `trial.names`, pruned to what they and the tests need; None where there is no code."""
    return _program(text, trial, lambda listed: needed(listed, {*trial.names, *_asked(trial.context, trial.tests)}))


def script(text: str, trial: Trial) -> Extracted | None:
    """A program that defines `trial.names`, with all its statements; None where the answer holds no code."""
    return _program(text, trial, whole)


def _program(text: str, trial: Trial, prune: Prune) -> Extracted | None:
    """What solves the problem; else what says that it does not; else the likeliest block as it stands."""
    plain = unified(text).removeprefix("\ufeff")
    forms = [(form, blocks(form.text)) for form in told(text, PYTHON.syntax, trial.prompt)]
    for stub in (is_stub, is_empty):
        if (solution := _whole(plain, trial, stub)) is not None:
            return _joined(solution, (Block(plain),), trial, prune, ())
        for form, parts in forms:
            for attempt in _attempts(form.text, parts, trial):
                if (solution := _first_solution(attempt, trial, stub)) is not None:
                    return _joined(solution, parts, trial, prune, form.notes)
    left = (_as_it_stands(parts, trial, form.notes) for form, parts in forms)
    return next((extracted for extracted in left if extracted is not None), None)


def _joined(
    solution: _Solution, parts: Sequence[Block], trial: Trial, prune: Prune, notes: tuple[str, ...]
) -> Extracted:
    code = joined(prune((*_lent(solution.found, parts, trial), *solution.found)))
    return Extracted(code, "; ".join((solution.how, *notes)))


def _whole(text: str, trial: Trial, stub: Stub) -> _Solution | None:
    """The answer as it stands, behind the prompt or by itself, where nothing in it is a mark of something else."""
    form = hidden(text, PYTHON.syntax)[0]
    if not text.strip() or untokened(form, PYTHON.syntax, trial.prompt)[1] or escaped(form):
        return None
    head, _, suffix = trial.prompt.partition(HOLE)
    ways = [(head + text + suffix, "continuation")] if trial.prompt else []
    for source, how in (*ways, (text, "whole text")):
        if compiles(source) and solves(body := statements(source), trial.names, stub):
            return _Solution(body, how)
    return None


def _attempts(answer: str, parts: Sequence[Block], trial: Trial) -> Iterator[_Attempt]:
    """The candidates of each block, the likelier ones first.

    What begins with an indented line continues the prompt, whatever is fenced behind it; otherwise fences come first,
    as programs of their own before any of them is taken for the rest of the prompt.
    """
    fenced = [part for part in parts if part.python]
    around = [part for part in parts if not part.fenced]
    foreign = [part for part in parts if part.fenced and not part.python]
    first = parts[0] if parts and not parts[0].fenced else None
    if trial.prompt and first is not None and (not fenced or _begins_indented(first.text)):
        yield _Attempt(f"continuation, {where(first, parts)}", tuple(continued(first.text, trial.prompt)))
    for part in fenced:
        yield _Attempt(where(part, parts), tuple(alone(part.text)))
    for part in fenced:
        yield _Attempt(where(part, parts), tuple(begun(part.text, trial.names)))
    for part in (*around, *foreign):
        candidates = (*alone(part.text), *begun(part.text, trial.names))
        yield _Attempt(where(part, parts), candidates)
    if (between := spanned(answer)) is not None:
        candidates = (*alone(between), *begun(between, trial.names))
        yield _Attempt("between the first fence and the last", candidates)
    for part in (*fenced, *around, *foreign) if trial.prompt else ():
        yield _Attempt(f"continuation, {where(part, parts)}", tuple(continued(part.text, trial.prompt)))


def _begins_indented(text: str) -> bool:
    return text.lstrip("\n")[:1] in {" ", "\t"}


def _first_solution(attempt: _Attempt, trial: Trial, stub: Stub) -> _Solution | None:
    """The statements of the first candidate that is whole and defines the names; else of the best prefix that does."""
    for candidate in attempt.candidates:
        source = shown(candidate.source + candidate.suffix)
        if compiles(source) and solves(body := statements(source), trial.names, stub):
            return _Solution(body, ", ".join(filter(None, (attempt.where, candidate.how))))
    best: tuple[int, _Solution] | None = None
    for candidate in attempt.candidates:
        if candidate.begins and best is not None:
            break
        # what is cut off may hold the rest of a literal, so that prefixes are looked for in what is shown
        head, source = len(shown(candidate.source[: candidate.head])), shown(candidate.source)
        prefix = longest_prefix(source)
        count = _lines(prefix[head:])
        if len(prefix) <= head or (best is not None and count <= best[0]):
            continue
        taken = prefix + shown(candidate.suffix)
        if compiles(taken) and solves(body := statements(taken), trial.names, stub):
            cut = f"the first {count} of {_lines(source[head:])} lines"
            best = count, _Solution(body, ", ".join(filter(None, (attempt.where, candidate.how, cut))))
    return None if best is None else best[1]


def _lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.split("\n"))


@functools.lru_cache(maxsize=16)
def _asked(context: str, tests: tuple[str, ...]) -> frozenset[str]:
    """What the tests read of a program, as a class of their inputs or a constant."""
    return free((context, *tests))


def _lent(solution: Statements, parts: Sequence[Block], trial: Trial) -> Statements:
    """What the statements and the tests use and do not bind, out of the prompt and of all blocks."""
    bound = {name for statement in solution for name in statement.binds}
    missing = {name for statement in solution for name in statement.uses} | _asked(trial.context, trial.tests)
    missing -= bound
    if not missing:
        return ()
    before = longest_prefix(trial.prompt.partition(HOLE)[0])
    missing |= {name for statement in statements(before) if is_import(statement) for name in statement.binds}
    sources = [before]
    sources += [source for part in parts for source in chunks(shown(part.text))]
    pool: list[Statement] = []
    own = {line.strip() for statement in solution for line in statement.source.split("\n")}
    for statement in (statement for source in sources for statement in statements(source)):
        # a body that is read apart from its function says nothing of its own
        taken = not is_import(statement) and own.issuperset(line.strip() for line in statement.source.split("\n"))
        if not statement.binds & bound and not taken:
            pool.append(statement)
            bound |= statement.binds
    return needed(pool, missing, lent=True)


def _as_it_stands(parts: Sequence[Block], trial: Trial, notes: tuple[str, ...]) -> Extracted | None:
    """The likeliest block as code, behind the prompt where it does not begin a definition; None without any code."""
    for part in sorted(parts, key=lambda part: (not part.python, part.fenced)):
        text = shown(part.text)
        if _CODE.search(text) is None:
            continue
        how = "; ".join((f"{where(part, parts)}, as it stands", *notes))
        begun = _DEFINES.search(text)
        if begun is not None or not trial.prompt:
            return Extracted(text[begun.start() if begun else 0 :].rstrip() + "\n", how)
        head, _, suffix = trial.prompt.partition(HOLE)
        return Extracted((head + text + suffix).rstrip() + "\n", f"continuation, {how}")
    return None
