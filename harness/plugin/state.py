"""What one process of a session knows: one State under one stash key."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import pytest

from harness.core import Response
from harness.evaluation.options import Options
from harness.evaluation.responses import Outcome
from harness.evaluation.responses import Responses
from harness.evaluation.subjects import Subjects
from harness.session.place import session_folder
from harness.session.plan import PlannedCase

_FAILURE = "failure"


PLANNED = pytest.StashKey[PlannedCase]()


@dataclass
class State:
    """The state of this process: `item` is what it tests now, `order` each model's requests in the order of the items.

    `replayed` are recorded answers that were joined to cases, by (benchmark, model, case).
    """

    config: pytest.Config
    options: Options
    subjects: Subjects = field(default_factory=Subjects)
    replayed: dict[tuple[str, str, str], Response] = field(default_factory=dict)
    session: pytest.Session | None = None
    tick: Callable[[], None] = lambda: None
    item: pytest.Item | None = None
    order: dict[str, list[str]] = field(default_factory=dict)
    _outcome: Outcome = field(default_factory=Outcome)
    _responses: Responses | None = None
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
            self._folder = Path(given) if given else session_folder()
        return self._folder

    @property
    def owner(self) -> int:
        """The process that owns the engines."""
        return int(self._given("crosstask_owner") or os.getpid())

    @property
    def responses(self) -> Responses:
        """Where this process gets the responses of its cases from."""
        if self._responses is None:
            self._responses = Responses(
                self.folder, self.options, self.subjects, self.replayed, self.order, self.owner, self.tick, self.stop
            )
        return self._responses

    def planned(self, fixture: str) -> PlannedCase:
        """The planned case of the item that is tested now; fails a test that is no page's and asks for the fixture."""
        planned = None if self.item is None else self.item.stash.get(PLANNED, None)
        if planned is None:
            pytest.fail(f"{fixture}: found a test that is no page's; expected @benchmark.cases above it", pytrace=False)
        return planned

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
            controller.triggershutdown()

    def fail(self, sentence: str) -> None:
        """Leave word for the controller why this worker cannot go on."""
        (self.folder / _FAILURE).write_text(sentence, encoding="utf-8")

    def failure(self) -> str | None:
        """Why a worker could not go on."""
        path = self.folder / _FAILURE
        return path.read_text(encoding="utf-8") if path.exists() else None

    def close(self) -> None:
        """Close what this process opened."""
        if self._responses is not None:
            self._responses.close()

    def remove(self) -> None:
        """Remove the folder where the session met, if it did."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _given(self, name: str) -> Any:
        return getattr(self.config, "workerinput", {}).get(name)


STATE = pytest.StashKey[State]()
