"""Which compilers and interpreters this machine has, where they lie, and their versions."""

import functools
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SYSTEM = ("/usr/", "/bin/", "/lib")
_ASK = {
    "node": ("node", "--version"),
    "g++": ("g++", "--version"),
    "javac": ("javac", "-version"),
    "java": ("java", "-version"),
    "rustc": ("rustc", "--version"),
    "go": ("go", "version"),
}
_PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class Tool:
    """A program of the machine: its real file, and the folders it must be able to read."""

    path: str
    folders: tuple[str, ...] = ()


@functools.cache
def find(name: str) -> Tool | None:
    """A tool by its name; None where it is not installed, or not for this user."""
    found = shutil.which(name)
    if found is None:
        return None
    if name == "rustc":
        return _rust(found)
    real = os.path.realpath(found)
    if name == "go":
        root = str(Path(real).parents[1])
        return Tool(real, (root,))
    if name in {"java", "javac"}:
        home = Path(real).parents[1]
        # Debian keeps a runtime's settings in /etc
        settings = {str(link.resolve().parent) for link in home.glob("conf/*") if link.is_symlink()}
        settings |= {str(link.resolve().parent) for link in home.glob("lib/**/*.properties") if link.is_symlink()}
        return Tool(real, (str(home), *sorted(path for path in settings if path.startswith("/etc/"))))
    return Tool(real, () if real.startswith(_SYSTEM) else (str(Path(real).parent),))


def _rust(proxy: str) -> Tool | None:
    """The compiler itself: rustup's proxy would look for its settings in a home that the jail does not have."""
    with suppress(OSError, subprocess.SubprocessError):
        command = [proxy, "--print", "sysroot"]
        asked = subprocess.run(  # noqa: S603 - a program found on PATH
            command, capture_output=True, text=True, check=True, timeout=_PATIENCE_S, env=dict(os.environ)
        )
        root = asked.stdout.strip()
        compiler = f"{root}/bin/rustc"
        return Tool(compiler, (root,)) if os.access(compiler, os.X_OK) else None
    return None


def versions() -> dict[str, str]:
    """The first line each installed tool says of its version; those that are missing say so."""
    with ThreadPoolExecutor(len(_ASK)) as pool:
        return {"python": sys.version.split()[0], **dict(zip(_ASK, pool.map(_version, _ASK), strict=True))}


def _version(name: str) -> str:
    tool = find(name)
    if tool is None:
        return "not installed"
    with suppress(OSError, subprocess.SubprocessError):
        command = [tool.path, *_ASK[name][1:]]
        # variables of its own: pytest changes those of this process in another thread, while a program starts
        asked = subprocess.run(  # noqa: S603 - the same
            command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S, env=dict(os.environ)
        )
        return (asked.stdout or asked.stderr).partition("\n")[0].strip()
    return "does not start"


def python_folders() -> list[str]:
    """The folders this interpreter and its libraries lie in."""
    found = {sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), *libraries_folders()}
    return sorted(path for path in found if path != "/" and Path(path).is_dir())


def libraries_folders() -> list[str]:
    """Where installed packages lie; the working directory and what PYTHONPATH adds are none of a program's business."""
    wanted = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    wanted |= {path for path in sys.path if Path(path).name in {"site-packages", "dist-packages"}}
    return sorted(path for path in wanted if Path(path).is_dir())


def is_public(folder: str) -> bool:
    """Whether every user may enter a folder."""
    return all(path.stat().st_mode & stat.S_IXOTH for path in (Path(folder), *Path(folder).parents))


def tool_folders() -> list[str]:
    """The folders of all tools found."""
    return sorted({folder for name in _ASK if (tool := find(name)) for folder in tool.folders})
