"""Programs in a language with bodies out of an answer that continues a function, or holds the whole of it.

A continuation stands behind the prompt: `continued` keeps it as it is; `function` ends it where the function closes, as
CodeGeeX does (arXiv:2303.17568), with those later definitions that the kept ones use. A fenced block of the language
that defines the function, or an answer that does before it could close one, takes the place of the prompt's own
definition, behind what the prompt has before it, so that no signature stands twice. What is peculiar to a language its
module in `harness.languages` says.
"""

import re
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from functools import cached_property
from typing import TypeAlias

from harness.code_tasks.extraction.blocks import Block
from harness.code_tasks.extraction.blocks import Extracted
from harness.code_tasks.extraction.blocks import blocks
from harness.code_tasks.extraction.blocks import told
from harness.code_tasks.extraction.blocks import where
from harness.code_tasks.extraction.candidates import HOLE
from harness.code_tasks.extraction.literals import shown
from harness.core import Trial
from harness.languages import Language
from harness.languages import required
from harness.languages.building.joining import Whole
from harness.languages.building.sources import Item
from harness.languages.building.sources import closing
from harness.languages.building.sources import defined
from harness.languages.building.sources import end
from harness.languages.building.sources import items
from harness.languages.building.sources import uncommented

CLASS_END = f"{HOLE}\n}}\n"
"""How a prompt ends whose class the tests do not close."""
_RUN = frozenset({"main", "Main", "tests", "test"})
"""What a program of tests defines itself."""


@dataclass(frozen=True)
class _Asked:
    """A trial and its language."""

    trial: Trial

    @cached_property
    def language(self) -> Language:
        """The language; raises UsageError where there is none of this name."""
        return required(self.trial.language)

    @cached_property
    def head(self) -> str:
        """What of the prompt stands before the completion."""
        return self.trial.prompt.partition(HOLE)[0]

    @cached_property
    def tail(self) -> str:
        """What of the prompt stands behind the completion."""
        return self.trial.prompt.partition(HOLE)[2]

    @cached_property
    def tests(self) -> str:
        """All tests."""
        return "\n".join(self.trial.tests)

    @cached_property
    def taken(self) -> frozenset[str]:
        """The names that a program must not bring, as its tests do."""
        syntax = self.language.syntax
        return _RUN | {name for test in self.trial.tests for name, _, _ in defined(test, syntax)}

    @property
    def ends_a_class(self) -> bool:
        """Whether the prompt closes a class around the function."""
        return self.trial.prompt.endswith(CLASS_END)


Continuation: TypeAlias = Callable[[str, _Asked], str]


def function(text: str, trial: Trial) -> Extracted | None:
    """A program whose continued function ends where it closes; None where the answer holds no code."""
    asked = _Asked(trial)
    program = _program(text, asked, _closed)
    return program and replace(program, code=asked.language.finish(program.code, asked.tests))


def continued(text: str, trial: Trial) -> Extracted | None:
    """A program whose continuation is kept as it is; None where the answer holds no code."""
    return _program(text, _Asked(trial), _as_it_is)


def _program(text: str, asked: _Asked, continuation: Continuation) -> Extracted | None:
    for form in told(text, asked.language.syntax, asked.trial.prompt):
        if (extracted := _read(blocks(form.text), asked, continuation)) is not None:
            return Extracted(shown(extracted.code), "; ".join((extracted.reading, *form.notes)))
    return None


def _read(parts: Sequence[Block], asked: _Asked, continuation: Continuation) -> Extracted | None:
    own = [part for part in parts if part.fenced and part.language in asked.language.words]
    whole = [part for part in parts if part.fenced and _definition(part.text, asked) is not None]
    first = parts[0] if parts and not parts[0].fenced else None
    is_only = not own and not whole
    if first is not None and _continues(first.text, asked) and (is_only or first.text.lstrip("\n")[:1] in " \t"):
        return Extracted(continuation(first.text, asked), "continuation")
    others = [part for part in parts if part not in own]
    for part in (*own, *others):
        if _definition(part.text, asked) is not None:
            return Extracted(_alone(part, asked), where(part, parts))
    for part in own or [part for part in others if part.fenced]:
        if re.search(asked.language.syntax.code, part.text):
            return Extracted(continuation(_body(part.text, asked), asked), f"continuation, {where(part, parts)}")
    return None


def _body(text: str, asked: _Asked) -> str:
    """A fenced body without what closes the function, where the prompt's own end has it."""
    syntax = asked.language.syntax
    close = re.search(rf"(?:{syntax.closes})\Z", text[:place]) if (place := closing(text, syntax)) else None
    if close is None or asked.ends_a_class or not re.match(syntax.closes, asked.tail.lstrip()):
        return text
    return text[: close.start()]


def _continues(text: str, asked: _Asked) -> bool:
    """Whether it is code that goes on in the function: it does not define it before it has closed it."""
    start, close = _definition(text, asked), closing(text, asked.language.syntax)
    code = re.search(asked.language.syntax.code, text)
    return code is not None and (start is None or (close is not None and close <= start))


def _definition(text: str, asked: _Asked) -> int | None:
    """Where the function's definition begins; a variable of its name, as in JavaScript's `let f = 1`, is none."""
    syntax = asked.language.syntax
    callable_behind = re.compile(syntax.callable)
    for name, start, stop in defined(text, syntax):
        if name in asked.trial.names and callable_behind.match(text, stop):
            return start
    return None


def _as_it_is(text: str, asked: _Asked) -> str:
    return asked.head + text + asked.tail


def _closed(text: str, asked: _Asked) -> str:
    """The continuation up to the function's end, and what is defined behind it and used."""
    syntax = asked.language.syntax
    close = closing(text, syntax)
    if close is None:
        return _as_it_is(text, asked)
    kept = asked.head + text[:close]
    used = _used(items(text[close:], syntax), kept, asked)
    return kept + "".join(f"\n{item.text}" for item in used) + asked.tail


def _used(all_items: Sequence[Item], kept: str, asked: _Asked) -> list[Item]:
    """Those that the kept source, the tests or one of themselves name; what the tests define is never one."""
    named = [item for item in all_items if item.name and item.name not in asked.taken]
    wanted: list[Item] = []
    source = f"{kept}\n{asked.tests}"
    while more := [item for item in named if item not in wanted and re.search(rf"\b{re.escape(item.name)}\b", source)]:
        wanted += more
        source = "\n".join(item.text for item in more)
    return [item for item in all_items if item in wanted]


def _alone(part: Block, asked: _Asked) -> str:
    """A block that defines the function, behind what the prompt has before it and the block lacks."""
    syntax = asked.language.syntax
    before = uncommented(asked.head[: _definition(asked.head, asked)], syntax)
    source = part.text if part.fenced else _from_code(part.text, asked)
    whole = Whole(source, before, syntax, asked.trial.names, asked.tests, _RUN, asked.taken)
    return asked.language.join(whole)


def _from_code(text: str, asked: _Asked) -> str:
    """Unfenced code from its first definition or import up to its last end of a body, without the prose around."""
    syntax = asked.language.syntax
    begins = [start for _, start, _ in defined(text, syntax)]
    begins += [match.start() for match in re.finditer(rf"(?m:^(?:{syntax.begins}))", text)]
    return text[min(begins) : end(text, syntax)]
