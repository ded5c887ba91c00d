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
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}; expected a recipe in TOML") from error
    return _parse(path, content)


def _parse(path: Path, content: dict[str, Any]) -> Recipe:
    unknown = sorted(set(content) - _KEYS)
    if unknown:
        raise UsageError(f"{path}: found the key {unknown[0]!r}; expected {', '.join(sorted(_KEYS))}")
    template = content.get("chat_template", "auto")
    if template not in TEMPLATES:
        raise UsageError(f"{path}: found chat_template {template!r}; expected {', '.join(TEMPLATES)}")
    sample = _table(path, content, "sample")
    benchmarks = content.get("benchmarks", ["*"])
    if not isinstance(benchmarks, list) or not all(isinstance(name, str) for name in benchmarks):
        raise UsageError(f"{path}: found benchmarks {benchmarks!r}; expected a list of names")
    return Recipe(
        name=path.stem,
        description=str(content.get("description", "")),
        source=str(content.get("source", "")),
        benchmarks=tuple(benchmarks),
        chat_template=template,
        shots=_whole(path, content, "shots") or 0,
        limits={
            name: _whole(path, limits, name) or 0 for limits in [_table(path, content, "limits")] for name in limits
        },
        sample_limit=_whole(path, sample, "limit"),
        sample_tokens=_whole(path, sample, "max_tokens"),
    )


def _table(path: Path, content: dict[str, Any], key: str) -> dict[str, Any]:
    found = content.get(key, {})
    if not isinstance(found, dict):
        raise UsageError(f"{path}: found {key} {found!r}; expected a table")
    return found


def _whole(path: Path, content: dict[str, Any], key: str) -> int | None:
    found = content.get(key)
    if found is not None and (isinstance(found, bool) or not isinstance(found, int) or found < 0):
        raise UsageError(f"{path}: found {key} {found!r}; expected a whole number from 0")
    return found
