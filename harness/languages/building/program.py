"""A program as a fork server starts it, and how files, compilers and a driver become one."""

import hashlib
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

_DRIVERS = Path(__file__).parent / "drivers"
_NAME_DIGITS = 16
_ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}


@dataclass(frozen=True, slots=True)
class Program:
    """A program as a fork server starts it: which entry, with which options; `first` goes into its pipe before all."""

    entry: str
    first: Any
    options: dict[str, Any] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()
    address_space: bool = True
    length_first: bool = False


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
