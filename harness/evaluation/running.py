"""A run that is going on, in the process that owns it: its folder, the engines, the sandbox, at the end the report."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

from harness.core import Record
from harness.errors import CrosstaskError
from harness.errors import SandboxError
from harness.evaluation.options import Options
from harness.evaluation.page_tests import PageTest
from harness.evaluation.subjects import Subjects
from harness.models.local import slug
from harness.session.engine_loop import Asker
from harness.session.engine_loop import Source
from harness.session.exchange import Exchange
from harness.session.exchange import ModelState
from harness.session.folder import RunFolder
from harness.session.plan import folder_name
from harness.session.preparing import Served
from harness.session.preparing import serve
from harness.session.program_loop import SANDBOX
from harness.session.program_loop import ProgramRunner
from harness.session.program_loop import open_sandbox

if TYPE_CHECKING:
    from harness.diagnostics.examining import Examination
    from harness.evaluation.certifying import Certification
    from harness.evaluation.gating import Gating


class Running:
    """Owns the run whose plan was published in `meeting`, the folder where the session meets, from `begin` to `end`.

    `command` is what the manifest says was typed. `stop` is called with the reason where nothing more can be written.
    `summary` is there when the run is over; `broken` says why it could not go on, if so. `left_over` gives the records
    of cases that are answered and were not tested, from those that were (model -> benchmark and case). `tests` gives
    the tests of the plan's cases, and `tick` is called while cases are asked again.
    """

    def __init__(
        self,
        meeting: Path,
        options: Options,
        subjects: Subjects,
        root: Path,
        command: Sequence[str],
        stop: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._meeting = meeting
        self._options = options
        self._subjects = subjects
        self._root = root
        self._command = command
        self._stop = stop
        self._seen: dict[str, set[tuple[str, str]]] = {}
        self._exchange: Exchange | None = None
        self._opened: RunFolder | None = None
        self._sources: dict[str, Source] = {}
        self.left_over: Callable[[Mapping[str, set[tuple[str, str]]]], Iterable[Record]] = lambda _: ()
        self.tests: Callable[[], Sequence[PageTest]] = tuple
        self.tick: Callable[[], None] = lambda: None
        self.broken: str | None = None
        self.plan: Any = None
        self.gating: Gating | None = None
        self.asker: Asker | None = None
        self.programs: ProgramRunner | None = None
        self.examination: Examination | None = None
        self.certification: Certification | None = None
        self.run: RunFolder | None = None
        self.summary: dict[str, Any] | None = None

    @property
    def failed(self) -> bool:
        """Whether something of ours broke, or an engine was given up."""
        return self.broken is not None or (self.asker is not None and self.asker.failed)

    @property
    def planned(self) -> int:
        """How many cases the plan has; 0 before there is one."""
        return sum(len(ids) for names in self.plan["planned"].values() for ids in names.values()) if self.plan else 0

    @property
    def tested(self) -> int:
        """How many cases have a record of this session."""
        return sum(map(len, self._seen.values()))

    def __enter__(self) -> Self:
        """Begin."""
        try:
            self.begin()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, with a report of what there is, whatever went wrong."""
        try:
            self.end(interrupted=error is not None)
        finally:
            self.close()

    def begin(self) -> None:
        """Open the run's folder and begin to ask, where a plan was published; harmless where none was.

        Raises CrosstaskError, one sentence, where the run cannot begin.
        """
        if not (self._meeting / "exchange.sqlite").exists():
            return
        self._exchange = Exchange(self._meeting)
        self.plan = self._exchange.plan()
        self._start(self._exchange)

    def take(self, record: Record) -> None:
        """Write the record of a case that was tested."""
        if self.run is None:
            return
        self._seen.setdefault(record.model, set()).add((record.benchmark, record.case))
        if self.broken is not None:
            return
        try:
            self.run.record(record)
            if self.gating is not None:
                self.gating.take(record)
        except CrosstaskError as error:
            self.broken = str(error)
            self._stop(self.broken)

    def end(self, *, interrupted: bool = False) -> None:
        """Stop asking and running programs, and write what the folder says.

        With `interrupted` no programs are examined, and no case is asked again.
        """
        self._stop_asking()
        if self.run is None:
            return
        self._take_what_is_left()
        from harness.report.write import write_report

        try:
            self._close(self.run)
            if not interrupted:
                self._examine(self.run.path)
                self._certify(self.run.path)
            self.summary = write_report(self.run.path)
        except CrosstaskError as error:
            self.broken = self.broken or str(error)

    def close(self) -> None:
        """End what still runs and let go of the folder; calling it again is harmless."""
        if self.run is None and self.asker is not None:
            self.asker.stop()
        if self.run is None and self._opened is not None:
            self._opened.close()
        if self.programs is not None:
            self.programs.stop()
        if self._exchange is not None:
            self._exchange.close()

    def _start(self, exchange: Exchange) -> None:
        path = self._options.run_dir or self._default_folder()
        self.programs, unjudged = self._open_programs(exchange)
        gating = self._open_gating()
        served = {} if self._subjects.recorded is not None else self._serve(path)
        run = self._opened = RunFolder(path, self.plan, list(self._command))
        run.set_models({name: prepared.facts for name, prepared in served.items()})
        run.write_manifest(generalise_over=self._options.generalise_over)
        if self.programs is not None:
            run.write_manifest(sandbox=self.programs.facts)
        elif unjudged:
            run.write_manifest(notes=[*run.manifest["notes"], unjudged])
        if gating is not None:
            gating.begin(run, exchange)
        run.keep_prompts(chain(exchange.requests(), exchange.trials()))
        if self.programs is not None:
            self.programs.start()
        if served:
            self._sources = {name: prepared.source for name, prepared in served.items()}
            refresh = self._options.refresh
            self.asker = Asker(self._meeting, self._sources, self._is_over, refresh, self.programs)
            self.asker.start()
        if gating is not None:
            gating.asker = self.asker
        self.run, self.gating = run, gating

    def _open_gating(self) -> "Gating | None":
        gate = self._options.gate
        if gate is None:
            return None
        from harness.evaluation.gating import Gating

        return Gating(self._meeting, gate, self._subjects.baseline, self.plan)

    def _open_programs(self, exchange: Exchange) -> tuple[ProgramRunner | None, str | None]:
        """What runs the plan's programs, where it has any; and why they are not run, where they cannot be.

        Raises SandboxError where there is nothing else to do.
        """
        tried, options = self.plan["tried"], self._options
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
        return ProgramRunner(self._meeting, sandbox, refresh=options.refresh), None

    def _serve(self, path: Path) -> dict[str, Served]:
        """Obtain and identify every model of the plan, before the first is loaded."""
        cards, choice = self._subjects.cards, self._options.choice
        return {name: serve(cards[name], choice, path / f"engine-{slug(name)}.log") for name in self.plan["models"]}

    def _stop_asking(self) -> None:
        """End the asking and the running of programs, and take over why either broke."""
        for loop in (self.asker, self.programs):
            if loop is not None:
                loop.stop()
                self.broken = self.broken or loop.broken

    def _take_what_is_left(self) -> None:
        """Score the cases whose answers are there, however the session ended; Ctrl-C ends that alone."""
        gate = self._options.gate
        if self.tested == self.planned or self.broken is not None or (gate is not None and gate.sequential):
            return
        try:
            for record in self.left_over({model: set(cases) for model, cases in self._seen.items()}):
                self.take(record)
        except KeyboardInterrupt:
            # what is answered is kept, and the same command goes on from there
            pass

    def _close(self, run: RunFolder) -> None:
        try:
            run.keep_prompts(self._exchange.requests() if self._exchange else ())
            for model, description in self._descriptions():
                run.describe_engine(model, description)
            run.finish()
        finally:
            run.close()

    def _examine(self, folder: Path) -> None:
        """Find out about the run's programs what the user wishes; Ctrl-C ends that alone, the report is still made."""
        options = self._options
        if not options.diagnostics or self.programs is None or self.broken:
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
            self.broken = f"programs: {said}; the report has what was found out before"
        finally:
            sandbox.close()

    def _certify(self, folder: Path) -> None:
        """Ask a share of the cases again where the user wishes it and all are answered; Ctrl-C ends that alone."""
        share, gate = self._options.certify, self._options.gate
        is_whole = self.tested >= self.planned or (gate is not None and gate.sequential)
        if share is None or self.failed or not is_whole:
            return
        from harness.evaluation.certifying import Certification
        from harness.results.folder import read_run

        work = Certification(read_run(folder), self._options, self._subjects, self.tests(), self.tick)
        self.certification = work
        try:
            work.work(share)
        except KeyboardInterrupt:
            self.broken = f"--certify: interrupted after {work.done} of {work.wanted} cases; the same command goes on"
        except CrosstaskError as error:
            self.broken = f"--certify: {error}; {work.done} of {work.wanted} cases were asked again"

    def _descriptions(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What each engine that was started said of its model."""
        for model, source in self._sources.items():
            if source.engine.description is not None:
                yield model, source.engine.description

    def _default_folder(self) -> Path:
        return self._root / "reports" / folder_name(self.plan)

    def _is_over(self, model: str) -> bool:
        """Whether no case of a model can ask anything more."""
        planned = sum(map(len, self.plan["planned"].get(model, {}).values()))
        return not self.plan["later"] or len(self._seen.get(model, ())) >= planned
