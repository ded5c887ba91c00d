"""pytest sessions as forks of a process that has imported what each of them imports.

A session of a few scripted cases takes a second, and most of it goes into imports. A fork has them for nothing, and is
else a session like any other: a process of its own, with its own arguments, folder, environment and exit status.
Signals, and what a session imports, are tested with `python -m pytest` itself.
"""

import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

IMPORTED = (
    "pytest",
    "xdist.dsession",
    "xdist.plugin",
    "harness.plugin.owner",
    "harness.evaluation",
    "harness.report.write",
    "harness.gate.terminal",
    "scipy.special",
)
# what is imported already cannot be rewritten, and need not be
QUIET = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
LIMIT = 300
"""Seconds after which a session is taken to hang."""


@dataclass(frozen=True)
class Ended:
    """What a session left: its exit status, negative for a signal, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


class Sessions:
    """The process that is forked; it starts with the first session and ends with its standard input."""

    def __init__(self):
        self._process = None

    def run(self, arguments: list[str], cwd, env: dict | None = None) -> Ended:
        """Run `pytest ARGUMENTS` in `cwd`; raise TimeoutError, and kill it, when it takes longer than LIMIT."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        with tempfile.TemporaryDirectory() as folder:
            outputs = [str(Path(folder, name)) for name in ("stdout", "stderr")]
            session = {
                "arguments": [*arguments, *QUIET],
                "cwd": str(cwd),
                "env": dict(env or os.environ),
                "outputs": outputs,
            }
            self._process.stdin.write(json.dumps(session) + "\n")
            self._process.stdin.flush()
            status = self._process.stdout.readline().strip()
            if status == "late":
                raise TimeoutError(f"pytest {' '.join(arguments)}: no end after {LIMIT} s")
            return Ended(int(status), *(Path(output).read_text(errors="replace") for output in outputs))

    def close(self) -> None:
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()


def serve() -> bool:
    """Fork for each line of standard input; True in a fork, False in the process itself when all is done."""
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            become(json.loads(line))
            return True
        sys.stdout.write(status_of(pid) + "\n")
        sys.stdout.flush()
    return False


def status_of(pid: int) -> str:
    """The exit status of a fork, or `late` when it had to be killed."""
    end = os.pidfd_open(pid)
    late = not select.select([end], [], [], LIMIT)[0]
    os.close(end)
    if late:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return "late" if late else str(status)


def become(session: dict) -> None:
    """Turn this fork into the session: its folder, its environment, its files, its arguments."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, path in enumerate(session["outputs"], start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), descriptor)
    os.chdir(session["cwd"])
    os.environ.clear()
    os.environ.update(session["env"])
    # as `python -m pytest` has it
    sys.path[0] = session["cwd"]
    sys.argv = [str(Path(sys.modules["pytest"].__file__).with_name("__main__.py")), *session["arguments"]]


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    importlib.import_module("harness.engines.registry").shipped()
    for name in importlib.import_module("_pytest.config").default_plugins:
        importlib.import_module(f"_pytest.{name}")
    # a session that ends collects garbage, and need not look at all of this
    gc.freeze()
    if serve():
        # at the top, so that a fork ends as an interpreter ends
        raise SystemExit(sys.modules["pytest"].main())
