"""How far a run is, as a line: how often one is written, and what it says."""

import time
from collections.abc import Callable
from datetime import timedelta

from harness.evaluation.running import Running
from harness.session.phases import SCORING
from harness.session.phases import Phase

IN_A_PIPE = 60.0
ON_A_TERMINAL = 10.0


class Progressing:
    """Says which lines are written; `every` is the least time between two, in seconds of `clock`."""

    def __init__(self, every: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._every = every
        self._clock = clock
        self._last = clock()
        self._written = ""

    @property
    def is_due(self) -> bool:
        """Whether the last line, or the begin, is long enough ago."""
        return self._clock() - self._last >= self._every

    def take(self, line: str) -> bool:
        """Whether to write this line now; it counts as written then."""
        if not self.is_due or line == self._written:
            return False
        self._last, self._written = self._clock(), line
        return True


def progress_line(running: Running, benchmark: str | None = None) -> str | None:
    """How far a run is: its cases, the benchmark that is tested, each phase of the engine's work, and the programs.

    None where nothing is asked or run.
    """
    if (certification := running.certification) is not None:
        return f"{certification.done}/{certification.wanted} cases asked again"
    if (examination := running.examination) is not None:
        return f"{examination.done}/{examination.wanted} programs examined"
    asker, programs = running.asker, running.programs
    if asker is None and programs is None:
        return None
    parts = [f"{running.tested}/{running.planned} cases{f', {benchmark}' if benchmark else ''}"]
    if asker is not None:
        now = asker.progress()
        unfinished = [phase for phase in now.phases if phase.answered < phase.wanted]
        if unfinished and now.loading is not None:
            parts.append(f"loading {now.loading}")
        parts += [_phase(phase) for phase in unfinished] or ["all answers are there"]
    if programs is not None:
        parts.append(f"{programs.judged}/{programs.wanted} programs run")
    return "; ".join(parts)


def _phase(phase: Phase) -> str:
    said = f"{phase.name} {phase.answered}/{phase.wanted}"
    if phase.rate is None or phase.eta is None:
        return said
    # what was read is guessed from characters, what was written is counted
    guessed = "about " if phase.name == SCORING else ""
    return f"{said}, {guessed}{phase.rate:,.0f} tokens/s, {timedelta(seconds=round(phase.eta))} left"
