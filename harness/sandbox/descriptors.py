"""File descriptors that are closed for certain, and messages over them."""

import os
import select
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from typing import Self

from harness.processes import wire

_LONGEST = 1 << 20


class Descriptors:
    """Owns what it opens: whatever is still open at the end of its block is closed."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close(*self._open)

    def pipe(self) -> tuple[int, int]:
        """The reading and the writing end of a new pipe."""
        ends = os.pipe()
        self._open.update(ends)
        return ends

    def copy(self, descriptor: int) -> int:
        """Another one for the same file."""
        duplicate = os.dup(descriptor)
        self._open.add(duplicate)
        return duplicate

    def close(self, *descriptors: int) -> None:
        """Close some of its own."""
        for descriptor in descriptors:
            self._open.discard(descriptor)
            with suppress(OSError):
                os.close(descriptor)


def pour(descriptor: int, value: Any, *, length_first: bool = False) -> None:
    """Write a line; that nobody reads it any more is noticed elsewhere."""
    line = wire.encode(value)
    pour_bytes(descriptor, b"%d:" % len(line) * length_first + line)


def pour_bytes(descriptor: int, content: bytes) -> None:
    """The same for what is no JSON."""
    rest = memoryview(content)
    with suppress(OSError):
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def lines(descriptor: int, forms: Sequence[wire.Form], server: int | None = None) -> Iterator[dict[str, Any] | None]:
    """Messages, one a line, until the end; None, and then no more, where a line is malformed or far too long.

    The end is also where `server` can be read and nothing more is there: who writes has ended, or its server is gone.
    """
    try:
        for line in wire.lines(partial(_read, descriptor, server), _LONGEST):
            yield wire.decode(line, forms)
    except wire.Malformed:
        yield None


def _read(descriptor: int, server: int | None) -> bytes:
    if server is not None:
        poll = select.poll()
        for each in (descriptor, server):
            poll.register(each, select.POLLIN)
        poll.poll()
        if not is_ready(descriptor, 0):
            return b""
    return os.read(descriptor, wire.CHUNK)


def is_ready(descriptor: int, seconds: float) -> bool:
    """Whether something can be read within so many seconds."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(1000 * seconds))
