"""What programs may read of this machine: the folders of its compilers and interpreters, and their versions."""

import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.languages import languages
from harness.languages.building.tools import Tool
from harness.languages.building.tools import find
from harness.languages.building.tools import version


def versions() -> dict[str, str]:
    """The first line each tool of a language says of its version; those that are missing say so."""
    tools = _tools()
    with ThreadPoolExecutor(max(1, len(tools))) as pool:
        said = pool.map(version, tools)
        return {"python": sys.version.split()[0], **{tool.name: line for tool, line in zip(tools, said, strict=True)}}


def python_folders() -> list[str]:
    """The folders this interpreter and its libraries lie in."""
    folders = {sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), *libraries_folders()}
    return sorted(path for path in folders if path != "/" and Path(path).is_dir())


def libraries_folders() -> list[str]:
    """Where installed packages lie; the working directory and what PYTHONPATH adds are none of a program's business."""
    wanted = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    wanted |= {path for path in sys.path if Path(path).name in {"site-packages", "dist-packages"}}
    return sorted(path for path in wanted if Path(path).is_dir())


def tool_folders() -> list[str]:
    """The folders of all tools found."""
    return sorted({folder for tool in _tools() if (place := find(tool)) for folder in place.folders})


def _tools() -> tuple[Tool, ...]:
    """The tools of all languages, each once."""
    return tuple(dict.fromkeys(tool for lang in languages() for tool in lang.tools))
