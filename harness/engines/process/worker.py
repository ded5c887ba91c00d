"""The engine process: answers windows of requests from its parent, and ends with it.

Started by `EngineProcess` as `python -P -m harness.engines.process.worker <pid of the parent> [folder]`. A thread of
its own hears the parent, so that its end is seen while the engine computes.
"""

import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from harness.core import Refusal
from harness.core import Response
from harness.encoding import encode
from harness.engines import Engine
from harness.engines.descriptor import EngineSpec
from harness.engines.process import messages
from harness.engines.registry import find
from harness.errors import CrosstaskError
from harness.extras import require
from harness.processes.parent import Parent
from harness.processes.wire import Malformed

_BEAT_S = 1.0


def main(parent_pid: int, folders: Sequence[str] = ()) -> None:
    """Serve one engine until the parent ends its pipe, the engine breaks or the parent is gone.

    Modules of the folders can be imported, after all others.
    """
    sys.path += folders
    parent = Parent(parent_pid, messages.LONGEST)
    commands: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(parent, commands), daemon=True).start()
    try:
        _serve(commands, parent)
    except CrosstaskError as error:
        ours = next(kind for kind in type(error).__mro__ if kind.__module__ == CrosstaskError.__module__)
        _report(parent, ours.__name__, str(error))
    except Exception as error:  # noqa: BLE001 - whatever broke crosses to the parent; its traceback goes to the log
        _report(parent, "Exception", f"{type(error).__name__}: {error}")
    os._exit(1)  # not sys.exit: threads of a library must not keep a broken engine alive


def build(spec: EngineSpec) -> Engine:
    """The engine a specification names; raises EngineError where there is none of that name.

    Raises UsageError where this interpreter lacks the libraries that the engine imports.
    """
    descriptor = find(spec.settings.engine)
    if descriptor.extra is not None:
        require(f"--engine {spec.settings.engine} in {sys.executable}", descriptor.extra)
    return descriptor.open(spec)


def _hear(parent: Parent, commands: "queue.SimpleQueue[dict[str, Any]]") -> None:
    """Pass commands on until the parent ends its pipe; then end the process, whatever it is at."""
    try:
        for command in parent.messages(messages.COMMANDS):
            commands.put(command)
    except Malformed:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _serve(commands: "queue.SimpleQueue[dict[str, Any]]", parent: Parent) -> None:
    engine = build(messages.decode_spec(commands.get()))
    describe: Callable[[], Any] = getattr(engine, "describe", dict)
    parent.send({"ready": describe()})
    if hasattr(engine, "steps"):
        threading.Thread(target=_beat, args=(parent, engine), daemon=True).start()
    while True:
        requests = tuple(commands.get()["requests"])
        start = time.perf_counter()
        for index, response in engine.answer(requests):
            _answer(parent, index, response)
        parent.send({"done": True, "seconds": time.perf_counter() - start, "ready": describe()})


def _beat(parent: Parent, engine: Any) -> None:
    """Say how many steps the engine has made, whenever there are more: a long text is no standstill."""
    said = 0
    while True:
        time.sleep(_BEAT_S)
        steps = engine.steps
        if steps != said:
            said = steps
            parent.send({"progress": said})


def _answer(parent: Parent, index: int, response: Response) -> None:
    try:
        parent.send({"answers": [[index, encode(response)]]})
    except ValueError as error:
        parent.send({"answers": [[index, encode(Refusal(f"engine: {error}; expected finite numbers"))]]})


def _report(parent: Parent, kind: str, message: str) -> None:
    traceback.print_exc()
    parent.send({"error": {"kind": kind, "message": message}})


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
