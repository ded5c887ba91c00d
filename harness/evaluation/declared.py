"""Declared options: from what the command line and `[tool.crosstask]` give to values."""

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.engines.options import TYPES
from harness.engines.options import Option
from harness.engines.registry import shipped
from harness.errors import UsageError
from harness.errors import nearest

_MASK = "***"
_EXPECTED = {"switch": "true or false", "number": "a number"}


def of_shipped_engines() -> tuple[Option, ...]:
    """The options of the engines that come with the suite, each once."""
    return tuple(dict.fromkeys(option for descriptor in shipped().values() for option in descriptor.options))


def own(options: Iterable[Option], taken: Iterable[Option]) -> tuple[Option, ...]:
    """The options that are not `taken`; raises UsageError where one has a taken name and means another thing."""
    there = {other.name: other for other in taken}
    remaining = tuple(option for option in options if there.get(option.name) != option)
    for option in remaining:
        if option.name in there:
            raise UsageError(f"--{option.name}: found an engine that declares it anew; expected another name")
    return remaining


def without_secrets(words: Sequence[str], options: Iterable[Option]) -> list[str]:
    """A command line with the values of secret options masked."""
    names = {f"--{prefix}{option.name}" for option in options if option.secret for prefix in ("", "ct-")}
    shown: list[str] = []
    for word in words:
        name, equals, _ = word.partition("=")
        after = shown and shown[-1] in names
        shown.append(_MASK if after else f"{name}={_MASK}" if equals and name in names else word)
    return shown


def check_keys(table: Mapping[str, Any], options: Iterable[Option], others: Iterable[str]) -> None:
    """Raise UsageError where the table has a key that is neither an option nor one of the others."""
    known = {*others} | {option.name for option in options if option.configurable}
    for key in table:
        if key not in known:
            raise UsageError(f"[tool.crosstask]: found the key {key!r}; expected {nearest(key, known)}")


def check_names(command: Mapping[str, Any], options: Iterable[Option]) -> None:
    """Raise UsageError where something is given that is no option."""
    known = [option.name for option in options]
    for name in command:
        if name not in known:
            raise UsageError(f"--{name}: found no such option; expected one as {nearest(name, known)}")


def value(option: Option, command: Mapping[str, Any], table: Mapping[str, Any]) -> Any:
    """What is given for an option on the command line, else in the table; None where it is given in neither."""
    given, where = command.get(option.name), f"--{option.name}"
    if given is None and option.configurable:
        given, where = table.get(option.name), f"[tool.crosstask] {option.name}"
    if given is None:
        return None
    _check_type(option, given, where)
    if option.choices and given not in option.choices:
        raise UsageError(f"{where}: found {given!r}; expected {', '.join(option.choices)}")
    if option.repeatable and isinstance(given, str):
        return [given]
    if option.kind in {"file", "adapter"}:
        return Path(given).expanduser()
    return _number(option, given) if option.kind == "number" else given


def _check_type(option: Option, given: Any, where: str) -> None:
    """Raise UsageError where a value is of another type than the option's."""
    values = given if option.repeatable and isinstance(given, list) else [given]
    right = TYPES[option.kind]
    if not all(isinstance(item, right) and (option.is_switch or not isinstance(item, bool)) for item in values):
        expected = _EXPECTED.get(option.kind, "text")
        raise UsageError(f"{where}: found {given!r}; expected {expected}")


def _number(option: Option, given: Any) -> int:
    if not re.fullmatch(r"\d+", str(given)):
        raise UsageError(f"--{option.name}: found {given!r}; expected a whole number from 0")
    return int(given)
