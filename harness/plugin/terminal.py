"""What the user sees: the header, progress with an ETA while answers are awaited, the score table."""

import threading
from collections.abc import Generator
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest

from harness import __version__
from harness.core import decode
from harness.evaluation.settings import notes
from harness.plugin.command_line import taken
from harness.plugin.live_line import LiveLine
from harness.plugin.live_line import live_line
from harness.plugin.owner import Owner
from harness.plugin.process import SESSION
from harness.plugin.process import Process
from harness.plugin.progress import IN_A_PIPE
from harness.plugin.progress import ON_A_TERMINAL
from harness.plugin.progress import Progressing
from harness.plugin.progress import progress_line
from harness.results.groups import shard_of
from harness.session.estimate import cost
from harness.session.estimate import download_bytes
from harness.session.exchange import Exchange

if TYPE_CHECKING:
    from harness.report.terminal import View

_LOOK_S = 0.5
"""Seconds between two looks at how far the run is."""
_COLOURS = {"pass": {"green": True}, "inconclusive": {"yellow": True}}
_STYLES: dict[str, dict[str, bool]] = {"heading": {"bold": True}, "faint": {"light": True}, "warning": {"red": True}}
"""How the table's lines are marked up, where pytest marks up anything: on a terminal, without NO_COLOR."""


