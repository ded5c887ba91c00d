"""Tries: an answer that fails is asked for again, later each time, and not for ever."""

import asyncio
import random
import time
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import TypeVar

from harness.engines.openai.failures import CallError
from harness.engines.openai.pace import Pace
from harness.engines.openai.server import Endpoint
from harness.engines.openai.server import Server
from harness.engines.texts.clock import now
from harness.engines.texts.clock import since

T = TypeVar("T")
FIRST_S, LONGEST_S = 0.5, 30.0
"""Seconds before the second try, and at most before any later one; each wait is twice the one before."""
PATIENCE_S = 300.0
"""A server that asks to wait longer than that is not waited for."""


class Asking:
    """Asks one server, each request at most `tries` times; `retried` counts the tries beyond the first.

    `succeeded` is when the last answer came, on the monotonic clock. Once `stopped`, nothing is tried again.
    """

    def __init__(self, server: Server, pace: Pace, tries: int) -> None:
        self.server = server
        self.pace = pace
        self.tries = max(1, tries)
        self.stopped = False
        self.retried = 0
        self.succeeded = 0.0

    async def ask(self, endpoint: Endpoint, body: Mapping[str, Any], read: Callable[[Mapping[str, Any]], T]) -> T:
        """What `read` makes of the answer; raises CallError where no try brings one."""
        return await self.timed(endpoint, body, lambda answer, _: read(answer))

    async def timed(
        self, endpoint: Endpoint, body: Mapping[str, Any], read: Callable[[Mapping[str, Any], float], T]
    ) -> T:
        """The same, where `read` is also given the seconds that the server took for this answer."""
        number = 0
        while True:
            try:
                answer = await self._once(endpoint, body, read)
            except CallError as error:
                error.tries = number + 1
                if not self._again(error, number):
                    raise
                wait = error.wait
            else:
                self.succeeded = time.monotonic()
                return answer
            self.retried += 1
            await asyncio.sleep(pause(number, wait))
            number += 1

    async def _once(
        self, endpoint: Endpoint, body: Mapping[str, Any], read: Callable[[Mapping[str, Any], float], T]
    ) -> T:
        async with self.pace.turn() as began:
            sent = now()
            try:
                said = await self.server.ask(endpoint, body)
                answer = _read(said, since(sent), read)
            except CallError as error:
                if error.overload:
                    self.pace.shrink(began)
                if error.wait is not None and error.wait <= PATIENCE_S:
                    self.pace.hold(error.wait)
                raise
            self.pace.grow()
            return answer

    def _again(self, failure: CallError, number: int) -> bool:
        """Whether another try is worth it."""
        may = failure.kind in {"odd", "busy"} and (failure.wait or 0.0) <= PATIENCE_S
        return may and number + 1 < self.tries and not self.stopped


def pause(number: int, asked: float | None) -> float:
    """Seconds before the next try: what the server asks for, else twice as long each time, never two alike."""
    longest = min(LONGEST_S, FIRST_S * 2.0**number)
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 - it parts calls that failed together, and decides no answer
    return longest * jitter if asked is None else asked + FIRST_S * jitter


def _read(answer: Mapping[str, Any], seconds: float, read: Callable[[Mapping[str, Any], float], T]) -> T:
    """What `read` makes of an answer; an answer of any other form raises CallError."""
    try:
        return read(answer, seconds)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise CallError("odd", "an answer of another form than the protocol's") from None
