"""What one process of a session knows, a frozen value a phase.

`Process` is known when pytest is configured. The stash of its config then gets what each phase learned: `SUBJECTS` when
collection begins, `RESPONSES` when the plan is published, `TESTED` when an item is set up.
"""

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from harness.evaluation.options import Options
from harness.evaluation.responses import Outcome
from harness.evaluation.responses import Responses
from harness.evaluation.subjects import Subjects
from harness.session.place import session_folder
from harness.session.plan import PlannedCase

_FAILURE = "failure"
_EMPTY = "empty-shard"


@dataclass(frozen=True)
class Process:
    """A process of a session: its configuration, its part in it, and where the processes meet."""

    config: pytest.Config
    options: Options

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

    @cached_property
    def folder(self) -> Path:
        """The folder the processes of this session share; the owner makes it at the first use."""
        given = self._given("crosstask_folder")
        return Path(given) if given else session_folder()

    @property
    def owner(self) -> int:
        """The process that owns the engines."""
        return int(self._given("crosstask_owner") or os.getpid())

    @property
    def subjects(self) -> Subjects:
        """What is evaluated; nothing before the collection."""
        return self.config.stash.get(SUBJECTS, Subjects())

    @property
    def responses(self) -> Responses:
        """Where this process gets the responses of its cases from, once there is a plan."""
        return self.config.stash[RESPONSES]

    @property
    def tested(self) -> "Tested":
        """The item that is tested now."""
        return self.config.stash[TESTED]

    def tick(self) -> None:
        """Say how far the run has come, where this process shows it; called while an answer is awaited."""
        terminal: Any = self.config.pluginmanager.get_plugin("crosstask-terminal")
        if terminal is not None:
            terminal.tick()

    def stop(self, reason: str) -> None:
        """End the session after the running test."""
        session = self.config.stash.get(SESSION, None)
        if session is None:
            return
        session.shouldfail = reason
        controller: Any = self.config.pluginmanager.get_plugin("dsession")
        if controller is not None:
            controller.triggershutdown()

    def fail(self, sentence: str) -> None:
        """Leave word for the controller why this worker cannot go on."""
        (self.folder / _FAILURE).write_text(sentence, encoding="utf-8")

    def failure(self) -> str | None:
        """Why a worker could not go on."""
        path = self.folder / _FAILURE
        return path.read_text(encoding="utf-8") if path.exists() else None

    def say_empty(self, sentence: str) -> None:
        """Leave word for the owner that this session's shard has no case."""
        (self.folder / _EMPTY).write_text(sentence, encoding="utf-8")

    def empty(self) -> str | None:
        """The sentence for a shard that has no case; None where it has one, or there are no shards."""
        path = None if self.options.shard is None else self.folder / _EMPTY
        return path.read_text(encoding="utf-8") if path is not None and path.exists() else None

    def close(self) -> None:
        """Close what this process pulled answers from."""
        if RESPONSES in self.config.stash:
            self.responses.close()

    def remove(self) -> None:
        """Remove the folder where the session met, if it did."""
        if "folder" in vars(self):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _given(self, name: str) -> Any:
        return getattr(self.config, "workerinput", {}).get(name)


@dataclass(frozen=True, slots=True)
class Tested:
    """An item that is tested: its planned case, None where it is no page's, and what is learned of it."""

    case: PlannedCase | None
    outcome: Outcome

    def planned(self, fixture: str) -> PlannedCase:
        """The planned case; fails a test that is no page's and asks for the fixture."""
        if self.case is None:
            pytest.fail(f"{fixture}: found a test that is no page's; expected @benchmark.cases above it", pytrace=False)
        return self.case


PLANNED = pytest.StashKey[PlannedCase]()
"""Of an item: the planned case it stands for."""
SESSION = pytest.StashKey[pytest.Session]()
SUBJECTS = pytest.StashKey[Subjects]()
RESPONSES = pytest.StashKey[Responses]()
TESTED = pytest.StashKey[Tested]()
