"""The engine that asks a server: many calls at once in a thread of their own, each answer handed on as it comes."""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any
from typing import TypeAlias
from typing import TypeVar

from harness.core import Completions
from harness.core import Execute
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.engines.openai import scoring
from harness.engines.openai import writing
from harness.engines.openai.asking import Asking
from harness.engines.openai.failures import CallError
from harness.engines.openai.findings import SPOKEN
from harness.engines.openai.findings import Findings
from harness.engines.openai.pace import Pace
from harness.engines.openai.server import Endpoint
from harness.engines.openai.server import Server
from harness.engines.texts.clock import now
from harness.engines.texts.clock import since
from harness.errors import EngineGivenUpError

T = TypeVar("T")
Put: TypeAlias = Callable[[tuple[int, Response]], None]
GIVE_UP = 5
"""Requests in a row that all tries are spent on, before the server is held to be broken."""


class Background:
    """An event loop in a thread of its own, so that a session's own loop, if any, is left alone."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="crosstask-calls", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work returns, or raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def yields(self, work: Callable[[Callable[[T], None]], Coroutine[Any, Any, None]]) -> Iterator[T]:
        """What the work hands on, one after the other, then what it raises; giving up the iteration ends it."""
        handed: queue.SimpleQueue[T | None] = queue.SimpleQueue()
        future = asyncio.run_coroutine_threadsafe(work(handed.put), self._loop)
        future.add_done_callback(lambda _: handed.put(None))
        try:
            while (value := handed.get()) is not None:
                yield value
            future.result()
        finally:
            future.cancel()

    def close(self) -> None:
        """End the loop; calling it twice is harmless."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


