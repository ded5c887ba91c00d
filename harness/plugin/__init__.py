"""The pytest plugin: hooks and fixtures, one concern a module.

    command_line  the command line and `[tool.crosstask]` -> Options
    selection     which pages `-k`, `-m`, the paths and the recipe can still select
    named         the cases that the command line names
    collection    pages -> pytest items -> the plan
    sequence      the order of the items where the gate may stop early
    fixtures      case, response, record, ask: what a page's test asks for
    process       what one process of a session knows, a value a phase
    reports       what became of an item -> its TestReport
    owner         the process that owns the run
    left_over     cases that were answered and not tested when a session ended early
    outputs       exit status, JUnit XML, GitHub's summary
    terminal      header, the score table
    progress      which lines of progress are written

Each translates pytest's hooks into calls of `harness.evaluation`, which knows no pytest.

Under xdist every worker collects and tests, the controller alone owns; without it one process is both.
"""

from collections.abc import Generator

import pytest

from harness.errors import CrosstaskError
from harness.plugin import command_line
from harness.plugin.collection import Collection
from harness.plugin.fixtures import Fixtures
from harness.plugin.owner import Owner
from harness.plugin.process import Process
from harness.plugin.reports import Reports
from harness.plugin.terminal import Terminal

__all__ = ["pytest_addoption", "pytest_cmdline_main", "pytest_configure", "pytest_load_initial_conftests"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option group `crosstask`."""
    command_line.add(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """Add the options of an engine of the user's own, before the command line is read for good."""
    try:
        command_line.add_of_engine(early_config, parser)
    except CrosstaskError as error:
        raise pytest.UsageError(str(error)) from error
    result = yield
    command_line.suggest(parser, args)  # a suite's own options are there only now
    return result


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """A dry run is over before workers would have started: xdist is not brought in."""
    if config.getoption("crosstask_dry_run"):
        config.option.numprocesses = None
        config.option.dist = "no"
        config.option.tx = []
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the options once and register the parts this process plays."""
    try:
        process = Process(config, command_line.options_of(config))
    except CrosstaskError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(Collection(process), "crosstask-collection")
    config.pluginmanager.register(Fixtures(process), "crosstask-fixtures")
    config.pluginmanager.register(Reports(process), "crosstask-reports")
    if not process.is_worker:
        owner = Owner(process)
        config.pluginmanager.register(owner, "crosstask-owner")
        config.pluginmanager.register(Terminal(process, owner), "crosstask-terminal")
