"""What tests share: which of them run, and the folder CROSSTASK_SHARED names."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# a deadline would measure how busy the machine is
settings.register_profile("unhurried", parent=settings(), deadline=None)
settings.load_profile("unhurried")

# the tests start a thousand processes, and each would compile the package anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# processes that share the cores and each use all of them wait for one another
if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(workers))))

pytest_plugins = ("pytester",)
WORKERS = 2
ALONE = ("-n", "--numprocesses", "-p", "--pdb", "--collect-only", "--co")
"""Options of who wants one process, or another number."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Share the whole suite among two processes; `-n 0` is one process.

    Slow tests stay together by their files, whose models and runs they share.
    """
    # a worker calls this hook too, and must not start workers of its own
    alone = hasattr(config, "workerinput") or any(arg.startswith(ALONE) for arg in config.invocation_params.args)
    if not alone and config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        config.option.numprocesses = WORKERS
        config.option.dist = "loadfile" if config.option.markexpr else "worksteal"


def pytest_collection_modifyitems(config, items):
    """Leave out slow tests and rare toolchains unless `-m` asks for them, and the shared folder where there is none."""
    asked = config.option.markexpr or ""
    rare = [mark for mark in ("slow", "toolchains") if mark not in asked]
    left_out = [item for item in items if any(mark in item.keywords for mark in rare)]
    if shared_folder() is None:
        left_out += [item for item in items if "shared" in item.keywords and item not in left_out]
    if left_out:
        dropped = set(map(id, left_out))
        items[:] = [item for item in items if id(item) not in dropped]
        config.hook.pytest_deselected(items=left_out)
    config.stash[NOT_RUN] = sum("shared" in item.keywords for item in left_out)


def pytest_terminal_summary(terminalreporter, config):
    """Say in one line what was not run for want of the shared folder."""
    count = config.stash.get(NOT_RUN, 0)
    if count and shared_folder() is None:
        terminalreporter.write_line(f"not run: {count} tests that need the folder CROSSTASK_SHARED names")


def shared_folder():
    """The folder CROSSTASK_SHARED names, or None."""
    named = os.environ.get("CROSSTASK_SHARED")
    return Path(named) if named and Path(named).is_dir() else None


@pytest.fixture
def shared():
    """The folder with mirrored rows, parity logs and generations."""
    return shared_folder()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's cache."""
    if "CROSSTASK_TEST_CACHE" not in os.environ:
        monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path_factory.mktemp("cache")))


NOT_RUN = pytest.StashKey[int]()
