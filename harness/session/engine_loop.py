"""Asking: the thread that owns the engine.

The asker takes the wanted requests window by window in collection order, so that early cases are
answered early, and keeps each answer as soon as it is there. Nobody pushes answers to a case: a case
pulls its own, in whichever process it runs (`waiting`).
"""

import math
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Response
from harness.core import decode
from harness.engines import Resident
from harness.engines.descriptor import Ability
from harness.engines.descriptor import needs
from harness.errors import CrosstaskError
from harness.errors import EngineError
from harness.session.exchange import Exchange
from harness.session.exchange import ModelState
from harness.session.exchange import Wanted
from harness.session.exchange import Window
from harness.session.loop import Loop
from harness.session.phases import Phase
from harness.session.phases import Phases
from harness.session.program_loop import ProgramRunner
from harness.session.waiting import ALIVE
from harness.store.answers import Answers

WINDOW = Window(most=8192, least=512, characters=2_000_000)
"""Requests handed to an engine process at once: it may sort by length inside a window, never across.

An engine's batch runs empty at the end of a window, so windows are large (`benchmarks/scale.py`). An engine may hold
the tokens of a whole window in memory, so long requests come in smaller ones.
"""

RESTARTS = 2
"""How often an engine of this process is opened again for one model; an `EnginePool` restarts its own itself."""

LINGER = 2.0
"""Seconds an idle engine is kept while its cases may still ask: loading a model again takes longer."""

