"""A watch over fork servers: one that somebody stopped (SIGSTOP) is killed within seconds, so that it can be replaced.

Whether a process is stopped is what /proc says of it, so a busy machine is no reason. What a fork server had started
and has not yet asked to end with it is in its process group still, and ends with the group. It is one thread for all,
which ends with the last fork server.
"""

import os
import signal
import subprocess
import threading
from contextlib import suppress

from harness.sandbox.inside import processes

_LOOK_S = 0.5
_LOOKS = 3
_lock = threading.Lock()
_stopped: dict[int, tuple["subprocess.Popen[bytes]", int]] = {}
"""Process number -> the process, and for how many looks it was stopped."""


def guard(process: "subprocess.Popen[bytes]") -> None:
    """Watch over a process from now on."""
    with _lock:
        _stopped[process.pid] = (process, 0)
        if len(_stopped) == 1:
            threading.Thread(target=_watch, name="sandbox-watchdog", daemon=True).start()


def release(process: "subprocess.Popen[bytes]") -> None:
    """Watch over it no more."""
    with _lock:
        _stopped.pop(process.pid, None)


def _watch() -> None:
    pause = threading.Event()
    while True:
        pause.wait(_LOOK_S)
        with _lock:
            if not _stopped:
                return
            for pid, (process, looks) in list(_stopped.items()):
                looks = looks + 1 if _is_stopped(pid) else 0  # noqa: PLW2901 - of this process
                _stopped[pid] = (process, looks)
                if looks >= _LOOKS or process.poll() is not None:
                    end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a fork server and what it has just started, which holds its channel open where somebody stopped it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _is_stopped(pid: int) -> bool:
    with suppress(OSError, ValueError, IndexError):
        return processes.stat(pid).state == "T"
    return False