class Terminal:
    """Writes through pytest's own terminal reporter."""

    def __init__(self, process: Process, owner: Owner) -> None:
        self._process = process
        self._owner = owner
        reporter = process.config.pluginmanager.get_plugin("terminalreporter")
        self._pace = Progressing(ON_A_TERMINAL if getattr(reporter, "isatty", False) else IN_A_PIPE)
        self._over = threading.Event()
        self._live: LiveLine | None = None
        self._benchmark: str | None = None

    def pytest_report_header(self) -> list[str]:
        """Which models, rows and protocol, and what a reader of the numbers must know."""
        options = self._process.options
        descriptor = options.choice.descriptor
        default = descriptor.models if descriptor.recorded is None else ("the models of the answers",)
        models = ", ".join(options.models or default) or "no model"
        how = f"recipe {options.recipe.name}, data {options.data}, engine {options.engine}"
        how += "" if options.shard is None else f", shard {options.shard}"
        gate = [] if options.gate is None else [f"  gate: {options.gate}"]
        names = taken(self._process.config)
        other = f"  {', '.join(names)}: found options of this suite's own; expected --ct-NAME for ours"
        only_said_here = options.dry_run or self._process.config.option.collectonly
        said = [f"  {note}" for note in notes(options)] if only_said_here else []
        return [f"crosstask {__version__}: {models}; {how}", *gate, *([other] if names else []), *said]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """Begin to show the progress; under `--dry-run` the estimate stands in for the tests.

        It is called before pytest-xdist's loop, after which nobody would be called.
        """
        config = self._process.config
        if not self._process.is_dry and (live := live_line(config)) is not None:
            self._live = live
            config.pluginmanager.register(live, "crosstask-live-line")
        if self._process.is_controller or self._live is not None:
            threading.Thread(target=self._watch, name="crosstask-progress", daemon=True).start()
        if not self._process.options.dry_run:
            return None
        for line in self._estimate():
            self._write(line)
        return True

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Remember which benchmark is tested."""
        self._benchmark = nodeid.partition("[")[0].rpartition("::")[2].removeprefix("test_")

    def pytest_runtest_logreport(self) -> None:
        """Show progress where answers come too fast to wait for one long."""
        self.tick()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """End the progress."""
        self._over.set()
        if self._live is not None:
            self._live.close()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None, object, object]:
        """The score table and where the report is, below pytest's own list of failures."""
        result = yield
        self._summarise(terminalreporter)
        return result

    def _summarise(self, terminalreporter: pytest.TerminalReporter) -> None:
        running = self._owner.running
        run, summary = running.run, running.summary
        if running.broken:
            terminalreporter.write_line(f"crosstask: {running.broken}", red=True)
        if (sentence := self._process.empty()) is not None:
            terminalreporter.write_line(f"crosstask: {sentence}")
        if run is None or summary is None:
            return
        from harness.report.terminal import table

        asker = running.asker
        terminalreporter.section("scores")
        for line in table(summary, self._view(run.path)):
            terminalreporter.write_line(line.text, **_STYLES.get(line.style, {}))
        self._say_gate(terminalreporter, summary["gate"])
        programs = running.programs
        asked = f"{asker.asked} requests asked, " if asker is not None else ""
        asked += f"{programs.ran} programs run, " if programs is not None else ""
        examination = running.examination
        asked += f"{examination.found} of {examination.wanted} programs examined, " if examination is not None else ""
        certification = running.certification
        asked += f"{certification.done} cases asked again, " if certification is not None else ""
        terminalreporter.write_line(f"{asked}report: {run.path / 'report.html'}")
        if self._owner.unwritten:
            terminalreporter.write_line(f"crosstask: {self._owner.unwritten}", yellow=True)
        if not summary["complete"]:
            terminalreporter.write_line("Run the same command again to continue where this run stopped.", yellow=True)
        session = self._process.config.stash.get(SESSION, None)
        if session is not None:
            from harness.plugin.outputs import reason

            terminalreporter.write_line(reason(session.exitstatus, summary))

    def _view(self, folder: Path) -> "View":
        """The table as wide as the terminal, as detailed as pytest's own -v and -q ask."""
        from harness.report.previous import previous
        from harness.report.terminal import View

        reporter: Any = self._process.config.pluginmanager.get_plugin("terminalreporter")
        writer = self._process.config.get_terminal_writer()
        return View(writer.fullwidth, reporter.verbosity, reporter.isatty, previous(folder))

    def _say_gate(self, terminalreporter: pytest.TerminalReporter, gate: Mapping[str, Any] | None) -> None:
        if not gate:
            return
        from harness.gate.terminal import lines

        terminalreporter.section("gate")
        *rest, last = lines(gate)
        for line in rest:
            terminalreporter.write_line(line)
        terminalreporter.write_line(last, **_COLOURS.get(gate["decision"], {"red": True}))

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_S):
            if self._live is None:
                self.tick()
            elif (line := progress_line(self._owner.running, self._benchmark)) is not None:
                self._live.draw(line)

    def tick(self) -> None:
        """Write a line of progress when the last is a while ago, where no live line is drawn."""
        if self._live is not None or not self._pace.is_due:
            return
        line = progress_line(self._owner.running, self._benchmark)
        if line is not None and self._pace.take(line):
            self._write(f"crosstask: {line}")

    def _write(self, line: str) -> None:
        manager = self._process.config.pluginmanager
        reporter = manager.get_plugin("terminalreporter")
        capture = manager.get_plugin("capturemanager")
        if reporter is None or capture is None:
            return
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(line)

    def _download(self, name: str) -> str:
        if not self._process.options.choice.descriptor.weights:
            return "no download"
        size = download_bytes(self._process.subjects.cards[name])
        return "size of the download unknown" if size is None else f"download about {size / 1e9:.1f} GB unless cached"

    def _estimate(self) -> list[str]:
        if not (self._process.folder / "exchange.sqlite").exists():
            return [] if self._process.empty() is not None else ["crosstask: no case is selected"]
        exchange = Exchange(self._process.folder)
        plan = exchange.plan()
        lines = [] if (part := shard_of(plan)) is None else [part]
        lines += [f"{name}: would not run: {reason}" for name, reason in plan["failures"].items()]
        for name, planned in plan["planned"].items():
            benchmarks = {benchmark: ids for benchmark, ids in planned.items() if benchmark not in plan["failures"]}
            asked = () if self._process.options.choice.descriptor.recorded else exchange.requests(name)
            total = cost(decode(request) for _, request in asked)
            download = self._download(name)
            cases = sum(map(len, benchmarks.values()))
            lines.append(
                f"{name}: {cases} cases of {len(benchmarks)} benchmarks, {total.requests} distinct requests, "
                f"about {total.read} tokens read and at most {total.written} written, {download}"
            )
        exchange.close()
        return lines
