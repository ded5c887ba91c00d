"""A pool of engine processes, one a device: requests are leased, a death costs no request, a stuck process is named."""

import queue
import threading
import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.engines.process import EngineProcess
from harness.engines.process.leases import Leases
from harness.errors import EngineError
from harness.errors import EngineGivenUpError
from harness.prompts import flat

RESTARTS = 2
"""How often a device's engine is started again for one model, deaths at a request that is refused left out."""

LOADING = 6
"""How many stall limits an engine may take to load its model."""

_BARREN = 2
"""Requests that are refused with no answer between them: one more, and the engine is at fault."""
_LOOK_S = 0.5
_SHOWN = 60


@dataclass(slots=True)
class _Held:
    """A lease at work: the requests without an answer yet, and why its process was ended, if it was."""

    open: list[int]
    thread: threading.Thread
    since: float = field(default_factory=time.monotonic)
    stalled: str | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a process did: answered request `index` of the window, or ended its lease, for an error or in peace."""

    place: int
    index: int = -1
    response: Response | None = None
    error: Exception | None = None


@dataclass(slots=True)
class _Losses:
    """The deaths of a model's processes: why, how many are explained by refused requests, what was asked again."""

    reasons: list[str] = field(default_factory=list)
    explained: int = 0
    asked_again: int = 0
    refused: int = 0
    barren: int = 0

    def notes(self) -> list[str]:
        """What a reader of the numbers should know of them."""
        if not self.reasons:
            return []
        times = "once" if len(self.reasons) == 1 else f"{len(self.reasons)} times"
        counts = f"{self.asked_again} requests asked again, {self.refused} refused"
        return [f"an engine process died {times}, {counts}; the last: {self.reasons[-1]}"]


