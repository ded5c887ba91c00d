"""One module a language: all that is known of it.

`LANGUAGE` of `harness.languages.<name>` is found by its name. A new language is one file here: its tools, how a request
becomes a program, how an answer is read, how its runtime says what went wrong. Python and SQL run inside the warm
interpreter; for the others files are written, a compiler is run, and a driver speaks with the judge.
"""

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from harness.core import Execute
from harness.errors import UsageError
from harness.languages.building.diagnosis import Diagnosis
from harness.languages.building.joining import Whole
from harness.languages.building.joining import behind
from harness.languages.building.program import Program
from harness.languages.building.sources import Syntax
from harness.languages.building.tools import Tool

_NAME = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True)
class Limits:
    """What its compiler needs where that is more than others': `disk` in bytes, `compile_cpu` in seconds."""

    disk: int = 0
    compile_cpu: float = 0.0


_LIMITS, _DIAGNOSIS, _SYNTAX = Limits(), Diagnosis(), Syntax()


@dataclass(frozen=True, slots=True)
class Language:
    """A language: how its programs are read out of answers, made, run, and how they say what went wrong.

    A script reads its nonce from descriptor 3, up to the end, before the code's first statement. It writes
    `{"nonce": ...}` as a line to descriptor 4 at the test's end.

    Attributes:
        name: Its name.
        extension: The extension of its files.
        aliases: Further words for it: on a fence, and in a benchmark's name for a translation.
        keywords: The keywords that CodeBLEU weighs.
        grammar: The package of its grammar for tree-sitter, which CodeBLEU parses with.
        most_bytes: The length of a text up to which the grammar needs less than 1 GB, whatever is in it.
        tools: The tools that must be installed.
        calls: Makes the program that serves a judge; None where the language has no such style.
        script: Makes the program that runs one test after the code; None as above.
        query: Makes the program that gives rows; None as above.
        stdio: Makes the program that reads a test's input and prints; None as above.
        lacks: Names a package among a request's libraries that the program uses and this machine has not. Where it is
            None, libraries are packages of this interpreter.
        limits: The least that its programs and its compiler may use.
        warm: Whether programs run in a fork of the warm interpreter, all tests of a script in one process.
        loads_packages: Whether a program takes the time that loading packages takes.
        diagnosis: How its compiler's and runtime's words become a verdict.
        syntax: How its source is read.
        join: Puts an answer that defines a function behind what its prompt has before it.
        finish: Mends what such a program and one that continues its prompt both need, given the tests.
        written: How people write its name, where that is not `name` with a capital.
    """

    name: str
    extension: str
    aliases: tuple[str, ...] = ()
    keywords: str = ""
    grammar: str = ""
    most_bytes: int = 1 << 20
    tools: tuple[Tool, ...] = ()
    calls: Callable[[Execute], Program] | None = None
    script: Callable[[Execute, str], Program] | None = None
    query: Callable[[Execute], Program] | None = None
    stdio: Callable[[Execute], Program] | None = None
    lacks: Callable[[Execute], str | None] | None = None
    limits: Limits = _LIMITS
    warm: bool = False
    loads_packages: Callable[[str], bool] = lambda _code: False
    diagnosis: Diagnosis = _DIAGNOSIS
    syntax: Syntax = _SYNTAX
    join: Callable[[Whole], str] = behind
    finish: Callable[[str, str], str] = lambda program, _tests: program
    written: str = ""

    @property
    def title(self) -> str:
        """Its name as people write it; in small letters it is one of its words."""
        return self.written or self.name.capitalize()

    @property
    def words(self) -> frozenset[str]:
        """What a fence calls it; a fence without a word may hold it, too."""
        return frozenset({"", self.name, self.extension, *self.aliases})

    @property
    def runs(self) -> bool:
        """Whether its programs can be run at all."""
        return bool(self.calls or self.script or self.query or self.stdio)


def known() -> tuple[str, ...]:
    """The names of all languages, those whose programs are only compared among them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg))


def language(name: str) -> Language | None:
    """A language by its name, or None."""
    if not _NAME.fullmatch(name):
        return None
    # asked for every program: a module that is loaded is not looked for on the disk
    module = f"{__name__}.{name}"
    loaded = sys.modules.get(module) or (importlib.import_module(module) if name in known() else None)
    return getattr(loaded, "LANGUAGE", None)


def languages() -> tuple[Language, ...]:
    """All languages, by name."""
    return tuple(lang for name in known() if (lang := language(name)) is not None)


def called(word: str) -> Language | None:
    """The language that goes by a word: its name, its files' extension or an alias; None where there is none."""
    return language(word) or next((lang for lang in languages() if word and word in lang.words), None)


def required(word: str) -> Language:
    """The language that goes by a word; raises UsageError where there is none."""
    lang = called(word)
    if lang is None:
        raise UsageError(f"language: found {word!r}; expected one of {', '.join(known())}")
    return lang
