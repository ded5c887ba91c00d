"""Puts a sandbox of the tests' own in the place of the real one.

It has the interface of `harness.sandbox`, and runs each test below the program in a process; the programs are the
tests' own. It notes each run in `ran.jsonl`, with how many requests the model had answered by then.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import sandbox
from harness.core import Execution
from harness.core import Refusal
from harness.errors import SandboxError

HERE = Path(__file__).parent


class StandIn:
    digest = "5" * 64

    def __init__(self, unsandboxed):
        self.facts = {"tier": "none, the tests' own"}
        self._pool = ThreadPoolExecutor(2)
        self._judged = "unsandboxed" if unsandboxed else "in-jail"

    def submit(self, request):
        return self._pool.submit(self._run, request)

    def close(self):
        self._pool.shutdown(cancel_futures=True)

    def _run(self, request):
        asked = HERE / "asked.jsonl"
        answered = len(asked.read_text().splitlines()) if asked.exists() else 0
        with (HERE / "ran.jsonl").open("a") as file:
            file.write(json.dumps({"code": request.code, "answered": answered}) + "\n")
        if "no tool" in request.code:
            return Refusal("python: no interpreter here; install one")
        try:
            compile(request.code, "program", "exec")
        except SyntaxError as error:
            return Execution("syntax", (False,) * len(request.tests), self._judged, str(error))
        passed = [self._holds(request.code, test) for test in request.tests]
        verdict = "passed" if all(passed) else "failed"
        return Execution(verdict, tuple(passed), self._judged, None if all(passed) else "AssertionError", cpu=0.01)

    def _holds(self, code, test):
        command = [sys.executable, "-S", "-c", code + "\n" + test]
        # variables of its own: pytest changes those of this process in another thread, and execve(2) then reads nowhere
        done = subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))
        return done.returncode == 0


def open_sandbox(_slots=None, *, unsandboxed=False, limits=None):  # noqa: ARG001 - as the one it stands for
    if os.environ.get("NO_SANDBOX") and not unsandboxed:
        raise SandboxError("sandbox: this kernel is too old; expected Linux 5.13, or --unsandboxed")
    return StandIn(unsandboxed)


sandbox.open_sandbox = open_sandbox
