"""A child process that speaks messages, and the thread that starts it, reads it and outlives it.

The thread is needed: Linux kills the child with the thread that started it (PR_SET_PDEATHSIG, prctl(2)), so
that thread must live as long as the child does. No pipe is inherited by another child, so that the end of
the command pipe always reaches this one.
"""

import errno
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO
from typing import Any

import harness
from harness.errors import EngineError
from harness.processes import wire

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
    """A module of ours that runs, given our process id and `arguments`. Raises EngineError where it cannot start.

    What it says is of one of the forms, in lines of at most `longest` bytes.
    """

    def __init__(
        self, module: str, forms: Sequence[wire.Form], launch: Launch, *arguments: str, longest: int = wire.LONGEST
    ) -> None:
        self._heard: queue.SimpleQueue[dict[str, Any] | wire.Malformed | None] = queue.SimpleQueue()
        self._forms, self._longest = forms, longest
        self._command = [launch.python, "-P", "-m", module, str(os.getpid()), *arguments]
        self._env = environment_of_child(os.environ, launch.env or {})
        self._writing = threading.Lock()
        self._failure: OSError | None = None
        try:
            self._log: IO[bytes] = launch.log.open("a+b") if launch.log else tempfile.TemporaryFile()  # noqa: SIM115 - `end` closes it
        except OSError as error:
            raise EngineError(f"{launch.log}: {error.strerror}; expected a log file to write to") from error
        self._log_name = f" of {launch.log}" if launch.log else ""
        started = threading.Event()
        self._thread = threading.Thread(target=self._live, args=(started,), name=module, daemon=True)
        self._thread.start()
        started.wait()
        if self._failure is not None:
            self._log.close()
            raise EngineError(f"{launch.python}: {self._failure.strerror}; expected a Python interpreter")

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def status(self) -> int:
        """The exit status, or minus the signal, of one that has ended."""
        return int(self._process.returncode)

    def send(self, message: Any) -> None:
        """Say something; that a child is gone is noticed where it is heard."""
        line = wire.encode(message)
        with self._writing, suppress(BrokenPipeError, ValueError):
            self._stdin.write(line)
            self._stdin.flush()

    def hear(self, seconds: float | None = None) -> dict[str, Any] | None:
        """The next message; None where it has ended. Raises Malformed, and TimeoutError where none comes in time."""
        try:
            message = self._heard.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(message, wire.Malformed):
            raise message
        return message

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

    def kill(self) -> None:
        """End it without waiting for what it is at."""
        self._process.kill()
        self.end()

    def destroy(self) -> None:
        """Send it SIGKILL, and wait for nothing: who hears it is told of its end."""
        self._process.kill()

    def ending(self) -> str:
        """How it ended."""
        if self.status < 0:
            return f"was killed by {signal.Signals(-self.status).name}"
        return f"ended with exit status {self.status}"

    def obituary(self) -> str:
        """How it ended, and the last line of its standard error."""
        guess = " (out of memory?)" if self.status == -signal.SIGKILL else ""
        return f"{self.ending().removeprefix('was ')}{guess}; last line{self._log_name}: {self._last_line()!r}"

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
        with stdout:
            try:
                for line in wire.lines(partial(os.read, stdout.fileno(), wire.CHUNK), self._longest):
                    self._heard.put(wire.decode(line, self._forms))
            except wire.Malformed as error:
                self._heard.put(error)
        self._process.wait()
        self._heard.put(None)

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
