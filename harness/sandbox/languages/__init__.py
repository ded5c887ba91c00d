"""One module a language: what it needs on the machine, and how a request of it becomes a program in the jail.

`LANGUAGE` of `harness.sandbox.languages.<name>` is found by its name. Those of Python and SQL run inside the warm
interpreter; for the others files are written, a compiler is run, and a driver speaks with the judge.
"""

import hashlib
import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from harness.core import Execute
from harness.sandbox.toolchains import find

_DRIVERS = Path(__file__).parents[1] / "drivers"
_NAME = re.compile(r"[a-z]+")
_NAME_DIGITS = 16
_ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}


@dataclass(frozen=True, slots=True)
class Program:
    """A program as a keeper starts it: which entry, with which options; `first` goes into its pipe before all else."""

    entry: str
    first: Any
    options: dict[str, Any] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()
    address_space: bool = True
    length_first: bool = False


@dataclass(frozen=True, slots=True)
class Language:
    """A language: tools that must be installed, and its programs.

    `calls` is the program that serves a judge, `script` the one that runs one test after the code. That one reads its
    nonce from descriptor 3, up to the end, before the code's first statement, and says it at the test's end. None where
    the language has no such style. `lacks` names a package among a request's libraries that the program uses and this
    machine has not; without it they are packages of this interpreter. `disk` is what its compiler needs in bytes and
    `compile_cpu` in seconds, where that is more than others'.
    """

    name: str
    tools: tuple[str, ...] = ()
    calls: Callable[[Execute], Program] | None = None
    script: Callable[[Execute, str], Program] | None = None
    query: Callable[[Execute], Program] | None = None
    lacks: Callable[[Execute], str | None] | None = None
    disk: int = 0
    compile_cpu: float = 0.0


def known() -> tuple[str, ...]:
    """The names of all languages."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def language(name: str) -> Language | None:
    """A language by its name, or None."""
    if not _NAME.fullmatch(name) or name not in known():
        return None
    found: Language = importlib.import_module(f"{__name__}.{name}").LANGUAGE
    return found


def driver(name: str, own: str = "", **filled: str) -> str:
    """The text of a driver, the part of a program that speaks with the judge.

    `own` takes the place of @@OWN@@, and each of `filled` that of its name in capitals.
    """
    text = (_DRIVERS / name).read_text("utf-8").replace("@@OWN@@", own)
    for key, value in filled.items():
        text = text.replace(f"@@{key.upper()}@@", value)
    return text


def own_name(*sources: str) -> str:
    """A name for what is ours beside a program: of its sources' hash, so that none of them can hold it."""
    content = "\0".join(sources).encode("utf-8", "surrogatepass")
    return f"crosstask_{hashlib.sha256(content).hexdigest()[:_NAME_DIGITS]}"


@dataclass(frozen=True, slots=True)
class Build:
    """How a program is made: its compilers' command lines, what starts it, whether its address space is bounded.

    `ours` are compiled first and are no program's: one that fails says nothing of it. Where anything is compiled, the
    sources are removed before the program starts.
    """

    run: tuple[str, ...]
    compile: tuple[tuple[str, ...], ...] = ()
    memory: int = 0
    ours: tuple[tuple[str, ...], ...] = ()

    def program(self, files: dict[str, str]) -> Program:
        """The program of these files."""
        options = {
            "compile": self.compile,
            "run": self.run,
            "address_space": self.memory,
            "environment": _ENVIRONMENT,
            "ours": self.ours,
        }
        return Program("tool", {"files": files}, options, address_space=False, length_first=True)


def tool(name: str) -> str:
    """The path of an installed tool; whether it is was asked before."""
    found = find(name)
    return found.path if found else name
