"""An engine in this process, opened at the first question, for those that need no process of their own."""

import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.core import Request
from harness.core import Response
from harness.engines import Engine
from harness.engines.descriptor import EngineSpec
from harness.errors import CrosstaskError
from harness.errors import EngineError


class InProcess:
    """A Resident that opens its engine where it is asked.

    What the engine raises that is none of our errors is raised as EngineError.
    """

    def __init__(self, spec: EngineSpec, open_engine: Callable[[EngineSpec], Engine]) -> None:
        self.spec = spec
        self._open = open_engine
        self._engine: Engine | None = None
        self._closed = False
        self._changing = threading.Lock()
        self._description: Mapping[str, Any] | None = None

    @property
    def description(self) -> Mapping[str, Any] | None:
        """What the engine said of itself when it was opened; None where it never was."""
        return self._description

    def answer(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield (index, response) as the engine answers; raises EngineError after `close`."""
        try:
            yield from self._opened().answer(requests)
        except CrosstaskError:
            self.release()
            raise
        except Exception as error:  # an engine may raise anything, and its window must be told
            self.release()
            raise EngineError(f"{self._name}: {type(error).__name__}: {error}") from error

    def release(self) -> None:
        """Close the engine; the next question opens another."""
        with self._changing:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def close(self) -> None:
        """Close the engine, also while another thread asks it; calling it twice is harmless."""
        self._closed = True
        self.release()

    def _opened(self) -> Engine:
        """The engine, opened where it is not; one that was opened while `close` was called is closed at once."""
        if self._engine is None and not self._closed:
            engine = self._open(self.spec)
            with self._changing:
                self._engine = engine
            self._description = getattr(engine, "describe", dict)()
        engine_now = self._engine
        if self._closed or engine_now is None:
            self.release()
            raise EngineError(f"{self._name}: closed; expected an engine that is open")
        return engine_now

    @property
    def _name(self) -> str:
        return f"engine {self.spec.settings.engine} of {self.spec.weights.card.name}"