class EnginePool:
    """A Resident that is one engine process or several of the same model.

    Each process takes a lease, and the next when that is answered. What a dead process left is asked again. A request
    that was there at three deaths, at the last alone in a process that had answered nothing, is refused. A process that
    gives no sign of progress for `stall_limit` seconds is ended, and that is a death too; 0 waits for ever.
    """

    def __init__(self, processes: Sequence[EngineProcess], stall_limit: float = 0.0) -> None:
        self.processes = tuple(processes)
        self.stall_limit = stall_limit
        self._losses = _Losses()
        self._answered = False
        self._closed = False
        self._looked = 0.0

    @property
    def description(self) -> Mapping[str, Any] | None:
        """What the first process that was ready said of its engine, with the work of all, and with what died.

        `answered.seconds` are those of the process that took longest.
        """
        said = [process.description for process in self.processes if process.description is not None]
        if not said:
            return None
        whole = dict(said[0])
        works = [description["answered"] for description in said if "answered" in description]
        if works:
            whole["answered"] = {
                name: (max if name == "seconds" else sum)(work[name] for work in works) for name in works[0]
            }
        if len(self.processes) > 1:
            whole["processes"] = [process.spec.settings.device for process in self.processes]
        if self._losses.reasons:
            whole["deaths"] = list(self._losses.reasons)
            whole["asked_again"] = self._losses.asked_again
            whole["notes"] = [*whole.get("notes", ()), *self._losses.notes()]
        return whole

    def answer(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield (index, response) once for each request, as the processes answer.

        Raises EngineGivenUpError where processes die too often, or before they answered anything, EngineError where
        `close` is called meanwhile, and what an engine raised that is neither. Giving up the iteration ends what works.
        """
        leases, said = Leases(len(requests), len(self.processes)), queue.SimpleQueue[_Said]()
        held: dict[int, _Held] = {}
        try:
            while self._lease(leases, requests, held, said):
                event = self._next(said, held, requests)
                if event is None:
                    continue
                if event.response is not None:
                    if event.index in held[event.place].open:
                        held[event.place].open.remove(event.index)
                        self._answered, self._losses.barren = True, 0
                        yield event.index, event.response
                    continue
                ended = held.pop(event.place)
                ended.thread.join()
                if event.error is not None:
                    yield from self._bury(leases, ended, event)
        finally:
            self._end(held)

    def release(self) -> None:
        """End the processes; the next question starts others."""
        for process in self.processes:
            process.release()

    def close(self) -> None:
        """End the processes for ever; calling it twice is harmless."""
        self._closed = True
        for process in self.processes:
            process.close()

    def _lease(
        self, leases: Leases, requests: Sequence[Request], held: dict[int, _Held], said: "queue.SimpleQueue[_Said]"
    ) -> bool:
        """Give each idle process a lease; whether any process is at work, or will be."""
        for place, process in enumerate(self.processes):
            if place in held or not leases.waiting or process.waits:
                continue
            lease = leases.take()
            if lease:
                asked = [requests[index] for index in lease]
                thread = threading.Thread(target=self._work, args=(place, lease, asked, said), daemon=True)
                held[place] = _Held(lease.copy(), thread)
                thread.start()
        return bool(held) or leases.waiting

    def _work(
        self, place: int, lease: Sequence[int], asked: Sequence[Request], said: "queue.SimpleQueue[_Said]"
    ) -> None:
        """Ask one process its lease; what goes wrong is told to whoever iterates."""
        try:
            for index, response in self.processes[place].answer(asked):
                said.put(_Said(place, lease[index], response))
        except Exception as error:  # noqa: BLE001 - a thread that ends in silence would leave the iteration waiting
            said.put(_Said(place, error=error))
        else:
            said.put(_Said(place))

    def _next(
        self, said: "queue.SimpleQueue[_Said]", held: Mapping[int, _Held], requests: Sequence[Request]
    ) -> _Said | None:
        """What happens next, None where a process may have got its place; meanwhile ends whoever is stuck."""
        patience = _LOOK_S if self.stall_limit or len(held) < len(self.processes) else None
        while True:
            if self.stall_limit and time.monotonic() - self._looked > _LOOK_S:
                self._looked = time.monotonic()
                self._watch(held, requests)
            try:
                return said.get(timeout=patience)
            except queue.Empty:
                if len(held) < len(self.processes):
                    return None

    def _watch(self, held: Mapping[int, _Held], requests: Sequence[Request]) -> None:
        for place, lease in held.items():
            process = self.processes[place]
            limit = self.stall_limit * (LOADING if process.loading else 1)
            silent = min(process.silent_for(), time.monotonic() - lease.since)  # an idle process was silent before
            if lease.stalled is None and lease.open and silent > limit:
                first = _beginning(requests[lease.open[0]])
                number = f"{len(lease.open)} request{'s' * (len(lease.open) > 1)}"
                what = "while it loaded its model" if process.loading else f"with {number} open, the first {first!r}"
                lease.stalled = f"{process.name}: no sign of progress for {limit:g} s {what}; it was ended"
                process.note(lease.stalled)
                process.kill()

    def _bury(self, leases: Leases, ended: _Held, event: _Said) -> Iterator[tuple[int, Response]]:
        """Lease what a dead process left again, or refuse what it died of; raises where the engine is at fault."""
        if self._closed or not isinstance(event.error, EngineError):
            raise event.error or EngineError("engine: closed; expected an engine that is open")
        reason = ended.stalled or str(event.error)
        losses = self._losses
        losses.reasons.append(reason)
        leases.strike(ended.open)
        suspect = leases.suspect(ended.open)
        if not self._answered or losses.barren >= _BARREN:
            raise EngineGivenUpError(reason) from event.error
        if suspect is not None and self.processes[event.place].answered == 0:
            deaths = leases.refuse(suspect)
            losses.explained += deaths
            losses.refused += 1
            losses.barren += 1
            yield suspect, Refusal(f"the engine died {deaths} times at this request: {reason}")
            return
        losses.asked_again += len(ended.open)
        unexplained = len(losses.reasons) - losses.explained
        if suspect is None and unexplained > RESTARTS * len(self.processes):
            raise EngineGivenUpError(reason) from event.error

    def _end(self, held: Mapping[int, _Held]) -> None:
        for place, lease in held.items():
            while lease.thread.is_alive():  # a thread may be about to start the process
                self.processes[place].kill()
                lease.thread.join(_LOOK_S)


def _beginning(request: Request) -> str:
    """The first characters of what is asked."""
    if isinstance(request, Generate):
        return flat(request.prompt)[:_SHOWN]
    return (request.pairs[0][0] if isinstance(request, LogLikelihood) else str(request))[:_SHOWN]
