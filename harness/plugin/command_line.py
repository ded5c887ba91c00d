"""The command line: pytest's options from their declarations, and what was given for them."""

import re
from collections.abc import Iterable
from typing import Any

import pytest

from harness.engines.options import Option
from harness.engines.registry import find
from harness.entry import read_tool
from harness.evaluation.options import Options
from harness.evaluation.options import every
from harness.evaluation.options import own
from harness.evaluation.options import read

_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def add(parser: pytest.Parser) -> None:
    """Add the group to the parser: the options of every session, and those of the engines that come with the suite."""
    _add(_group(parser), every())


def add_of_engine(config: pytest.Config, parser: pytest.Parser) -> None:
    """Add the options of a user's own engine, where one is named; raises EngineError where there is none."""
    engine = config.known_args_namespace.crosstask_engine or _table(config).get("engine")
    if not isinstance(engine, str) or ":" not in engine:
        return
    _add(_group(parser), own(find(engine, config.rootpath)))


def options_of(config: pytest.Config) -> Options:
    """The options of this session; raises UsageError on a value that cannot be."""
    given = {
        name.removeprefix("crosstask_").replace("_", "-"): value
        for name, value in vars(config.option).items()
        if name.startswith("crosstask_") and value is not None
    }
    # a worker tests what it is sent, and does not choose how tests are handed out
    dist = "no" if hasattr(config, "workerinput") else getattr(config.option, "dist", "no")
    return read(given, _table(config), config.rootpath, dist)


def _table(config: pytest.Config) -> dict[str, Any]:
    table: dict[str, Any] = read_tool(config.rootpath).get("crosstask", {})
    return table


def _group(parser: pytest.Parser) -> pytest.OptionGroup:
    return parser.getgroup("crosstask", "evaluation of language models (crosstask)")


def _add(group: pytest.OptionGroup, options: Iterable[Option]) -> None:
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
