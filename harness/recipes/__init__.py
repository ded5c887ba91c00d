"""Recipes: which benchmarks are run and under which protocol, as data.

A recipe is a TOML file of this folder, or a user's own file named by its path.
"""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from typing import Literal
from typing import TypeAlias

from harness.errors import UsageError

Template: TypeAlias = Literal["auto", "on", "off"]
TEMPLATES: tuple[Template, ...] = ("auto", "on", "off")
_FOLDER = Path(__file__).parent
_KEYS = {"description", "source", "benchmarks", "chat_template", "shots", "limits", "sample"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """A protocol: the benchmarks by name (shell patterns), the chat template rule, solved examples, limits.

    `limits` caps the cases of single benchmarks. `sample_limit` and `sample_tokens` apply to the bundled
    sample alone, where no limit was asked for: a first run is to take minutes.
    """

    name: str
    description: str
    source: str
    benchmarks: tuple[str, ...]
    chat_template: Template
    shots: int
    limits: dict[str, int]
    sample_limit: int | None
    sample_tokens: int | None

    def includes(self, benchmark: str) -> bool:
        """Whether a benchmark of this name is part of the recipe."""
        return any(fnmatchcase(benchmark, pattern) for pattern in self.benchmarks)


def names() -> list[str]:
    """The recipes that come with the suite."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load(name: str) -> Recipe:
    """The recipe of this name, or in the file of this path; raises UsageError where it is neither or not whole."""
    path = Path(name) if name.endswith(".toml") else _FOLDER / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(
            f"--recipe: found {name!r}; expected {', '.join(names())} or the path of a .toml file"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}; expected TOML") from error
    return _parse(path, content)


def _parse(path: Path, content: dict[str, Any]) -> Recipe:
    unknown = sorted(set(content) - _KEYS)
    if unknown:
        raise UsageError(f"{path}: found the key {unknown[0]!r}; expected {', '.join(sorted(_KEYS))}")
    template = content.get("chat_template", "auto")
    if template not in TEMPLATES:
        raise UsageError(f"{path}: found chat_template {template!r}; expected {', '.join(TEMPLATES)}")
    sample = content.get("sample", {})
    return Recipe(
        name=path.stem,
        description=content.get("description", ""),
        source=content.get("source", ""),
        benchmarks=tuple(content.get("benchmarks", ("*",))),
        chat_template=template,
        shots=content.get("shots", 0),
        limits=content.get("limits", {}),
        sample_limit=sample.get("limit"),
        sample_tokens=sample.get("max_tokens"),
    )
