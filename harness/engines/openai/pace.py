"""How many calls may be under way at once: one more for each round that goes well, half as many after an overload.

Additive increase and multiplicative decrease, as TCP shares a line (Chiu and Jain 1989). One round of calls that fail
together halves once.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

START = 8


class Pace:
    """Lets calls begin; `limit` of them, at most `most`, may be under way."""

    def __init__(self, most: int) -> None:
        self.most = max(1, most)
        self.limit = float(min(START, self.most))
        self.cuts = 0
        self._active = 0
        self._until = 0.0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[int]:
        """Wait for a place and hold it; gives what `shrink` must be told."""
        await self._wait()
        self._active += 1
        try:
            yield self.cuts
        finally:
            self._active -= 1
            async with self._changed:
                self._changed.notify_all()

    def grow(self) -> None:
        """A call went well."""
        self.limit = min(float(self.most), self.limit + 1 / self.limit)

    def shrink(self, began: int) -> None:
        """A call that began after `began` cuts met an overload."""
        if began == self.cuts:
            self.limit = max(1.0, self.limit / 2)
            self.cuts += 1

    def hold(self, seconds: float) -> None:
        """Let no call begin for so long."""
        self._until = max(self._until, time.monotonic() + seconds)

    async def _wait(self) -> None:
        """Return when a place is free and nobody has to wait, without giving other tasks a turn in between."""
        while True:
            if (left := self._until - time.monotonic()) > 0:
                await asyncio.sleep(left)
            elif self._active < int(self.limit):
                return
            else:
                async with self._changed:
                    if self._active >= int(self.limit):
                        await self._changed.wait()
