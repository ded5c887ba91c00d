"""The gate of a run that is going on, in the process that owns it: it keeps the baseline, and looks."""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.compare.baseline import write_baseline
from harness.compare.system import CaseScores
from harness.compare.system import System
from harness.compare.system import systems_of
from harness.core import Record
from harness.evaluation.gate_options import GateOptions
from harness.gate.document import BASELINE
from harness.gate.document import written
from harness.gate.looks import from_json
from harness.gate.monitor import Monitor
from harness.gate.verdicts import check_overlap
from harness.gate.verdicts import opponents
from harness.results.folder import Prompts
from harness.results.folder import Run
from harness.session.engine_loop import Asker
from harness.session.exchange import Exchange
from harness.session.folder import RunFolder
from harness.session.waiting import ALIVE


class Gating:
    """Gates a run against `bases`; `folder` is where the session meets.

    `asker` is told of requests that a look lets through. Raises UsageError where the baseline has no case of the plan.
    """

    def __init__(self, folder: Path, options: GateOptions, bases: Sequence[System], plan: Mapping[str, Any]) -> None:
        self._folder = folder
        self._options = options
        self._bases = bases
        facing = opponents(_planned(plan), bases, options.baseline)
        for new, base in facing:
            check_overlap(new, base, options.baseline)
        self._model = facing[0][0].model
        self._monitor = _monitor(plan, facing[0][1], options)
        self._records: dict[tuple[str, str], Record] = {}
        self._run: RunFolder | None = None
        self._exchange: Exchange | None = None
        self.asker: Asker | None = None

    def begin(self, run: RunFolder, exchange: Exchange) -> None:
        """Put the baseline beside the run, write what is asked of the gate, let the first look's cases through."""
        self._run, self._exchange = run, exchange
        write_baseline(self._bases, run.path / BASELINE)
        self._write()
        if self._monitor is not None:
            # where answers are recorded there is no asker that says so
            (self._folder / ALIVE).touch()
            exchange.admit(self._monitor.schedule.counts, 1)

    def take(self, record: Record) -> None:
        """Note what became of a case, and look where that was the last one a look waited for."""
        if self._monitor is None:
            return
        self._records[record.benchmark, record.case] = replace(record, prompts=(), responses=())
        self._monitor.arrive(record.benchmark, record.case)
        while self._monitor.is_due and not (self.asker and self.asker.failed):
            self._look(self._monitor)

    def give_up_early(self) -> None:
        """Let all cases through: a worker is gone, and its tests will come last."""
        if self._monitor is not None and self._monitor.next:
            self._monitor.give_up_early()
            self._admit(self._monitor)

    def shut(self) -> None:
        """Let no process that tests wait for a look that will not come, as the session is being stopped."""
        if self._monitor is not None:
            exchange = Exchange(self._folder)
            for name in self._monitor.schedule.counts:
                exchange.shut(name)
            exchange.close()

    def _look(self, monitor: Monitor) -> None:
        if self._run is None or self._exchange is None:
            return
        run = Run(self._run.path, self._run.manifest, tuple(self._records.values()), Prompts(self._run.path))
        (new,) = [system for system in systems_of(run) if system.model == self._model]
        for name in monitor.look(new).decided:
            self._exchange.shut(name)
        self._write()
        self._admit(monitor)

    def _admit(self, monitor: Monitor) -> None:
        """Let through what the next look waits for; once all is decided, what is not gated."""
        if self._exchange is None:
            return
        decided = {name for look in monitor.looks for name in look.decided}
        open_ones = [name for name in monitor.schedule.counts if name not in decided]
        look = monitor.next or monitor.schedule.last
        if self.asker is not None:
            # before it is let through: what is to be asked again must not be dropped once it is answered
            self.asker.expect(self._model, self._exchange.held(open_ones, look))
        self._exchange.admit(open_ones, look)

    def _write(self) -> None:
        if self._run is not None:
            gate = written(self._options.baseline, self._options.margins)
            gate["sequential"] = None if self._monitor is None else self._monitor.written()
            self._run.write_manifest(gate=gate)


def _planned(plan: Mapping[str, Any]) -> list[System]:
    """The models of a plan as systems that were not measured yet."""
    manifest = {"benchmarks": plan["benchmarks"], "models": {}, "failures": plan["failures"]}
    return [
        System(
            model,
            model,
            "plan",
            manifest,
            {name: dict.fromkeys(ids, CaseScores("not_run")) for name, ids in parts.items()},
        )
        for model, parts in plan["planned"].items()
    ]


def _monitor(plan: Mapping[str, Any], base: System, options: GateOptions) -> Monitor | None:
    if "looks" not in plan:
        return None
    (planned,) = plan["planned"].values()
    return Monitor(from_json(plan["looks"]), planned, base, options.margins)
