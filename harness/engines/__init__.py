"""Engines: whatever answers requests. One module an engine, one method an engine.

A module of this package is an engine, named by `--engine`, with a descriptor `ENGINE`, but for these:

descriptor   all that the suite knows of an engine     options      what the user may choose for one
registry     from a name to a descriptor               preparing    from a card to a model that can be opened
process      an engine in a process of its own         in_process   one in this process
texts        texts to tokens and back, for several

The seam is httpx's transport: a value goes in, a value comes out, so tests use a scripted
engine where users have a model.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
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


class Resident(Engine, Protocol):
    """An engine as the run owns it: it can be put aside, and asked again later."""

    @property
    def description(self) -> Mapping[str, Any] | None:
        """What the engine said of itself when it was last ready; None where it never was. Opens nothing."""
        ...

    def release(self) -> None:
        """Free the model; the next question loads it again."""
        ...
