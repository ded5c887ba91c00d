"""Recipes: which benchmarks are run and under which protocol, as data.

A recipe is a TOML file of this folder, or a user's own file named by its path.
"""

import difflib
import tomllib
from collections.abc import Sequence
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
_KEYS = {"description", "source", "benchmarks", "chat_template", "shots", "limits", "metrics", "lenient", "sample"}
_SAMPLE_KEYS = {"limit", "max_tokens", "shots"}
_MACRO = "macro "


@dataclass(frozen=True, slots=True)
class Recipe:
    """A protocol: what is asked, and how.

    Attributes:
        name: What `--recipe` takes.
        description: What the protocol is for, in a sentence.
        source: Where it was published; empty where it was not.
        benchmarks: The benchmarks by name, as shell patterns.
        chat_template: When prompts are rendered with the model's chat template.
        shots: Solved examples: one number for all, or one for each benchmark named and 0 for the others.
        limits: The most cases of single benchmarks.
        metrics: The headline of a benchmark: a metric, or `macro` and a metric for the mean over strata.
        sample_limit: The most cases of a benchmark on the bundled sample, where no limit was asked for.
        sample_tokens: The most tokens of an answer there; a first run is to take minutes.
        sample_shots: The most solved examples there, where no number was asked for.
        lenient: Whether cases that this machine cannot run are left out with a note, where nobody named their page.
    """

    name: str
    description: str
    source: str
    benchmarks: tuple[str, ...]
    chat_template: Template
    shots: int | dict[str, int]
    limits: dict[str, int]
    metrics: dict[str, str]
    sample_limit: int | None
    sample_tokens: int | None
    sample_shots: int | None
    lenient: bool = False

    def includes(self, benchmark: str) -> bool:
        """Whether a benchmark of this name is part of the recipe."""
        return any(fnmatchcase(benchmark, pattern) for pattern in self.benchmarks)

    def check_headline(self, benchmark: str, metrics: Sequence[str], strata: str | None) -> None:
        """Raise UsageError where the benchmark's headline is none of its metrics, or a mean over strata it lacks."""
        if benchmark not in self.metrics:
            return
        name, macro = headline(self.metrics[benchmark])
        if name not in metrics:
            raise UsageError(
                f"recipe {self.name}: found metric {name!r} for {benchmark}; expected one of {', '.join(metrics)}"
            )
        if macro and strata is None:
            raise UsageError(f"recipe {self.name}: found macro {name} for {benchmark}; its cases have no strata")


def headline(text: str) -> tuple[str, bool]:
    """The metric that an entry of `metrics` names, and whether its mean over strata is meant."""
    return text.removeprefix(_MACRO), text.startswith(_MACRO)


def names() -> list[str]:
    """The recipes that come with the suite."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def described() -> list[str]:
    """A line a recipe that comes with the suite: its name and what it is for."""
    widest = max(map(len, names()))
    return [f"{name.ljust(widest)}  {load(name).description}" for name in names()]


def load(name: str) -> Recipe:
    """The recipe of this name, or in the file of this path; raises UsageError where it is neither or not whole."""
    path = Path(name) if name.endswith(".toml") else _FOLDER / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = difflib.get_close_matches(name, names(), n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        listed = "".join(f"\n  {line}" for line in described())
        raise UsageError(
            f"--recipe: found {name!r}; {meant}expected the path of a .toml file or one of{listed}"
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}; expected a recipe in TOML") from error
    return _parse(path, content)


def _parse(path: Path, content: dict[str, Any]) -> Recipe:
    _known(path, content, _KEYS)
    template = content.get("chat_template", "auto")
    if template not in TEMPLATES:
        raise UsageError(f"{path}: found chat_template {template!r}; expected {', '.join(TEMPLATES)}")
    sample = _table(path, content, "sample")
    _known(path, sample, _SAMPLE_KEYS)
    benchmarks = content.get("benchmarks", ["*"])
    if not isinstance(benchmarks, list) or not all(isinstance(name, str) for name in benchmarks):
        raise UsageError(f"{path}: found benchmarks {benchmarks!r}; expected a list of names")
    recipe = Recipe(
        name=path.stem,
        description=str(content.get("description", "")),
        source=str(content.get("source", "")),
        benchmarks=tuple(benchmarks),
        chat_template=template,
        shots=_shots(path, content),
        limits=_numbers(path, content, "limits"),
        metrics=_texts(path, content, "metrics"),
        sample_limit=_whole(path, sample, "limit"),
        sample_tokens=_whole(path, sample, "max_tokens"),
        sample_shots=_whole(path, sample, "shots"),
        lenient=_switch(path, content, "lenient"),
    )
    for named in (recipe.shots, recipe.limits, recipe.metrics):
        for benchmark in named if isinstance(named, dict) else ():
            if not recipe.includes(benchmark):
                raise UsageError(f"{path}: found {benchmark!r}; expected a benchmark the recipe includes")
    return recipe


def _known(path: Path, content: dict[str, Any], keys: set[str]) -> None:
    unknown = sorted(set(content) - keys)
    if unknown:
        raise UsageError(f"{path}: found the key {unknown[0]!r}; expected {', '.join(sorted(keys))}")


def _table(path: Path, content: dict[str, Any], key: str) -> dict[str, Any]:
    table = content.get(key, {})
    if not isinstance(table, dict):
        raise UsageError(f"{path}: found {key} {table!r}; expected a table")
    return table


def _shots(path: Path, content: dict[str, Any]) -> int | dict[str, int]:
    if isinstance(content.get("shots"), dict):
        return _numbers(path, content, "shots")
    return _whole(path, content, "shots") or 0


def _numbers(path: Path, content: dict[str, Any], key: str) -> dict[str, int]:
    table = _table(path, content, key)
    return {name: _whole(path, table, name) or 0 for name in table}


def _texts(path: Path, content: dict[str, Any], key: str) -> dict[str, str]:
    table = _table(path, content, key)
    for name, value in table.items():
        if not isinstance(value, str):
            raise UsageError(f"{path}: found {name} {value!r} in {key}; expected text")
    return table


def _switch(path: Path, content: dict[str, Any], key: str) -> bool:
    value = content.get(key, False)
    if not isinstance(value, bool):
        raise UsageError(f"{path}: found {key} {value!r}; expected true or false")
    return value


def _whole(path: Path, content: dict[str, Any], key: str) -> int | None:
    value = content.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise UsageError(f"{path}: found {key} {value!r}; expected a whole number from 0")
    return value
