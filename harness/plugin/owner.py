"""The owner: pytest's hooks in the one process of a session that owns the run, translated into calls of it."""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from harness.core import Record
from harness.core import decode
from harness.errors import CrosstaskError
from harness.evaluation.declared import without_secrets
from harness.evaluation.running import Running
from harness.plugin.left_over import left_over
from harness.plugin.left_over import tests_of
from harness.plugin.process import SESSION
from harness.plugin.process import Process
from harness.plugin.reports import ATTRIBUTE

EXIT_INCOMPLETE = 12
"""Planned cases lack a result; pytest's own 2 to 4 (interrupted, internal error, usage) come first."""
_EVERY = 0.5
"""Seconds between two looks at whether a session with workers is being stopped."""


def _terminate(number: int, _frame: object) -> None:
    """End the session as Ctrl-C does: only then does pytest show what there is."""
    signal.signal(number, signal.SIG_IGN)  # once is enough: what is answered is being written
    raise pytest.exit.Exception("terminated")


def _interrupt(number: int, _frame: object) -> None:
    """End what is still done when the tests are over, as Ctrl-C does."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


class Owner:
    """Owns the run of this session once there is a plan.

    `unwritten` says why GitHub's summary of the job could not be written, if so.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._over = threading.Event()
        self._failures = 0
        self._crashed: set[str] = set()
        self._running: Running | None = None
        self.unwritten: str | None = None

    @property
    def running(self) -> Running:
        """The run of this session, begun or not."""
        if self._running is None:
            process = self._process
            secrets = process.options.choice.descriptor.options
            command = without_secrets([Path(sys.argv[0]).name, *sys.argv[1:]], secrets)
            self._running = Running(
                process.folder,
                process.options,
                process.subjects,
                process.config.rootpath,
                command,
                process.stop,
            )
        return self._running

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember the session, so that a fault can end it; SIGTERM ends it with a report, as Ctrl-C does."""
        self._process.config.stash[SESSION] = session
        ours = threading.current_thread() is threading.main_thread()
        if ours and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _terminate)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker where the session meets."""
        node.workerinput["crosstask_folder"] = str(self._process.folder)
        node.workerinput["crosstask_owner"] = os.getpid()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin, where this process collected."""
        broken = session.testsfailed and not session.config.option.continue_on_collection_errors
        if not self._process.is_controller and not self._process.is_dry and not broken:
            self._begin()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """Begin with the first worker's plan, before any test is scheduled."""
        failure = self._process.failure()
        if failure is not None:
            raise pytest.UsageError(failure)
        if self.running.plan is None and not self._process.is_dry:
            self._begin()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the record that came with a report."""
        self._failures += report.failed
        content = getattr(report, ATTRIBUTE, None)
        if content is None and report.failed:
            self._crashed.add(report.nodeid)
        elif content is not None:
            record: Record = decode(json.loads(content)) if isinstance(content, str) else content
            self.running.take(record)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop asking, write what the folder says, and settle the exit status."""
        self._over.set()
        running, process = self.running, self._process
        running.left_over = lambda seen: left_over(process, session, running.plan, seen, self._crashed)
        running.tests = lambda: tests_of(process, session, running.plan)[0]
        running.tick = process.tick
        if signal.getsignal(signal.SIGTERM) is _terminate:
            signal.signal(signal.SIGTERM, _interrupt)  # pytest's own exception would be that of a page's test
        running.end(interrupted=session.exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED))
        if running.run is None:
            if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and process.empty() is not None:
                session.exitstatus = pytest.ExitCode.OK  # one task of an array need not have a case
            return
        from harness.plugin.outputs import add_to_junit
        from harness.plugin.outputs import settle
        from harness.plugin.outputs import write_step_summary

        summary = running.summary
        if running.broken or not (summary and summary["complete"]):
            session.exitstatus = self._incomplete(session.exitstatus)
        elif summary["gate"]:
            session.exitstatus = settle(summary["gate"], session.exitstatus)
        if summary is not None:
            if summary["gate"]:
                add_to_junit(session.config, summary["gate"])
            self.unwritten = write_step_summary(summary)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, error: object) -> None:
        """A worker that dies leaves tests that no longer come in their order."""
        if error and self.running.gating is not None:
            self.running.gating.give_up_early()

    def pytest_unconfigure(self) -> None:
        """Remove the folder where the session met, and end what runs in a session that never began."""
        if signal.getsignal(signal.SIGTERM) in (_terminate, _interrupt):
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if self._running is not None:
            self._running.close()
        self._process.remove()

    def _begin(self) -> None:
        try:
            self.running.begin()
        except CrosstaskError as error:
            raise pytest.UsageError(str(error)) from error
        if self._process.is_controller and self.running.gating is not None:
            threading.Thread(target=self._watch, name="crosstask-looks", daemon=True).start()

    def _watch(self) -> None:
        """Let no worker wait for a look that will not come, as the session is being stopped."""
        controller: Any = self._process.config.pluginmanager.get_plugin("dsession")
        session = self._process.config.stash.get(SESSION, None)
        while not self._over.wait(_EVERY):
            if controller.shouldstop or (session is not None and (session.shouldstop or session.shouldfail)):
                if self.running.gating is not None:
                    self.running.gating.shut()
                return

    def _incomplete(self, status: int | pytest.ExitCode) -> int | pytest.ExitCode:
        """12, unless the user interrupted or pytest itself failed; a fault of ours interrupts xdist too."""
        ours = [pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED]
        most = self._process.config.getoption("maxfail")
        if self.running.failed or (most and self._failures >= most):
            ours.append(pytest.ExitCode.INTERRUPTED)
        return EXIT_INCOMPLETE if status in ours else status
