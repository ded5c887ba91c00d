"""A loop of the process that owns a run: a thread that works until it is stopped, and says why where it cannot."""

import threading
from abc import ABC
from abc import abstractmethod
from pathlib import Path

from harness.errors import CrosstaskError


class Loop(ABC, threading.Thread):
    """Calls `step` until it is stopped; `broken` says why it works no more, if so.

    `alive` is a file of the session's folder that is there as long as the loop works: who waits for what it gives looks
    for the file.
    """

    def __init__(self, folder: Path, alive: str, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.folder = folder
        self.stopped = threading.Event()
        self.broken: str | None = None
        self._alive = folder / alive
        self._alive.touch()

    @abstractmethod
    def step(self) -> None:
        """Do what there is to do, or wait a little for it."""

    def finish(self) -> None:
        """Close what the thread opened; called in the thread at its end."""

    def run(self) -> None:
        """Work until stopped; what goes wrong is told to whoever waits."""
        try:
            while not self.stopped.is_set():
                self.step()
            self.finish()
        except Exception as error:  # noqa: BLE001 - a thread that ends in silence would leave every test waiting
            self.broken = str(error) if isinstance(error, CrosstaskError) else f"{type(error).__name__}: {error}"
        finally:
            # a file that goes away needs no room on a full disk
            self._alive.unlink(missing_ok=True)

    def end(self) -> None:
        """Stop and wait for the thread; harmless where it never began or is gone."""
        self.stopped.set()
        if self.is_alive():
            self.join()
