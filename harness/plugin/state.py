"""What one process of a session knows: one State under one stash key."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest

from harness.core import Response
from harness.core import Score
from harness.core import Status
from harness.engines.descriptor import Recorded
from harness.models import Card
from harness.plugin.options import Options
from harness.session.plan import Cell
from harness.session.program_loop import JUDGING
from harness.session.waiting import Reader

if TYPE_CHECKING:
    from harness.compare.system import System

_FAILURE = "failure"
_PREFIX = "crosstask-"


CELL = pytest.StashKey[Cell]()


@dataclass
class Outcome:
    """What the fixtures learned of one item, until its report is made; one that is not needed gets no record."""

    responses: list[Response] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    programs: tuple[str | None, ...] = ()
    readings: tuple[str | None, ...] = ()
    scores: tuple[Score, ...] = ()
    status: Status | None = None
    reason: str | None = None
    is_needed: bool = True


@dataclass
class State:
    """The state of this process: `item` is what it tests now, `order` each model's prompts in the order of the items.

    `baseline` is what the gate compares with. `recorded` are the answers of an engine that reads them, `replayed` those
    that were joined to cases, by (benchmark, model, case).
    """

    config: pytest.Config
    options: Options
    cards: dict[str, Card] = field(default_factory=dict)
    baseline: "tuple[System, ...]" = ()
    recorded: Recorded | None = None
    replayed: dict[tuple[str, str, str], Response] = field(default_factory=dict)
    session: pytest.Session | None = None
    tick: Callable[[], None] = lambda: None
    item: pytest.Item | None = None
    order: dict[str, list[str]] = field(default_factory=dict)
    _outcome: Outcome = field(default_factory=Outcome)
    _reader: Reader | None = None
    _verdicts: Reader | None = None
    _folder: Path | None = None

    @property
    def is_worker(self) -> bool:
        """Whether this process is an xdist worker."""
        return hasattr(self.config, "workerinput")

    @property
    def is_controller(self) -> bool:
        """Whether this process is an xdist controller."""
        return bool(self.config.pluginmanager.has_plugin("dsession"))

    @property
    def is_dry(self) -> bool:
        """Whether nothing is to be run."""
        return bool(self.config.option.collectonly) or self.options.dry_run

    @property
    def folder(self) -> Path:
        """The folder the processes of this session share; the owner makes it at the first use."""
        if self._folder is None:
            given = self._given("crosstask_folder")
            self._folder = Path(given) if given else _session_folder()
        return self._folder

    @property
    def owner(self) -> int:
        """The process that owns the engines."""
        return int(self._given("crosstask_owner") or os.getpid())

    @property
    def reader(self) -> Reader:
        """Where this process pulls its answers from."""
        if self._reader is None:
            self._reader = Reader(self.folder, self.owner, self.order)
        return self._reader

    @property
    def verdicts(self) -> Reader:
        """Where this process pulls verdicts on programs from."""
        if self._verdicts is None:
            self._verdicts = Reader(self.folder, self.owner, alive=JUDGING)
        return self._verdicts

    def cell(self, fixture: str) -> Cell:
        """The cell of the item that is tested now; fails a test that is no page's and asks for the fixture."""
        cell = None if self.item is None else self.item.stash.get(CELL, None)
        if cell is None:
            pytest.fail(f"{fixture}: found a test that is no page's; expected @benchmark.cases above it", pytrace=False)
        return cell

    @property
    def outcome(self) -> Outcome:
        """What is learned of the item that is tested now; anew for each run of it."""
        return self._outcome

    def begin(self, item: pytest.Item) -> None:
        """Turn to an item, with nothing known of it."""
        self.item = item
        self._outcome = Outcome()

    def stop(self, reason: str) -> None:
        """End the session after the running test."""
        if self.session is None:
            return
        self.session.shouldfail = reason
        controller: Any = self.config.pluginmanager.get_plugin("dsession")
        if controller is not None:
            controller.shouldstop = reason

    def fail(self, sentence: str) -> None:
        """Leave word for the controller why this worker cannot go on."""
        (self.folder / _FAILURE).write_text(sentence, encoding="utf-8")

    def failure(self) -> str | None:
        """Why a worker could not go on."""
        path = self.folder / _FAILURE
        return path.read_text(encoding="utf-8") if path.exists() else None

    def close(self) -> None:
        """Close what this process opened."""
        for reader in (self._reader, self._verdicts):
            if reader is not None:
                reader.close()

    def remove(self) -> None:
        """Remove the folder where the session met, if it did."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _given(self, name: str) -> Any:
        return getattr(self.config, "workerinput", {}).get(name)


def _session_folder() -> Path:
    """A new folder named for this process; those of processes that were killed are swept away."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def failed(outcome: Outcome, status: Status, reason: str) -> BaseException:
    """Note why there is no score; the exception that fails the test without a traceback."""
    outcome.status = status
    outcome.reason = reason
    return pytest.fail.Exception(f"{status.replace('_', ' ')}: {reason}", pytrace=False)


STATE = pytest.StashKey[State]()
