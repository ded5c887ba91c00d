"""Engines: whatever answers requests. One file an engine, one method an engine.

The seam is httpx's transport: a value goes in, a value comes out, so tests use a scripted
engine where users have a model.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Protocol

from harness.core import Request
from harness.core import Response


class Engine(Protocol):
    """Answers requests; owned by the run, closed once."""

    def answer(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield (index, response) once for each request, in any order, as soon as each is ready.

        What cannot be answered yields a Refusal; only a broken engine raises EngineError.
        """
        ...

    def close(self) -> None:
        """Free what the engine holds; calling it twice is harmless."""
        ...
