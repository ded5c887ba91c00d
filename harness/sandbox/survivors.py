"""Processes that outlive their fork server where no process namespace ends with it.

All that a fork server of tier C starts has one hard limit of a kind that Linux no longer uses (RLIMIT_LOCKS); it stays
through fork and exec, its system calls deny to change it, and /proc shows it to everybody.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from harness.sandbox.inside import processes

_LINE = b"Max file locks"
_PATIENCE_S = 5.0


def kill_marked(mark: int) -> None:
    """Kill all that has the mark, again and again: new ones may be started meanwhile."""
    deadline = time.monotonic() + _PATIENCE_S
    while (pids := _marked(mark)) and time.monotonic() < deadline:
        for pid in pids:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _marked(mark: int) -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _has(folder, mark)]


def _has(process: Path, mark: int) -> bool:
    with suppress(OSError, IndexError, ValueError), (process / "limits").open("rb") as file:
        line = next((line for line in file if line.startswith(_LINE)), b"")
        return (
            line.removeprefix(_LINE).split()[1:2] == [b"%d" % mark] and processes.stat(int(process.name)).state != "Z"
        )
    return False
