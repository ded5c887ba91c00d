"""The engine process: answers windows of requests from its command pipe, and ends with that pipe.

Started by `child` as `python -P -m harness.engines.process.worker <pid of the parent> [folder]`. A thread of its own
reads the pipe, so that its end is seen while the engine computes; what libraries print goes to the log.
"""

import ctypes
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import BinaryIO

from harness.core import decode
from harness.core import encode
from harness.engines import Engine
from harness.engines.descriptor import EngineSpec
from harness.engines.process.wire import decode_spec
from harness.engines.process.wire import dump_line
from harness.engines.registry import find
from harness.errors import CrosstaskError

_PR_SET_PDEATHSIG = 1


def main(parent: int, folders: Sequence[str] = ()) -> None:
    """Serve one engine until the command pipe ends, the engine breaks or the parent is gone.

    Modules of the folders can be imported, after all others.
    """
    sys.path += folders
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it ends the pipe
    _die_with(parent)
    commands, answers = _private_pipes()
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_commands, args=(commands, lines), daemon=True).start()
    try:
        _serve(lines, answers)
    except CrosstaskError as error:
        ours = next(kind for kind in type(error).__mro__ if kind.__module__ == CrosstaskError.__module__)
        _report(answers, ours.__name__, str(error))
    except Exception as error:  # noqa: BLE001 - whatever broke crosses to the parent; its traceback goes to the log
        _report(answers, "Exception", f"{type(error).__name__}: {error}")
    os._exit(1)  # not sys.exit: threads of a library must not keep a broken engine alive


def build(spec: EngineSpec) -> Engine:
    """The engine a specification names; raises EngineError where there is none of that name."""
    return find(spec.settings.engine).open(spec)


def _die_with(parent: int) -> None:
    """Have Linux kill this process with the thread that started it, should the pipe's end go unseen."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The command and answer pipes under numbers of their own; 0 then reads nothing, 1 writes to the log."""
    commands, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return commands, answers


def _read_commands(commands: BinaryIO, lines: "queue.SimpleQueue[bytes]") -> None:
    """Pass lines on until the pipe ends; then end the process, whatever it is at."""
    for line in commands:
        lines.put(line)
    os._exit(0)


def _serve(lines: "queue.SimpleQueue[bytes]", answers: BinaryIO) -> None:
    engine = build(decode_spec(json.loads(lines.get())))
    describe: Callable[[], Any] = getattr(engine, "describe", dict)
    _send(answers, {"ready": describe()})
    while True:
        requests = decode(json.loads(lines.get())["requests"])
        start = time.perf_counter()
        for index, response in engine.answer(requests):
            _send(answers, {"answers": [[index, encode(response)]]})
        _send(answers, {"done": True, "seconds": time.perf_counter() - start, "ready": describe()})


def _report(answers: BinaryIO, kind: str, message: str) -> None:
    traceback.print_exc()
    _send(answers, {"error": {"kind": kind, "message": message}})


def _send(answers: BinaryIO, value: Any) -> None:
    try:
        answers.write(dump_line(value))
        answers.flush()
    except BrokenPipeError:
        os._exit(0)  # nobody reads any more


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
