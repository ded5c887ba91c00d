"""The compilers and interpreters of this machine: where they lie, what they must be able to read, their versions."""

import functools
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SYSTEM = ("/usr/", "/bin/", "/lib")
_PATIENCE_S = 20
MISSING = "not installed"
"""What is said of the version of a tool that is not there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tool lies: its real file, and the folders it must be able to read beyond the system's."""

    path: str
    folders: tuple[str, ...] = ()


def located(path: str) -> Place | None:
    """The place of a tool that needs no folder but its own; `path` is its path as PATH has it."""
    real = os.path.realpath(path)
    return Place(real, () if real.startswith(_SYSTEM) else (str(Path(real).parent),))


@dataclass(frozen=True, slots=True)
class Tool:
    """A program of the machine that a language needs.

    `name` is looked for on PATH, `asked` are the arguments by which it tells its version, and `package` is what
    installs it, as "Debian: golang". `place` gives its place from the path that was found, None where that does not
    start. `file` tells the version of what takes seconds to start, by its path from the tool's folder.
    """

    name: str
    package: str
    asked: tuple[str, ...] = ("--version",)
    place: Callable[[str], Place | None] = located
    file: str = ""

    @property
    def path(self) -> str:
        """The path of the installed tool; its name where it is not installed."""
        place = find(self)
        return place.path if place else self.name


@functools.cache
def find(tool: Tool) -> Place | None:
    """The place of a tool; None where it is not installed, or not for this user."""
    path = shutil.which(tool.name)
    return None if path is None else tool.place(path)


def version(tool: Tool) -> str:
    """The first line the tool says of its version; "not installed" or "does not start" where it says none."""
    place = find(tool)
    if place is None:
        return MISSING
    said = _written(Path(place.path).parent / tool.file) if tool.file else asked(place.path, *tool.asked)
    return "does not start" if said is None else next((line.strip() for line in said.splitlines() if line.strip()), "")


def _written(path: Path) -> str | None:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")
    return None


def asked(*command: str) -> str | None:
    """What a tool prints, on its standard output or else on its standard error; None where it does not start."""
    with suppress(OSError, subprocess.SubprocessError):
        # variables of its own: pytest changes those of this process in another thread, while a program starts
        process = subprocess.run(  # noqa: S603 - a program found on PATH
            command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S, env=dict(os.environ)
        )
        return process.stdout or process.stderr
    return None


def is_public(folder: str) -> bool:
    """Whether every user may enter a folder."""
    return all(path.stat().st_mode & stat.S_IXOTH for path in (Path(folder), *Path(folder).parents))


def with_settings(*paths: str) -> Callable[[str], Place | None]:
    """What gives a tool's place with files or folders of the system beside it, those there are."""

    def place(path: str) -> Place | None:
        own = located(path)
        return own and Place(own.path, (*own.folders, *(name for name in paths if Path(name).exists())))

    return place