@dataclass(slots=True)
class Asked:
    """One request: its calls, what they brought so far, what makes its answer of that, when the first call began."""

    index: int
    endpoint: Endpoint
    calls: Sequence[tuple[Mapping[str, Any], Callable[[Mapping[str, Any]], Any]]]
    together: Callable[[Sequence[Any]], Response]
    found: dict[int, Any] = field(default_factory=dict)
    refused: bool = False
    began: float | None = None

    def response(self) -> Response:
        """The answer, when all calls have brought theirs."""
        response = self.together([self.found[number] for number in range(len(self.calls))])
        if isinstance(response, LogLikelihoods) and self.began is not None:
            return replace(response, latency=since(self.began))
        return response


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of a server: its name for a model, what it was found to do, and what it called itself then.

    `think_tokens` are added to each answer's budget.
    """

    model: str
    findings: Findings
    heard: Mapping[str, Sequence[str]]
    think_tokens: int = 0


class ServerEngine:
    """Asks a server for what its probe found it to do, `concurrency` calls at once at most, each `tries` times."""

    def __init__(self, server: Server, target: Target, concurrency: int, tries: int) -> None:
        self._server = server
        self._model = target.model
        self._findings = target.findings
        self._think_tokens = target.think_tokens
        self._heard = {name: list(target.heard.get(name, ())) for name in SPOKEN}
        self._probed = {name: len(values) for name, values in self._heard.items()}
        self._loop = Background()
        self._pace = Pace(concurrency)
        self._asking = Asking(server, self._pace, tries)
        self._broken: str | None = None
        self._spent = 0
        self._closed = False

    def answer(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield (index, response) once for each request, as soon as its calls are answered.

        Raises EngineGivenUpError where the server answers nothing any more, behind what it had answered.
        """

        def work(put: Put) -> Coroutine[Any, Any, None]:
            return self._answer(requests, put)

        yield from self._loop.yields(work)

    def close(self) -> None:
        """End the connections; calling it twice is harmless."""
        if not self._closed:
            self._closed = True
            self._loop.run(self._server.close())
            self._loop.close()

    def describe(self) -> dict[str, Any]:
        """What the server is, what it was found to honour, how it was asked."""
        return {
            "server": self._server.url,
            "served": self._model,
            "heard": {name: values for name, values in self._heard.items() if values},
            "findings": self._findings.written(),
            "concurrency": {"most": self._pace.most, "now": int(self._pace.limit), "cuts": self._pace.cuts},
            "retried": self._asking.retried,
            "notes": list(self._notes()),
        }

    def _notes(self) -> Iterator[str]:
        for name, values in self._heard.items():
            before, later = values[: self._probed[name]], values[self._probed[name] :]
            if later:
                was = ", ".join(before) or "none"
                yield f"the server's {name} changed from {was} to {', '.join(later)} while it was asked"

    async def _answer(self, requests: Sequence[Request], put: Put) -> None:
        """Ask all requests; what is under way ends by itself when the server is found broken."""
        waiting: deque[tuple[Asked, int]] = deque()
        for index, request in enumerate(requests):
            if isinstance(request, Execute):
                put((index, Refusal("a model runs no program")))
                continue
            asked = self._asked(index, request)
            waiting.extend((asked, number) for number in range(len(asked.calls)))
            if not asked.calls:
                put((index, asked.response()))
        workers = (self._work(waiting, put) for _ in range(min(self._pace.most, len(waiting))))
        await asyncio.gather(*workers)
        if self._broken is not None:
            raise EngineGivenUpError(f"{self._server.url}: {self._broken}")

    async def _work(self, waiting: "deque[tuple[Asked, int]]", put: Put) -> None:
        """Take one call after the other."""
        while waiting and self._broken is None:
            asked, number = waiting.popleft()
            if asked.refused:
                continue
            fields, read = asked.calls[number]
            began = time.monotonic()
            try:
                asked.began = now() if asked.began is None else asked.began
                answer = await self._asking.timed(asked.endpoint, {"model": self._model, **fields}, self._hearing(read))
            except CallError as failure:
                if self._is_of_the_server(failure, began) or asked.refused:
                    continue
                asked.refused = True
                put((asked.index, Refusal(self._sentence(failure))))
                continue
            self._spent = 0
            asked.found[number] = answer
            if len(asked.found) == len(asked.calls):
                put((asked.index, asked.response()))

    def _is_of_the_server(self, failure: CallError, began: float) -> bool:
        """Whether nothing more is asked because of a failure, so that the rest is kept for another time."""
        if failure.kind == "refuse":
            return False
        self._spent += 1
        others = self._asking.succeeded >= began
        if failure.kind == "fatal" or (failure.kind == "busy" and not others) or self._spent >= GIVE_UP:
            self._broken = self._broken or self._sentence(failure)
            self._asking.stopped = True
        return self._broken is not None

    def _sentence(self, failure: CallError) -> str:
        """One sentence: what was found, and what was expected in its place."""
        tried = f", tried {failure.tries} times" if failure.tries > 1 else ""
        return f"{failure.found}{tried}; {failure.expected or 'expected an answer'}"

    def _hearing(self, read: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any], float], Any]:
        """`read`, with an ear to what the server says of itself, and with the seconds in completions."""

        def heard(answer: Mapping[str, Any], seconds: float) -> Any:
            for name, values in self._heard.items():
                said = answer.get(SPOKEN[name])
                if isinstance(said, str) and self._server.shown(said) not in values:
                    values.append(self._server.shown(said))
            value = read(answer)
            return writing.timed(value, answer, seconds) if isinstance(value, Completions) else value

        return heard

    def _asked(self, index: int, request: Generate | LogLikelihood | Rolling) -> Asked:
        """The calls of a request."""
        known = self._findings
        if isinstance(request, Generate):
            bodies = writing.bodies(request, known, self._think_tokens)
            read = [writing.reader(request, known, body.get("n", 1)) for body in bodies]
            calls = list(zip(bodies, read, strict=True))
            return Asked(index, known.endpoint, calls, lambda parts: writing.together(request, parts))
        scored = [
            (scoring.body(text, known.spent), scoring.reader(text, start, known.spent))
            for text, start in scoring.texts(request)
        ]
        return Asked(index, "completions", scored, scoring.together)
