"""Subjects: what a parity compares, as the command line and `[tool.crosstask.parity]` name them.

`ENGINE:MODEL?option=value&option=value` is asked, as `[tool.crosstask.parity.NAME]` is with the same keys; a run's
folder, or `RUN:MODEL`, is read.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any
from typing import TypeAlias
from urllib.parse import parse_qsl

from harness.compare.load import letters
from harness.engines.registry import find
from harness.engines.registry import names
from harness.errors import UsageError

_SYNTAX = "ENGINE:MODEL?option=value, the folder of a run, RUN:MODEL, or a name in [tool.crosstask.parity]"
_SWITCH = {"": True, "true": True, "false": False}
_ALL_ALIKE = frozenset({"recipe", "data", "limit", "after", "before", "seed", "run-dir", "shots", "k", "samples"})
"""Options that decide which cases are asked: they are the command's own, or the recipe's."""
_PYTESTS = frozenset({"gate", "baseline", "margin", "sequential", "fail-wrong", "dry-run", "engine", "model"})


@dataclass(frozen=True, slots=True)
class Live:
    """A subject that is asked: `options` are the plugin's, engine and model among them; `name` is its letter."""

    name: str
    title: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """A subject that is read: `source` is a run's folder or `RUN:MODEL`."""

    name: str
    source: str

    @property
    def title(self) -> str:
        """What stands for it in a report."""
        return self.source


Subject: TypeAlias = Live | Finished


def read_subjects(words: Sequence[str], table: Mapping[str, Any], root: Path) -> tuple[Subject, ...]:
    """The subjects, named A, B, C and so on; raises UsageError where there are fewer than two, or one is none."""
    if len(words) < 2:  # the reference, and something to hold against it
        raise UsageError(f"parity: found {len(words)} subjects; expected two or more, each as {_SYNTAX}")
    named = table.get("parity", {})
    if not isinstance(named, dict) or not all(isinstance(keys, dict) for keys in named.values()):
        raise UsageError("[tool.crosstask] parity: found no tables; expected [tool.crosstask.parity.NAME]")
    return tuple(_subject(letter, word, named, root) for letter, word in zip(letters(), words, strict=False))


def _subject(letter: str, word: str, named: Mapping[str, Mapping[str, Any]], root: Path) -> Subject:
    if word in named:
        return Live(letter, word, _from_table(word, named[word], root))
    if Path(word).is_dir():
        return Finished(letter, word)
    head, _, query = word.partition("?")
    engine, model = _parted(head)
    if engine is None:
        left, _, _ = word.rpartition(":")
        if left and Path(left).is_dir():
            return Finished(letter, word)
        raise UsageError(f"{word}: found no such subject; expected {_SYNTAX}")
    return Live(letter, word, _options(word, engine, model, dict(_queried(word, query, engine, root)), root))


def _parted(head: str) -> tuple[str | None, str]:
    """The engine and the model; an engine of one's own has a colon in its name."""
    for name in names():
        if head == name:
            return name, ""
        if head.startswith(f"{name}:"):
            return name, head[len(name) + 1 :]
    module, colon, rest = head.partition(":")
    callable_name, second, model = rest.partition(":")
    if colon and second and all(part.isidentifier() for part in (*module.split("."), callable_name)):
        return f"{module}:{callable_name}", model
    return None, ""


def _queried(word: str, query: str, engine: str, root: Path) -> Iterator[tuple[str, Any]]:
    options = find(engine, root).options
    switches, secrets = (
        {option.name for option in options if getattr(option, kind)} for kind in ("is_switch", "secret")
    )
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in secrets:
            raise UsageError(f"{engine}: found {name} in a subject, which is printed; expected it in the configuration")
        if name in switches and value not in _SWITCH:
            raise UsageError(f"{word}: found {name}={value}; expected {name}, true or false")
        yield name, _SWITCH[value] if name in switches else value


def _from_table(name: str, keys: Mapping[str, Any], root: Path) -> dict[str, Any]:
    where = f"[tool.crosstask.parity.{name}]"
    engine = keys.get("engine")
    if not isinstance(engine, str):
        raise UsageError(f"{where} engine: found {engine!r}; expected the name of an engine")
    model = keys.get("model", "")
    if not isinstance(model, str):
        raise UsageError(f"{where} model: found {model!r}; expected one model")
    return _options(where, engine, model, {key: keys[key] for key in keys if key not in {"engine", "model"}}, root)


def _options(where: str, engine: str, model: str, given: Mapping[str, Any], root: Path) -> dict[str, Any]:
    for name in given:
        if name in _ALL_ALIKE:
            raise UsageError(f"{where}: found {name}; expected it as an option of the command, as it is for all")
        if name in _PYTESTS:
            raise UsageError(f"{where}: found {name}; expected an option of the engine {engine}")
    models = (model,) if model else find(engine, root).models[:1]
    return {"engine": engine, "model": list(models), **given}
