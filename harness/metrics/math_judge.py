"""The judge of mathematical answers: math-verify (Kydlíček 2025) in a process that can be ended.

What takes too much time or memory ends that process, not this one; the next pair starts another.
"""

import atexit
import functools
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

from harness.engines.process.child import environment_of_child
from harness.errors import EngineError

_WALL_S = 60.0
"""The end of patience with a process that uses no CPU time either."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an answer is equal (None: it could not be judged), what was found in it, and what there is to say."""

    equal: bool | None
    found: str | None = None
    cause: str | None = None


class Judge:
    """A process that compares pairs, each in at most `seconds` of CPU time; it starts at the first."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def compare(self, gold: str, answer: str, *, boxed: bool) -> Judgement:
        """Whether `answer` equals `gold`; `boxed` takes both as a box's content, else answers are looked for in them.

        What math-verify cannot read it compares as text; where that is `gold`, other texts are not judged. Where memory
        runs out or the process breaks, a fresh one is asked once more, so that no pair pays for those before it. Raises
        EngineError where no process can be started.
        """
        line = json.dumps({"gold": gold, "answer": answer, "boxed": boxed}).encode("ascii") + b"\n"
        with self._lock:
            reply = self._ask(line)
            if reply.get("again"):
                self.close()
                reply = self._ask(line)
        if "equal" not in reply:
            return Judgement(None, cause=f"no judgement: {reply['failed']}")
        if "reference" in reply["unread"] and not reply["equal"]:
            return Judgement(None, reply["found"], "no judgement: reference not read")
        return Judgement(reply["equal"], reply["found"], "compared as text" if reply["unread"] else None)

    def close(self) -> None:
        """End the process; the next pair starts another."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            pipe.close()

    def _ask(self, line: bytes) -> dict[str, Any]:
        process = self._process or self._start()
        reply: dict[str, Any] = {}
        try:
            reply = _exchange(process, line)
        except TimeoutError:
            return {"failed": f"more than {_WALL_S:g} s"}
        finally:
            if not reply:  # it died, it hangs, or Ctrl-C would leave its answer in the pipe
                self.close()
        if reply:
            return reply
        if process.returncode == -signal.SIGXCPU:
            return {"failed": f"more than {self._seconds} s of CPU time"}
        return {"failed": _end(process.returncode), "again": True}

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "harness.metrics.math_worker", str(self._seconds)]
        # sympy orders by hash: one seed, one judgement
        environment = environment_of_child(os.environ, {"PYTHONHASHSEED": "0"})
        try:
            self._process = subprocess.Popen(  # noqa: S603 - an interpreter and a module of ours
                command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise EngineError(f"math-verify: {error.strerror}; expected {sys.executable} to start") from error
        process = self._process
        ready: dict[str, Any] = {}
        try:
            ready = _exchange(process, b"")
        except TimeoutError:
            pass
        finally:
            if not ready:
                self.close()
        if not ready:
            raise EngineError(f"math-verify: its process {_end(process.returncode)}; expected pip install math-verify")
        return process


@functools.cache
def judge(seconds: int) -> Judge:
    """The judge of this process with this limit; it ends with the process."""
    made = Judge(seconds)
    atexit.register(made.close)
    return made


def _exchange(process: subprocess.Popen[bytes], line: bytes) -> dict[str, Any]:
    """Send a line and read one; empty where the process has ended. Raises TimeoutError where none comes."""
    if process.stdin is None or process.stdout is None:
        return {}
    try:
        process.stdin.write(line)
        process.stdin.flush()
    except BrokenPipeError:
        return {}
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        if not waiting.select(_WALL_S):
            raise TimeoutError
    answer = process.stdout.readline()
    return dict(json.loads(answer)) if answer.endswith(b"\n") else {}


def _end(status: int) -> str:
    return f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
