"""Declared options: from a declaration to pytest's command line, and from there or `[tool.crosstask]` to a value."""

import re
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.engines.options import TYPES
from harness.engines.options import Option
from harness.engines.registry import shipped
from harness.errors import UsageError

_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_EXPECTED = {"switch": "true or false", "number": "a number"}


def add(group: pytest.OptionGroup, options: Iterable[Option]) -> None:
    """Add options to a group of the parser."""
    for option in options:
        settings: dict[str, Any] = {"dest": option.attribute, "default": None, "help": _plain(option.text)}
        if option.is_switch:
            settings["action"] = "store_true"
        else:
            settings |= {"metavar": option.metavar} if option.choices is None else {"choices": option.choices}
            settings |= {"action": "append"} if option.repeatable else {}
        group.addoption(f"--{option.name}", **settings)


def _plain(text: str) -> str:
    """A text of the README as the help shows it: code without its backticks, a link's words alone."""
    return _LINK.sub(r"\1", text).replace("`", "").replace("%", "%%")


def of_shipped_engines() -> tuple[Option, ...]:
    """The options of the engines that come with the suite, each once."""
    return tuple(dict.fromkeys(one for descriptor in shipped().values() for one in descriptor.options))


def own(options: Iterable[Option], taken: Iterable[Option]) -> tuple[Option, ...]:
    """The options that are not `taken`; raises UsageError where one has a taken name and means another thing."""
    there = {one.name: one for one in taken}
    found = tuple(option for option in options if there.get(option.name) != option)
    for option in found:
        if option.name in there:
            raise UsageError(f"--{option.name}: found an engine that declares it anew; expected another name")
    return found


def check_keys(table: Mapping[str, Any], options: Iterable[Option], others: Iterable[str]) -> None:
    """Raise UsageError where the table has a key that is neither an option nor one of the others."""
    known = {*others} | {option.name for option in options if option.configurable}
    for key in table:
        if key not in known:
            raise UsageError(f"[tool.crosstask]: found the key {key!r}; expected one of {', '.join(sorted(known))}")


def value(option: Option, config: pytest.Config, table: Mapping[str, Any]) -> Any:
    """What is given for an option on the command line, else in the table; None where it is given in neither."""
    given = config.getoption(option.attribute)
    if given is None and option.configurable:
        given = table.get(option.name)
        _check_type(option, given)
        if option.choices and given is not None and given not in option.choices:
            raise UsageError(f"[tool.crosstask] {option.name}: found {given!r}; expected {', '.join(option.choices)}")
    if given is None:
        return None
    if option.repeatable and isinstance(given, str):
        return [given]
    if option.kind == "file":
        return Path(given).expanduser()
    return _number(option, given) if option.kind == "number" else given


def _check_type(option: Option, given: Any) -> None:
    """Raise UsageError where a value of the table is of another type than the option's."""
    if given is None:
        return
    values = given if option.repeatable and isinstance(given, list) else [given]
    right = TYPES[option.kind]
    if not all(isinstance(one, right) and (option.is_switch or not isinstance(one, bool)) for one in values):
        expected = _EXPECTED.get(option.kind, "text")
        raise UsageError(f"[tool.crosstask] {option.name}: found {given!r}; expected {expected}")


def _number(option: Option, given: Any) -> int:
    if not re.fullmatch(r"\d+", str(given)):
        raise UsageError(f"--{option.name}: found {given!r}; expected a whole number from 0")
    return int(given)
