"""Field maps: how to read another tool's file of answers, said in TOML.

    [constants]                     # the same on every line
    benchmark = "gsm8k"
    [fields]                        # a field of ours = where it stands in the file
    model = "config.model"
    [key]                           # a field of the benchmark's rows = where it stands in the file
    question = "doc.question"
    [models.small]                  # one line holds the answers of several models
    texts = "answers.small.0"

A place is a dotted path: names in objects, positions in lists, `*` for each element of a list. A list of
steps stands for a path whose names hold dots.
"""

import tomllib
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import TypeAlias

from harness.errors import SourceError
from harness.errors import UsageError

Steps: TypeAlias = tuple[str, ...]

ANSWER_FIELDS = ("texts", "loglikelihoods", "finish", "greedy", "tokens")
LINE_FIELDS = ("benchmark", "model", "case", *ANSWER_FIELDS)
_TABLES: Mapping[str, tuple[str, ...] | None] = {
    "constants": LINE_FIELDS,
    "fields": LINE_FIELDS,
    "key": None,
    "models": None,
}


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where the fields of an answer stand in the lines of one file."""

    constants: Mapping[str, Any]
    fields: Mapping[str, Steps]
    key: Mapping[str, Steps]
    models: Mapping[str, Mapping[str, Steps]]

    @classmethod
    def read(cls, path: Path) -> "FieldMap":
        """The map in a TOML file; raises UsageError where it is none, or names what is not known."""
        tables = _tables(path)
        models = {
            name: _paths(_table(model, ANSWER_FIELDS, f"{path}: [models.{name}]"), f"{path}: [models.{name}]")
            for name, model in tables["models"].items()
        }
        fields, key = (_paths(tables[name], f"{path}: [{name}]") for name in ("fields", "key"))
        return cls(tables["constants"], fields, key, models)

    def lines(self, row: Mapping[str, Any], where: str) -> Iterator[dict[str, Any]]:
        """The answers a line of the file holds, in our own form: one, or one a model.

        A model whose every field is null has no answer there. Raises SourceError where a path leads nowhere.
        """
        common = {**self.constants, **_follow_all(row, self.fields, where)}
        if self.key:
            common["key"] = {name: _follow(row, steps, steps, where) for name, steps in self.key.items()}
        if not self.models:
            yield common
        for name, fields in self.models.items():
            own = _follow_all(row, fields, where)
            if own:
                yield {**common, "model": name, **own}


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); expected a field map in TOML") from error
    except ValueError as error:  # UnicodeDecodeError and TOMLDecodeError both are
        raise UsageError(f"{path}: not TOML ({error}); expected a field map") from error
    if unknown := sorted(set(content) - set(_TABLES)):
        raise UsageError(f"{path}: unknown {unknown[0]!r}; expected the tables {', '.join(_TABLES)}")
    return {name: _table(content.get(name, {}), known, f"{path}: [{name}]") for name, known in _TABLES.items()}


def _table(table: Any, known: tuple[str, ...] | None, where: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise UsageError(f"{where}: {table!r}; expected a table")
    if known and (unknown := sorted(set(table) - set(known))):
        raise UsageError(f"{where}: unknown field {unknown[0]!r}; expected one of {', '.join(known)}")
    return table


def _paths(table: Mapping[str, Any], where: str) -> dict[str, Steps]:
    return {name: _steps(value, f"{where} {name}") for name, value in table.items()}


def _steps(value: Any, where: str) -> Steps:
    steps = tuple(value.split(".")) if isinstance(value, str) else value
    if not isinstance(steps, tuple | list) or not steps or not all(isinstance(step, str) and step for step in steps):
        raise UsageError(f"{where}: {value!r}; expected a dotted path, or a list of its steps")
    return tuple(steps)


def _follow_all(row: Any, fields: Mapping[str, Steps], where: str) -> dict[str, Any]:
    values = {name: _follow(row, steps, steps, where) for name, steps in fields.items()}
    return {name: value for name, value in values.items() if value is not None}


def _follow(value: Any, left: Steps, steps: Steps, where: str) -> Any:
    if not left:
        return value
    step, *rest = left
    if step == "*" and isinstance(value, list):
        return [_follow(item, tuple(rest), steps, where) for item in value]
    if isinstance(value, Mapping) and step in value:
        return _follow(value[step], tuple(rest), steps, where)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return _follow(value[int(step)], tuple(rest), steps, where)
    raise SourceError(f"{where}: nothing at {'.'.join(steps)!r}; {_stands_there(value, step)}")


def _stands_there(value: Any, step: str) -> str:
    if isinstance(value, Mapping):
        return f"expected {step!r} among {', '.join(map(repr, value))}"
    return f"expected an object or a list that has {step!r}, found a JSON {type(value).__name__}"
