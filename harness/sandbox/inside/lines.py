"""Lines over a pair of pipes: how judge and candidate speak.

What they say are values (`values.py`), whose numbers need not be finite. Writing never waits for a reader that itself
waits to write: what arrives meanwhile is kept. A line that is too long ends the conversation, as does the other's end.
"""

import json
import os
import select
import time
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from typing import Any

from harness.processes import wire


class Ended(BaseException):
    """The other end is gone, or speaks no JSON."""


@contextmanager
def scripted(messages: list[Any], patience: float | None = None) -> Iterator["Lines"]:
    """A conversation whose other end has said all it will, and hears what is said to it: for a rehearsal."""
    with ExitStack() as stack:
        pipes = [*os.pipe(), *os.pipe()]
        for descriptor in (pipes[0], *pipes[2:]):
            stack.callback(os.close, descriptor)
        os.write(pipes[1], b"".join(wire.encode(message, finite=False) for message in messages))
        os.close(pipes[1])
        yield Lines(pipes[0], pipes[3], patience)


class Lines:
    """A conversation over two descriptors; with `patience`, so many seconds are waited for the other end in all."""

    def __init__(self, reading: int, writing: int, patience: float | None = None) -> None:
        self._patience = patience
        self.late = False
        self.ended = False
        self._reading, self._writing = reading, writing
        self._incoming = wire.Incoming()
        os.set_blocking(writing, False)

    def write(self, value: Any) -> None:
        """Send a value; raises Ended."""
        rest = memoryview(wire.encode(value, finite=False))
        while rest:
            try:
                rest = rest[os.write(self._writing, rest) :]
            except BlockingIOError:
                self._wait_to_write()
            except OSError as error:
                raise self._end() from error

    def read(self) -> Any:
        """The next value; raises Ended, and ValueError or RecursionError where it is not one."""
        try:
            while (line := self._incoming.line()) is None:
                self._more()
        except wire.Malformed as error:
            raise self._end() from error
        return json.loads(line)

    def _more(self) -> None:
        if self._patience is not None:
            self._spend(self._patience)
        try:
            chunk = os.read(self._reading, wire.CHUNK)
            self._incoming.add(chunk)
        except (OSError, wire.Malformed) as error:
            raise self._end() from error
        if not chunk:
            raise self._end()

    def _end(self) -> Ended:
        """Remember it: a test that catches everything must not hide it."""
        self.ended = True
        return Ended()

    def _spend(self, patience: float) -> None:
        begun = time.monotonic()
        ready = select.select([self._reading], [], [], patience)[0]
        self._patience = patience - (time.monotonic() - begun)
        if not ready:
            self.late = True
            raise self._end()

    def _wait_to_write(self) -> None:
        begun = time.monotonic()
        readable, writable, _ = select.select([self._reading], [self._writing], [], self._patience)
        if self._patience is not None:
            self._patience = max(0.0, self._patience - (time.monotonic() - begun))
        if not readable and not writable:
            self.late = True
            raise self._end()
        if readable:
            self._more()
