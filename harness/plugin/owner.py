"""The owner: the one process of a session that holds the run's folder, the engines and the sandbox.

It begins when the plan is published, writes a record whenever a report comes by, and at the end
makes the report from the folder and settles the exit status.
"""

import json
import os
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest

from harness.core import Record
from harness.core import decode
from harness.errors import CrosstaskError
from harness.errors import SandboxError
from harness.models.local import slug
from harness.plugin.reports import ATTRIBUTE
from harness.plugin.state import State
from harness.session.engine_loop import Asker
from harness.session.engine_loop import Source
from harness.session.exchange import Exchange
from harness.session.exchange import ModelState
from harness.session.folder import RunFolder
from harness.session.preparing import Served
from harness.session.preparing import serve
from harness.session.program_loop import SANDBOX
from harness.session.program_loop import Judge
from harness.session.program_loop import open_sandbox

if TYPE_CHECKING:
    from harness.diagnostics.examining import Examination
    from harness.plugin.gating import Gating

EXIT_INCOMPLETE = 12
"""Planned cases lack a result; pytest's own 2 to 4 (interrupted, internal error, usage) come first."""


class Owner:
    """Owns the run of this session once there is a plan; `summary` is there when it is over.

    `unwritten` says why GitHub's summary of the job could not be written, if so.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._seen: dict[str, set[tuple[str, str]]] = {}
        self._broken: str | None = None
        self._exchange: Exchange | None = None
        self._sources: dict[str, Source] = {}
        self._gating: Gating | None = None
        self.plan: Any = None
        self.asker: Asker | None = None
        self.judge: Judge | None = None
        self.examination: Examination | None = None
        self.run: RunFolder | None = None
        self.summary: dict[str, Any] | None = None
        self.unwritten: str | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember the session, so that a fault can end it."""
        self._state.session = session

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker where the session meets."""
        node.workerinput["crosstask_folder"] = str(self._state.folder)
        node.workerinput["crosstask_owner"] = os.getpid()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin, where this process collected."""
        broken = session.testsfailed and not session.config.option.continue_on_collection_errors
        if not self._state.is_controller and not self._state.is_dry and not broken:
            self._begin()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """Begin with the first worker's plan, before any test is scheduled."""
        failure = self._state.failure()
        if failure is not None:
            raise pytest.UsageError(failure)
        if self.plan is None and not self._state.is_dry:
            self._begin()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the record that came with a report."""
        found = getattr(report, ATTRIBUTE, None)
        if found is None or self.run is None:
            return
        record: Record = decode(json.loads(found)) if isinstance(found, str) else found
        self._seen.setdefault(record.model, set()).add((record.benchmark, record.case))
        if self._broken is None:
            try:
                self.run.record(record)
                if self._gating is not None:
                    self._gating.take(record)
            except CrosstaskError as error:
                self._broken = str(error)
                self._state.stop(self._broken)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop asking, write what the folder says, and settle the exit status."""
        self._stop()
        if self.run is None:
            return
        from harness.plugin.outputs import add_to_junit
        from harness.plugin.outputs import settle
        from harness.plugin.outputs import write_step_summary
        from harness.report.write import write_report

        if self._gating is not None:
            self._gating.end()
        try:
            self._close(self.run)
            self._examine(self.run.path, session)
            self.summary = write_report(self.run.path)
        except CrosstaskError as error:
            self._broken = self._broken or str(error)
        if self._broken or not (self.summary and self.summary["complete"]):
            session.exitstatus = self._incomplete(session.exitstatus)
        elif self.summary["gate"]:
            session.exitstatus = settle(self.summary["gate"], session.exitstatus)
        if self.summary is not None:
            if self.summary["gate"]:
                add_to_junit(session.config, self.summary["gate"])
            self.unwritten = write_step_summary(self.summary)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, error: object) -> None:
        """A worker that dies leaves tests that no longer come in their order."""
        if error and self._gating is not None:
            self._gating.give_up_early()

    def pytest_unconfigure(self) -> None:
        """Remove the folder where the session met, and end what runs in a session that never began."""
        if self.judge is not None:
            self.judge.stop()
        if self._exchange is not None:
            self._exchange.close()
        self._state.remove()

    @property
    def broken(self) -> str | None:
        """Why nothing more could be written, if so."""
        return self._broken

    def _begin(self) -> None:
        if not (self._state.folder / "exchange.sqlite").exists():
            return
        try:
            self._exchange = Exchange(self._state.folder)
            self.plan = self._exchange.plan()
            self._start(self._exchange)
        except CrosstaskError as error:
            raise pytest.UsageError(str(error)) from error

    def _start(self, exchange: Exchange) -> None:
        path = self._state.options.run_dir or self._default_folder()
        self.judge, unjudged = self._open_judge(exchange)
        gating = self._open_gating()
        served = {} if self._state.options.choice.descriptor.recorded is not None else self._serve(path)
        run = RunFolder(path, self.plan, [Path(sys.argv[0]).name, *sys.argv[1:]])
        run.set_models({name: found.facts for name, found in served.items()})
        run.write_manifest(generalise_over=self._state.options.generalise_over)
        if self.judge is not None:
            run.write_manifest(sandbox=self.judge.facts)
        elif unjudged:
            run.write_manifest(notes=[*run.manifest["notes"], unjudged])
        if gating is not None:
            gating.begin(run, exchange)
        run.keep_prompts(chain(exchange.prompts(), exchange.trials()))
        if self.judge is not None:
            self.judge.start()
        if served:
            self._sources = {name: found.source for name, found in served.items()}
            refresh = self._state.options.refresh
            self.asker = Asker(self._state.folder, self._sources, self._is_over, refresh, self.judge)
            self.asker.start()
        if gating is not None:
            gating.asker = self.asker
        self.run, self._gating = run, gating

    def _open_gating(self) -> "Gating | None":
        wish = self._state.options.gate
        if wish is None:
            return None
        from harness.plugin.gating import Gating

        return Gating(self._state, wish, self.plan)

    def _open_judge(self, exchange: Exchange) -> tuple[Judge | None, str | None]:
        """What runs the plan's programs, where it has any; and why they are not run, where they cannot be.

        Raises SandboxError where there is nothing else to do.
        """
        tried, options = self.plan["tried"], self._state.options
        if not tried:
            return None, None
        try:
            sandbox = open_sandbox(unsandboxed=options.unsandboxed)
        except SandboxError as error:
            if set(self.plan["benchmarks"]) == set(tried):
                raise
            exchange.set_model(SANDBOX, ModelState(None, None, str(error)))
            exchange.forgo_trials()
            return None, f"{', '.join(tried)}: not run: {error}"
        return Judge(self._state.folder, sandbox, refresh=options.refresh), None

    def _serve(self, path: Path) -> dict[str, Served]:
        """Obtain and identify every model of the plan, before the first is loaded."""
        cards, choice = self._state.cards, self._state.options.choice
        return {name: serve(cards[name], choice, path / f"engine-{slug(name)}.log") for name in self.plan["models"]}

    def _stop(self) -> None:
        """End the asking and the running of programs, and take over why either broke."""
        if self.asker is not None:
            self.asker.stop()
            self._broken = self._broken or self.asker.broken
        if self.judge is not None:
            self.judge.stop()
            self._broken = self._broken or self.judge.broken

    def _close(self, run: RunFolder) -> None:
        try:
            run.keep_prompts(self._exchange.prompts() if self._exchange else ())
            for model, found in self._descriptions():
                run.describe_engine(model, found)
            run.finish()
        finally:
            run.close()

    def _examine(self, folder: Path, session: pytest.Session) -> None:
        """Find out about the run's programs what the user wishes; Ctrl-C ends that alone, the report is still made."""
        options = self._state.options
        ended = self._broken or session.exitstatus == pytest.ExitCode.INTERRUPTED
        if not options.diagnostics or self.judge is None or ended:
            return
        from harness.diagnostics.examining import LIMITS
        from harness.diagnostics.examining import Examination
        from harness.results.folder import read_run

        sandbox = open_sandbox(unsandboxed=options.unsandboxed, limits=LIMITS)
        self.examination = Examination(read_run(folder), options.diagnostics, sandbox)
        try:
            self.examination.work()
        except KeyboardInterrupt:
            # what was found is in the folder, and the same command goes on from there
            pass
        except Exception as error:  # noqa: BLE001 - a fault of a tool must not cost the report
            said = str(error) if isinstance(error, CrosstaskError) else f"{type(error).__name__}: {error}"
            self._broken = f"programs: {said}; the report has what was found out before"
        finally:
            sandbox.close()

    def _descriptions(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What each engine that was started said of its model."""
        for model, source in self._sources.items():
            if source.engine.description is not None:
                yield model, source.engine.description

    def _incomplete(self, status: int | pytest.ExitCode) -> int | pytest.ExitCode:
        """12, unless the user interrupted or pytest itself failed; a fault of ours interrupts xdist too."""
        ours = [pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED]
        controller: Any = self._state.config.pluginmanager.get_plugin("dsession")
        stopped = str(getattr(controller, "shouldstop", "")).startswith("stopping after")
        if stopped or self._broken or (self.asker is not None and self.asker.failed):
            ours.append(pytest.ExitCode.INTERRUPTED)
        return EXIT_INCOMPLETE if status in ours else status

    def _default_folder(self) -> Path:
        name = "+".join(map(slug, self.plan["models"]))[:80]
        return self._state.config.rootpath / "reports" / f"{name}-{self.plan['hash']}"

    def _is_over(self, model: str) -> bool:
        """Whether no case of a model can ask anything more."""
        planned = sum(map(len, self.plan["planned"].get(model, {}).values()))
        return not self.plan["later"] or len(self._seen.get(model, ())) >= planned
