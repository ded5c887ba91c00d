"""A program in another language, inside the jail: its files written, its compiler run, then the program itself.

This process only starts them and waits; what the program's driver says goes straight to the judge. The fork server is
told when the compiler is done, as its time is not the program's.
"""

import contextlib
import os
import resource
import signal
from functools import partial
from typing import Any

from harness.processes import wire
from harness.sandbox.inside import kernel
from harness.sandbox.inside import messages
from harness.sandbox.inside.lines import Lines

_LONGEST = 2000
_ENDING = 5
"""The descriptor by which the program's end is told; no program has it."""


def main(options: dict[str, Any], setup: int) -> None:
    """Read the files from descriptor 3; the program finds the judge at 3 and 4 as well."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    asked = _first_line(3)
    for name, text in asked["files"].items():
        with open(name, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
    os.write(setup, b"c")
    environment = {**options["environment"], "HOME": os.getcwd(), "TMPDIR": os.getcwd()}
    for command in options["ours"]:
        complaint = _compile(command, environment)
        if complaint is not None:
            os.write(setup, f"!{complaint['raised']['text']}".encode())
            os._exit(1)
    for command in options["compile"]:
        complaint = _compile(command, environment)
        if complaint is not None:
            Lines(3, 4).write(complaint)
            return
    os.write(setup, b"p")
    os.close(setup)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, _narrower(options["address_space"]))
    for name in asked["files"] if options["compile"] else ():
        with contextlib.suppress(OSError):
            os.unlink(name)
    status = _run(options["run"], environment, talks=True)
    # an exit status of ours could not tell the program's from its signal
    os.write(_ENDING, b'{"status":%d}\n' % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _first_line(descriptor: int) -> dict[str, Any]:
    """The first line alone: what follows is for the program."""
    kept = bytearray()
    while not kept.endswith(b"\n"):
        # pipes cannot be looked ahead in; a length comes first so that nothing more is taken
        part = os.read(descriptor, 1)
        if not part:
            os._exit(1)
        kept += part
        if part == b":" and kept[:-1].isdigit():
            return wire.decode(wire.exactly(partial(os.read, descriptor), int(kept[:-1])), messages.FILES)
    os._exit(1)


def _compile(command: list[str], environment: dict[str, str]) -> dict[str, Any] | None:
    """Run a compiler; what it complains of, as the loading's failure."""
    log = os.open("compiler.log", os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600)
    status = _run(command, environment, talks=False, output=log)
    os.lseek(log, 0, os.SEEK_SET)
    said = os.read(log, 1 << 16).decode("utf-8", "replace")
    os.close(log)
    os.write(1, said.encode())
    if status == 0:
        return None
    line = next((line for line in said.splitlines() if "error" in line.lower()), said.strip().partition("\n")[0])
    text = line.strip()[:_LONGEST] or "the compiler failed"
    return {"raised": {"kinds": ["builtins.SyntaxError", "builtins.Exception"], "text": text, "args": [text]}}


def _run(command: list[str], environment: dict[str, str], *, talks: bool, output: int | None = None) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            with contextlib.suppress(OSError, AttributeError, TypeError):
                kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
            for descriptor in (3, 4):
                os.set_inheritable(descriptor, talks)
            if output is not None:
                os.dup2(output, 1)
                os.dup2(output, 2)
            os.closerange(_ENDING, 1024)
            os.execve(command[0], command, environment)  # noqa: S606 - no shell is wanted
        finally:
            os._exit(127)
    if talks:
        # only the program may keep the judge waiting
        os.close(3)
        os.close(4)
    while True:
        ended, status = os.wait()
        if ended == pid:
            return status


def _narrower(size: int) -> tuple[int, int]:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = size or hard
    bound = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    return bound, bound
