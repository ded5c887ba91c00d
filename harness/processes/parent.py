"""The process that started this one, as a child of ours sees it: two pipes of lines, and an end that both share.

What libraries print goes to standard error, and what they read is nothing.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from collections.abc import Sequence
from functools import partial
from typing import Any

from harness.processes import wire

_PR_SET_PDEATHSIG = 1


class Parent:
    """Whom this process works for, by its process id; this process ends with it.

    Ctrl-C is the parent's to handle: it ends the pipe.
    """

    def __init__(self, pid: int, longest: int = wire.LONGEST) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _die_with(pid)
        self._longest = longest
        self._commands, self._answers = os.dup(0), os.fdopen(os.dup(1), "wb")
        self._writing = threading.Lock()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)

    def messages(self, forms: Sequence[wire.Form]) -> Iterator[dict[str, Any]]:
        """What the parent says, until it ends its pipe. Raises Malformed."""
        for line in wire.lines(partial(os.read, self._commands, wire.CHUNK), self._longest):
            yield wire.decode(line, forms)

    def send(self, message: Any) -> None:
        """Say something; end this process where nobody listens. Raises ValueError for a number that is not finite."""
        line = wire.encode(message)
        try:
            with self._writing:
                self._answers.write(line)
                self._answers.flush()
        except BrokenPipeError:
            os._exit(0)


def _die_with(parent: int) -> None:
    """Have Linux kill this process with the thread that started it, should the pipe's end go unseen."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
