"""The sandbox that programs run in."""

from concurrent.futures import Future
from typing import Protocol

from harness.core import Execute
from harness.core import Execution
from harness.core import Json
from harness.core import Refusal
from harness.errors import SandboxError


class Sandbox(Protocol):
    """Runs programs."""

    facts: dict[str, Json]
    digest: str

    def submit(self, request: Execute) -> "Future[Execution | Refusal]":
        """Run a program as soon as there is room."""
        ...

    def close(self) -> None:
        """End all that runs."""
        ...


def open_sandbox(slots: int | None = None, *, unsandboxed: bool = False) -> Sandbox:
    """The sandbox of this machine."""
    how = "unsandboxed" if unsandboxed else f"{slots} slots"
    raise SandboxError(f"sandbox: none comes with this version ({how}); select other pages")
