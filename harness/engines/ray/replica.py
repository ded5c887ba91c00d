"""What runs on a machine of the cluster: an actor, and in a process of its own the engine.

Ray sends this module's code with the actor, so that a machine without crosstask can say so. It imports the standard
library alone until it has looked for crosstask. What it says has the forms of `harness.engines.process.messages`.
"""

import queue
import threading
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

_BEAT_S = 1.0


class Replica:
    """An actor that holds one engine. Ray calls one method at a time."""

    def __init__(self) -> None:
        self._process: Any = None

    def place(self) -> str:
        """The id of the machine that Ray has placed this at."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    def holds(self) -> bool:
        """Whether a model is loaded: not where Ray has started this anew, or the engine has died."""
        return self._process is not None and self._process.pid is not None

    def open(self, spec: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
        """Load the model of a specification, anew where one is there; `ready`, or the error that kept it from it.

        `expected` are the facts of `harness.engines.ray.likeness` where the run was started.
        """
        import ray

        where = ray.util.get_node_ip_address()
        try:
            from harness.engines.ray.likeness import require_alike
        except ImportError as error:
            return _error("UsageError", f"--engine ray: {error} on {where}; expected crosstask there, as here")
        from harness.engines.process import EngineProcess
        from harness.engines.process import messages
        from harness.errors import CrosstaskError

        if self._process is not None:
            self._process.close()
        decoded = messages.decode_spec(spec)
        try:
            require_alike(expected, decoded.weights, where)
            self._process = EngineProcess(decoded)
            return {"ready": dict(self._process.describe())}
        except CrosstaskError as error:
            return _error(_kind(error), str(error))

    def answer(self, requests: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """Answer encoded requests: answers as they come, signs of progress between them, then `done` or an error."""
        from harness.core import decode
        from harness.encoding import encode
        from harness.errors import CrosstaskError

        asked = tuple(map(decode, requests))
        said: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def ask() -> None:
            try:
                for index, response in self._process.answer(asked):
                    said.put({"answers": [[index, encode(response)]]})
                ready = dict(self._process.description)
                said.put({"done": True, "seconds": ready["answered"]["seconds"], "ready": ready})
            except CrosstaskError as error:
                said.put(_error(_kind(error), str(error)))
            except Exception as error:  # noqa: BLE001 - a thread that ends in silence would leave the stream open
                said.put(_error("EngineError", f"{type(error).__name__}: {error}"))

        threading.Thread(target=ask, daemon=True).start()
        beats = 0
        while True:
            try:
                message = said.get(timeout=_BEAT_S)
            except queue.Empty:
                if self._process.silent_for() < _BEAT_S:
                    beats += 1
                    yield {"progress": beats}
                continue
            yield message
            if "answers" not in message:
                return


def _kind(error: Exception) -> str:
    """The name of the error of ours that it is, or is a kind of."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "harness.errors")


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"kind": kind, "message": message}}
