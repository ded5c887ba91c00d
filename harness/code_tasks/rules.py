"""Programs out of completions: the rules by which a text becomes code that can be run.

A rule is a pure function of a completion and the trial of its case, so the process that owns the answers, one that
tests, and a report made years later derive the same program.
"""

import importlib
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING
from typing import TypeAlias
from typing import cast

from harness.core import Execute
from harness.core import Judging
from harness.core import Trial
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.code_tasks.extraction.blocks import Extracted

Read: TypeAlias = Callable[[str, Trial], "Extracted | None"]


def continuation(text: str, trial: Trial) -> "Extracted | None":
    """The prompt with what a base model wrote after it; None where that is blank."""
    from harness.code_tasks.extraction.blocks import Extracted

    return Extracted(trial.prompt + text, "continuation, untouched") if text.strip() else None


def _read(module: str, name: str) -> Read:
    """A rule of `harness.code_tasks.extraction`, whose module is imported where the rule is first used."""

    def read(text: str, trial: Trial) -> "Extracted | None":
        rule = cast("Read", getattr(importlib.import_module(f"harness.code_tasks.extraction.{module}"), name))
        return rule(text, trial)

    return read


def _code(read: Read) -> Callable[[str, Trial], str | None]:
    def rule(text: str, trial: Trial) -> str | None:
        extracted = read(text, trial)
        return None if extracted is None else extracted.code

    return rule


_READ: dict[str, Read] = {
    "continuation": continuation,
    "python": _read("python", "function"),
    "python_script": _read("python", "script"),
    "program": _read("program", "program"),
    "output": _read("expression", "output"),
    "arguments": _read("expression", "arguments"),
    "sql": _read("sql", "query"),
    "inserted": _read("quoted", "inserted"),
    "turns": _read("quoted", "turns"),
    "monkey": _read("private", "monkey"),
    "beatnum": _read("private", "beatnum"),
    "infilled": _read("infilled", "infilled"),
    "foreign": _read("foreign", "function"),
    "foreign_whole": _read("foreign", "continued"),
}
RULES: dict[str, Callable[[str, Trial], str | None]] = {name: _code(read) for name, read in _READ.items()}
"""What `Trial.extract` may name. A rule returns None where it finds no program."""
VALUES = frozenset({"output", "arguments"})
"""Rules whose program only holds the value that was asked for."""


def check(trial: Trial) -> None:
    """Raise UsageError where a trial names a rule there is not."""
    if trial.extract not in RULES:
        raise UsageError(f"extract: found {trial.extract!r}; expected one of {', '.join(sorted(RULES))}")


def program(trial: Trial, text: str) -> str | None:
    """The program a completion holds; None where there is nothing to extract."""
    check(trial)
    return RULES[trial.extract](text, trial)


def reading(trial: Trial, text: str) -> str | None:
    """How the program was read out of a completion, in words: which block, what was removed or mended; None without."""
    extracted = _READ[trial.extract](text, trial)
    return None if extracted is None else extracted.reading


def request(trial: Trial, code: str) -> Execute:
    """The request to run a program in a trial."""
    judging = {field.name: getattr(trial, field.name) for field in fields(Judging)}
    return Execute(trial.language, code, trial.tests, **judging)


def execute(trial: Trial, text: str) -> Execute | None:
    """The request to run what a completion holds; None where there is nothing to extract."""
    code = program(trial, text)
    return None if code is None else request(trial, code)
