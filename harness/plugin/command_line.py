"""The command line: pytest's options from their declarations, and what was given for them.

Each option is `--ct-NAME`, and `--NAME` where nobody else in the session has that: a suite may have had a `--model`
long before it had pages. pytest adds a suite's own options after a plugin's, to one argparse parser that takes the
second of a name for an error. So a name of ours is given up where another one wants it.
"""

import argparse
import difflib
import re
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

import pytest

from harness.engines.options import Option
from harness.engines.registry import find
from harness.entry import read_tool
from harness.evaluation.options import Options
from harness.evaluation.options import every
from harness.evaluation.options import own
from harness.evaluation.options import read

PREFIX = "ct-"
_DEST = "crosstask_"
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def add(parser: pytest.Parser) -> None:
    """Add the group to the parser: the options of every session, and those of the engines that come with the suite."""
    _give_way(parser)
    _add(_group(parser), every())


def add_of_engine(config: pytest.Config, parser: pytest.Parser) -> None:
    """Add the options of a user's own engine, where one is named; raises EngineError where there is none."""
    engine = config.known_args_namespace.crosstask_engine or _table(config).get("engine")
    if not isinstance(engine, str) or ":" not in engine:
        return
    _add(_group(parser), own(find(engine, config.rootpath)))


def suggest(parser: pytest.Parser, arguments: Sequence[str]) -> None:
    """Have pytest's own error say which option of ours may have been meant by one that nobody knows."""
    known = [name for name, owner in parser._opt2dest.items() if owner.startswith(_DEST)]  # noqa: SLF001
    for argument in arguments:
        name = argument.partition("=")[0]
        if not name.startswith("--") or name == "--" or name in parser._opt2dest:  # noqa: SLF001
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        if near:
            parser.extra_info["did you mean"] = near[0]


def taken(config: pytest.Config) -> list[str]:
    """The options whose short name is somebody else's in this session, as their owners call them."""
    owners = config._parser._opt2dest  # noqa: SLF001 - the only place that says whose a name is
    return [f"--{option.name}" for option in every() if owners.get(f"--{option.name}") != option.attribute]


def options_of(config: pytest.Config) -> Options:
    """The options of this session; raises UsageError on a value that cannot be."""
    given = {
        name.removeprefix(_DEST).replace("_", "-"): value
        for name, value in vars(config.option).items()
        if name.startswith(_DEST) and value is not None
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
        _add_by_its_names(group, option, settings)


def _add_by_its_names(group: pytest.OptionGroup, option: Option, settings: dict[str, Any]) -> None:
    """Add an option under both its names, or under the long one where the short one is taken."""
    full = f"--{PREFIX}{option.name}"
    try:
        group.addoption(f"--{option.name}", full, **settings)
    except argparse.ArgumentError:
        group.addoption(full, **settings)


def _give_way(parser: pytest.Parser) -> None:
    """Let others have names of ours from now on; two that are not ours are in conflict as ever."""
    known = parser.optparser
    new_group = known.add_argument_group

    def add_argument_group(*names: Any, **more: Any) -> Any:
        return _yielding(new_group(*names, **more))

    known.add_argument_group = add_argument_group  # type: ignore[method-assign]
    for container in (known, *known._action_groups):  # noqa: SLF001 - argparse has no other way to reach its groups
        _yielding(container)


def _yielding(container: Any) -> Any:
    """An argparse group, or the parser itself, that takes names from us."""
    refuse, resolve = container._handle_conflict_error, container._handle_conflict_resolve  # noqa: SLF001

    def handle(action: argparse.Action, conflicts: Sequence[tuple[str, argparse.Action]]) -> None:
        ours = all(other.dest.startswith(_DEST) for _, other in conflicts)
        (resolve if ours and not action.dest.startswith(_DEST) else refuse)(action, conflicts)

    container._handle_conflict_error = handle  # noqa: SLF001
    return container


def _plain(text: str) -> str:
    """A text of the README as the help shows it: code without its backticks, a link's words alone."""
    return _LINK.sub(r"\1", text).replace("`", "").replace("%", "%%")
