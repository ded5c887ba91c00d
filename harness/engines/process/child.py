"""One child process that speaks lines of JSON, and the thread that starts it, reads it and outlives it.

The thread is needed: Linux kills the child with the thread that started it (PR_SET_PDEATHSIG, prctl(2)), so
that thread must live as long as the child does. No pipe is inherited by another child, so that the end of
the command pipe always reaches this one.
"""

import errno
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from typing import Any

import harness
from harness.engines.process.wire import dump_line
from harness.errors import EngineError

_GRACE_S = 3.0
_TAIL_BYTES = 4096
_LINE_SHOWN = 200

_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TQDM_DISABLE": "1",
}
"""Engines load from this disk alone, as what they need was obtained before; nobody sees their progress bars."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How a child is started: its interpreter, the file its standard error is appended to, variables of its own.

    `folder` is one more that it imports from, after all others.
    """

    python: str = sys.executable
    log: Path | None = None
    env: Mapping[str, str] | None = None
    folder: Path | None = None


class Child:
    """A running worker; `messages` holds what it says and None at its end. Raises EngineError where it cannot start."""

    def __init__(self, module: str, launch: Launch) -> None:
        self.messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        folder = [] if launch.folder is None else [str(launch.folder)]
        self._command = [launch.python, "-P", "-m", module, str(os.getpid()), *folder]
        self._env = environment_of_child(os.environ, launch.env or {})
        self._writing = threading.Lock()
        self._failure: OSError | None = None
        try:
            self._log: IO[bytes] = launch.log.open("a+b") if launch.log else tempfile.TemporaryFile()  # noqa: SIM115 - `end` closes it
        except OSError as error:
            raise EngineError(f"{launch.log}: {error.strerror}; expected a log file to write to") from error
        self._log_name = f" of {launch.log}" if launch.log else ""
        started = threading.Event()
        self._thread = threading.Thread(target=self._live, args=(started,), name="engine", daemon=True)
        self._thread.start()
        started.wait()
        if self._failure is not None:
            self._log.close()
            raise EngineError(f"{launch.python}: {self._failure.strerror}; expected a Python interpreter")

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, value: Any) -> None:
        """Write one line; that a child is gone is noticed where its messages are read."""
        with self._writing, suppress(BrokenPipeError, ValueError):
            self._stdin.write(dump_line(value))
            self._stdin.flush()

    def end(self) -> None:
        """End the pipe, then the process, the harder the longer it takes; calling it twice is harmless."""
        if self._writing.acquire(timeout=_GRACE_S):  # a stopped child lets a write hang
            with suppress(BrokenPipeError):
                self._stdin.close()
            self._writing.release()
        for stronger in (self._process.terminate, self._process.kill):
            self._thread.join(_GRACE_S)
            if not self._thread.is_alive():
                break
            stronger()
        self._thread.join(_GRACE_S)
        self._log.close()

    def obituary(self) -> str:
        """How the child ended, and the last line of its standard error."""
        status = self._process.returncode
        if status < 0:
            name = signal.Signals(-status).name
            how = f"killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
        else:
            how = f"ended with exit status {status}"
        return f"{how}; last line{self._log_name}: {self._last_line()!r}"

    def _live(self, started: threading.Event) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - an interpreter and a module of ours
                self._command, env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
            )
            self._stdin, stdout = _pipes(self._process)
        except OSError as error:
            self._failure = error
            return
        finally:
            started.set()
        for line in stdout:
            with suppress(ValueError):  # a line torn by the child's death
                self.messages.put(json.loads(line))
        self._process.wait()
        stdout.close()
        self.messages.put(None)

    def _last_line(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _TAIL_BYTES))
        lines = self._log.read().decode("utf-8", "replace").splitlines()
        return next((line.strip()[:_LINE_SHOWN] for line in reversed(lines) if line.strip()), "")


def environment_of_child(inherited: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The variables of a child: no pytest in it, no network, no telemetry, this package importable."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("PYTEST_")}
    root = Path(harness.__file__).parents[1]
    if root.name not in {"site-packages", "dist-packages"}:  # else another interpreter would import all of ours
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), kept.get("PYTHONPATH"))))
    return {"TOKENIZERS_PARALLELISM": "false"} | kept | _QUIET | dict(own)


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise OSError(errno.EPIPE, "no pipes")
    return process.stdin, process.stdout
