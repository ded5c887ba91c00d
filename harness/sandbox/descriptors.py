"""File descriptors that are closed for certain, and JSON lines over them."""

import json
import os
import select
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from typing import Self

_CHUNK = 1 << 16
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
        found = os.dup(descriptor)
        self._open.add(found)
        return found

    def close(self, *descriptors: int) -> None:
        """Close some of its own."""
        for descriptor in descriptors:
            self._open.discard(descriptor)
            with suppress(OSError):
                os.close(descriptor)


def pour(descriptor: int, value: Any, *, length_first: bool = False) -> None:
    """Write a line; that nobody reads it any more is noticed elsewhere."""
    content = json.dumps(value, separators=(",", ":")).encode()
    head = f"{len(content)}:".encode() if length_first else b""
    rest = memoryview(head + content + b"\n"[: not length_first])
    with suppress(OSError):
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def lines(descriptor: int) -> Iterator[dict[str, Any]]:
    """JSON objects, one a line, until the end or until what comes is none."""
    kept = b""
    while len(kept) <= _LONGEST and (part := os.read(descriptor, _CHUNK)):
        *whole, kept = (kept + part).split(b"\n")
        for line in whole:
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                return
            if not isinstance(found, dict):
                return
            yield found


def is_ready(descriptor: int, seconds: float) -> bool:
    """Whether something can be read within so many seconds."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(1000 * seconds))
