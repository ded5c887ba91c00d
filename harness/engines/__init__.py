"""Engines: whatever answers requests. One module an engine, one method an engine.

Every module of this package is an engine, named by `--engine`, with a function `open_engine(weights,
settings, batch_tokens)`; `process` alone is not: it runs one in a process of its own. `scripted` and `replay`
have no model and need none.

The seam is httpx's transport: a value goes in, a value comes out, so tests use a scripted
engine where users have a model.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from pkgutil import iter_modules
from typing import Protocol

from harness.core import Request
from harness.core import Response
from harness.errors import EngineError

PROCESS = "process"


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

    def release(self) -> None:
        """Free the model; the next question loads it again."""
        ...


def names() -> list[str]:
    """The engines that come with the suite."""
    return sorted(module.name for module in iter_modules(__path__) if module.name != PROCESS)


def entry_point(name: str) -> str:
    """`module:callable` of the engine of this name, or the name itself where it is one; nothing is imported.

    Raises EngineError where it is neither.
    """
    if name in names():
        return f"{__name__}.{name}:open_engine"
    if ":" not in name:
        raise EngineError(f"--engine: found {name!r}; expected {', '.join(names())}, or module:callable of your own")
    return name