_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model's answers come from and are kept.

    `lacks` says why requests that need an ability are not asked. `template` says whether prompts are rendered as turns.
    `processes` is how many the engine runs as: its window grows with them.
    """

    engine: Resident
    answers: Path
    digest: str
    lacks: Mapping[Ability, str] = field(default_factory=dict)
    template: bool = False
    processes: int = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """The asking as of now: every phase that something is wanted of, and the model that is being loaded, if one is."""

    phases: tuple[Phase, ...]
    loading: str | None


class Asker(Loop):
    """Answers what is wanted in a session folder until it is stopped.

    `is_over(model)` says whether no case of a model can want more: until then its engine lingers a little
    before another model's takes its place. With `refresh` kept answers are dropped and asked again. `programs` is told
    of the answers that hold programs, where there is one. `window` is how many requests each engine process is handed
    at once.
    """

    def __init__(  # what a session asks with
        self,
        folder: Path,
        sources: Mapping[str, Source],
        is_over: Callable[[str], bool],
        refresh: bool,
        programs: ProgramRunner | None = None,
        window: Window = WINDOW,
    ) -> None:
        super().__init__(folder, ALIVE, "crosstask-asker")
        self._programs = programs
        self._sources = sources
        self._is_over = is_over
        self._refresh = refresh
        self._window = window
        self._idle_since: float | None = None
        self._exchange: Exchange | None = None
        self._restarts = dict.fromkeys(sources, 0)
        self._answered: set[str] = set()
        self._failed: set[str] = set()
        self._refused: dict[str, set[str]] = {name: set() for name in sources}
        self._current: str | None = None
        self._taken = dict.fromkeys(sources, 0)
        self._phases = Phases()
        self._asking: str | None = None
        self._asked = 0
        self._prepare()

    def progress(self) -> Progress:
        """Where the session stands."""
        asking = self._asking
        return Progress(self._phases.now(), asking if asking not in self._answered else None)

    def expect(self, model: str, requests: Sequence[tuple[str, Any]]) -> None:
        """Count requests (fingerprint, JSON form) that are wanted soon; with `refresh` drop what is kept of them."""
        source = self._sources[model]
        answers = Answers(source.answers, source.digest)
        if self._refresh:
            answers.forget([fingerprint for fingerprint, _ in requests])
        self._count(answers.missing([fingerprint for fingerprint, _ in requests]), requests)
        answers.close()

    @property
    def asked(self) -> int:
        """Requests an engine answered in this session."""
        return self._asked

    @property
    def failed(self) -> bool:
        """Whether the engine of some model was given up, or nothing more can be asked."""
        return bool(self._failed) or self.broken is not None

    def step(self) -> None:
        """Take the next window."""
        if self._exchange is None:
            self._exchange = Exchange(self.folder)
        window = self._next(self._exchange)
        if window:
            self._take(self._exchange, window)
        else:
            self.stopped.wait(_PAUSE)

    def finish(self) -> None:
        """Close the exchange."""
        if self._exchange is not None:
            self._exchange.close()

    def stop(self) -> None:
        """End the engines and the thread; returns when both are gone."""
        self.stopped.set()
        for source in self._sources.values():
            source.engine.close()
        self.end()

    def _prepare(self) -> None:
        exchange = Exchange(self.folder)
        for name, source in self._sources.items():
            answers = Answers(source.answers, source.digest)
            fingerprints = exchange.fingerprints(name)
            if self._refresh:
                answers.forget(fingerprints)
            self._count(answers.missing(fingerprints), exchange.requests(name))
            answers.close()
            exchange.set_model(name, ModelState(str(source.answers), source.digest, None))
        exchange.close()

    def _count(self, missing: Collection[str], requests: Iterable[tuple[str, Any]]) -> None:
        """Count requests, one after the other, as the prompts of all may be large."""
        for fingerprint, content in requests:
            self._phases.want(decode(content), kept=fingerprint not in missing)

    def _next(self, exchange: Exchange) -> list[Wanted]:
        """The next requests of the current model; those of another once this one wants nothing for a while."""
        for model in sorted(self._sources, key=lambda name: name != self._current):
            window = exchange.wanted(model, self._taken[model], self._window.times(self._sources[model].processes))
            if window and (model == self._current or self._may_switch()):
                self._switch(model)
                self._taken[model] = window[-1].number
                return window
        return []

    def _may_switch(self) -> bool:
        """Whether the current engine may be put aside: a later turn, if there can be one, has had time to come."""
        if self._current is None or self._is_over(self._current):
            return True
        self._idle_since = self._idle_since or time.monotonic()
        return time.monotonic() - self._idle_since > LINGER

    def _switch(self, model: str) -> None:
        if self._current not in (None, model):
            self._sources[str(self._current)].engine.release()
        self._current = model
        self._idle_since = None

    def _take(self, exchange: Exchange, window: list[Wanted]) -> None:
        model = window[0].model
        source = self._sources[model]
        try:
            answers = Answers(source.answers, source.digest)
            self._leave_unserved(exchange, answers, window)
            if self._programs is not None:
                self._programs.hear(
                    model, answers.get_all(self._programs.awaited(model, [wanted.fingerprint for wanted in window]))
                )
            while model not in self._failed:
                missing = self._missing(answers, window)
                if not missing:
                    break
                if self._ask(exchange, answers, missing):
                    self._check_all_answered(answers, missing)
                    break
            answers.close()
        except CrosstaskError as error:
            self._fail(exchange, model, str(error))

    def _leave_unserved(self, exchange: Exchange, answers: Answers, window: list[Wanted]) -> None:
        """Say of each request that the engine cannot serve why it is not asked."""
        model, source = window[0].model, self._sources[window[0].model]
        for wanted in self._missing(answers, window) if source.lacks else ():
            for ability in sorted(needs(wanted.request, template=source.template) & source.lacks.keys()):
                self._refused[model].add(wanted.fingerprint)
                exchange.leave(model, wanted.fingerprint, source.lacks[ability])
                self._phases.leave(wanted.request)
                break

    def _missing(self, answers: Answers, window: list[Wanted]) -> list[Wanted]:
        open_ones = answers.missing([wanted.fingerprint for wanted in window]) - self._refused[window[0].model]
        return [wanted for wanted in window if wanted.fingerprint in open_ones]

    def _check_all_answered(self, answers: Answers, asked: list[Wanted]) -> None:
        left = self._missing(answers, asked)
        if left and not self.stopped.is_set():
            shown = f"answered {len(asked) - len(left)} of {len(asked)} requests"
            raise EngineError(f"engine of {asked[0].model}: {shown}; expected one answer to each")

    def _ask(self, exchange: Exchange, answers: Answers, missing: list[Wanted]) -> bool:
        """Ask what is missing; False where the engine died and may be started again."""
        model = missing[0].model
        self._asking = model
        self._phases.begin()
        try:
            for index, response in self._sources[model].engine.answer([wanted.request for wanted in missing]):
                self._keep(exchange, answers, missing[index], response)
                if self.stopped.is_set():
                    return True
        except EngineError as error:
            if self.stopped.is_set():
                return True
            self._restarts[model] += 1
            if self._restarts[model] > RESTARTS or model not in self._answered:
                self._fail(exchange, model, str(error))
            return False
        finally:
            self._asking = None
        return True

    def _keep(self, exchange: Exchange, answers: Answers, wanted: Wanted, response: Response) -> None:
        """Keep an answer for ever, a refusal for this session."""
        if isinstance(response, LogLikelihoods) and not all(map(math.isfinite, response.values)):
            response = Refusal("the model gave a log-likelihood that is no finite number")
        if isinstance(response, Refusal):
            self._refused[wanted.model].add(wanted.fingerprint)
            exchange.refuse(wanted.model, wanted.fingerprint, response)
        else:
            answers.put(wanted.fingerprint, response)
            if self._programs is not None:
                self._programs.hear(wanted.model, {wanted.fingerprint: response})
        self._asked += 1
        self._phases.answer(wanted.request, response)
        self._answered.add(wanted.model)

    def _fail(self, exchange: Exchange, model: str, reason: str) -> None:
        self._failed.add(model)
        source = self._sources[model]
        exchange.set_model(model, ModelState(str(source.answers), source.digest, reason))
