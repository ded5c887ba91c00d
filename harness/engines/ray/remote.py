"""A replica as an engine process: what `EngineProcess` says to a child goes to an actor of Ray.

Ray starts an actor again on another machine when its own is lost (`max_restarts`), and repeats the loading there
(`max_task_retries`). It does not repeat a question: its stream of answers would go on behind those that were read, and
answers come in any order. A lease that is lost is a death like any other, and the pool asks it again
(https://docs.ray.io/en/latest/ray-core/fault_tolerance/actors.html).
"""

import math
import queue
import sys
import time
from collections.abc import Mapping
from typing import Any
from typing import Literal

from harness.engines.descriptor import EngineSpec
from harness.engines.process import EngineProcess
from harness.engines.process import Peer
from harness.engines.process import messages
from harness.processes import wire

_LOOK_S = 1.0
_PULSE_S = 0.5


class RemoteProcess(EngineProcess):
    """An EngineProcess on a machine that Ray chooses. `actor` is the handle of a `Replica`, `ray` the library.

    `expected` is what must be alike there. `signs` counts signs of progress: what the replica says, and looks at
    one that is placed or loaded, for `patience` seconds.
    """

    def __init__(
        self, spec: EngineSpec, ray: Any, actor: Any, expected: Mapping[str, Any], patience: float = math.inf
    ) -> None:
        super().__init__(spec)
        self._patience, self._since = patience, time.monotonic()
        self._ray, self._actor, self._expected = ray, actor, expected
        self.signs = 0
        self.place = actor.place.options(max_task_retries=-1).remote()

    @property
    def waits(self) -> bool:
        """Whether Ray has yet to place it, or it has yet to load its model; asks Ray for it where it was lost."""
        child = self._child
        state = child.state() if isinstance(child, RemoteChild) else "lost"
        if state == "lost":
            self.release()
            self.start()
        if state != "ready" and time.monotonic() - self._since < self._patience:
            self.signs += 1
        return state != "ready"

    def opened(self, seconds: float) -> bool:
        """Whether its model is loaded, or cannot be, within so many seconds."""
        child = self._child
        return isinstance(child, RemoteChild) and child.opened(seconds)

    def close(self) -> None:
        """Give its place back; calling it twice is harmless."""
        super().close()
        self._ray.kill(self._actor, no_restart=True)

    def _begin(self) -> Peer:
        self._since = time.monotonic()
        return RemoteChild(self._ray, self._actor, messages.encode_spec(self.spec), self._expected)

    def _hear(self, child: Peer) -> Mapping[str, Any]:
        message = super()._hear(child)
        self.signs += 1
        return message


class RemoteChild:
    """What is asked of an actor from its opening to its loss, in the words of `harness.processes.child.Child`."""

    pid: int | None = None

    def __init__(self, ray: Any, actor: Any, spec: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        self._ray, self._actor = ray, actor
        self._opening = actor.open.options(max_task_retries=-1).remote(dict(spec), dict(expected))
        self._pulse: Any = None
        self._streams: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stream: Any = None
        self._heard_of_opening = False
        self._lost: str | None = None

    def opened(self, seconds: float) -> bool:
        """Whether the opening has ended, well or not, within so many seconds."""
        done, _ = self._ray.wait([self._opening], timeout=seconds)
        return bool(done)

    def state(self) -> Literal["waiting", "ready", "lost"]:
        """Of an actor that is at nothing: whether it can be asked, or has to be opened first, or once more.

        One that could not be opened is ready to say why.
        """
        if not self.opened(0.0):
            return "waiting"
        try:
            if "ready" not in self._ray.get(self._opening):
                return "ready"
        except self._ray.exceptions.RayError:
            return "ready"
        self._pulse = self._pulse or self._actor.holds.remote()
        done, _ = self._ray.wait([self._pulse], timeout=_PULSE_S)
        if not done:
            return "waiting"
        pulse, self._pulse = self._pulse, None
        try:
            return "ready" if self._ray.get(pulse) else "lost"
        except self._ray.exceptions.RayError:
            return "lost"

    def send(self, message: Any) -> None:
        """Ask a window; that the actor is gone is noticed where it is heard."""
        self._streams.put(self._actor.answer.options(num_returns="streaming").remote(message["requests"]))

    def hear(self, seconds: float | None = None) -> dict[str, Any] | None:
        """The next message; None where the actor is lost. Raises Malformed where it is of no form of ours."""
        try:
            message = self._next(seconds)
        except self._ray.exceptions.RayError as error:
            self._lost = type(error).__name__
            sys.stderr.write(f"ray: {error}\n")
            return None
        return None if message is None else wire.fitting(message, messages.ANSWERS)

    def end(self) -> None:
        """Stop what the actor is at, by its end, and let Ray start it again; leave alone one that is at nothing."""
        if self._lost is None and (self._stream is not None or not self._streams.empty()):
            self.destroy()

    def destroy(self) -> None:
        """End the actor, and let Ray start it again: whoever hears it is told."""
        self._lost = "it was ended"
        self._ray.kill(self._actor, no_restart=False)

    def obituary(self) -> str:
        """How it was lost; what Ray says of it is in the log."""
        return f"its machine or its process is gone ({self._lost})"

    def _next(self, seconds: float | None) -> Any:
        """What the actor says next, None where it was ended; raises what Ray knows of its loss."""
        if not self._heard_of_opening:
            while not self.opened(_LOOK_S):
                if self._lost is not None:
                    return None
            self._heard_of_opening = True
            return self._ray.get(self._opening)
        if self._stream is None:
            self._stream = self._streams.get(timeout=seconds)
        message = self._ray.get(next(self._stream))
        if "done" in message or "error" in message:
            self._stream = None
        return message
