"""A Python program as its own process, inside the jail: reads a test's input, prints what is compared elsewhere.

Nothing is trusted and nothing is decided here: what is expected never comes in. The program finds what one finds that
an interpreter was started for: it is `__main__`, its standard input is a file, `exit` is there, its threads are waited
for, what it has not yet written is written at its end.
"""

import atexit
import builtins
import gc
import linecache
import os
import sys
import threading
import traceback
import types
from _sitebuiltins import Quitter
from contextlib import suppress
from typing import Any
from typing import TextIO

from harness.sandbox.inside import depth
from harness.sandbox.inside import verdicts
from harness.sandbox.inside.lines import Ended
from harness.sandbox.inside.lines import Lines

_NAME = "solution.py"
_HIGHEST = 255


def main(_options: dict[str, Any], setup: int) -> None:
    """Run what comes by descriptor 3; 4 is told why it failed, 5 is its standard output."""
    os.close(setup)
    teller = Lines(3, 4)
    asked = teller.read()
    os.close(3)
    output = _connected(asked["input"])
    depth.make_room(depth.OF_A_STREAM)
    os._exit(_ended(_run(asked, _main_namespace(), teller), output))


def _connected(text: str) -> TextIO:
    """Have the standard streams be the input, as a file whose size can be asked for, and descriptor 5."""
    with open("input", "wb") as file:
        file.write(text.encode("utf-8", "surrogatepass"))
    opened = os.open("input", os.O_RDONLY)
    os.unlink("input")
    for descriptor, standard in ((opened, 0), (5, 1)):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    options: dict[str, Any] = {"encoding": "utf-8", "errors": "surrogateescape", "closefd": False}
    sys.stdin = open(0, **options)  # noqa: SIM115 - the program's to close
    output: TextIO = open(1, "w", **options)  # noqa: SIM115 - the same
    sys.stdout = output
    sys.__stdin__, sys.__stdout__ = sys.stdin, output  # type: ignore[misc, assignment]
    return output


def _main_namespace() -> dict[str, Any]:
    """The namespace of a new module `__main__`, which nothing else holds."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__builtins__=builtins, __file__=_NAME)
    sys.modules["__main__"] = module
    sys.argv = [_NAME]
    for name in ("exit", "quit"):
        setattr(builtins, name, Quitter(name, "Ctrl-D (i.e. EOF)"))
    return module.__dict__


def _run(asked: dict[str, Any], namespace: dict[str, Any], teller: Lines) -> int:
    """Run the program; the exit status, as an interpreter has it."""
    try:
        for name, source in (("<context>", asked["context"]), (_NAME, asked["code"])):
            linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
            exec(compile(source, name, "exec", dont_inherit=True), namespace)  # noqa: S102 - what the jail is for
    except SystemExit as error:
        return _status(error.code)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the program's end
        _complain(error, teller)
        return 1
    return 0


def _status(code: Any) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & _HIGHEST
    with suppress(BaseException):
        print(code, file=sys.stderr)  # noqa: T201 - as Python does
    return 1


def _complain(error: BaseException, teller: Lines) -> None:
    """Tell of an exception, as its traceback and as a verdict."""
    outcome, detail = verdicts.of(error)
    with suppress(Ended, ValueError):
        teller.write({"outcome": "exception" if outcome == "failed" else outcome, "detail": detail})
    with suppress(BaseException):
        traceback.print_exception(error)


def _ended(status: int, output: TextIO) -> int:
    """Do what an interpreter does at its end: wait for threads, call exit hooks, write what waits in buffers."""
    for step in (threading._shutdown, atexit._run_exitfuncs, _flush):  # type: ignore[attr-defined]  # noqa: SLF001
        with suppress(BaseException):
            step()
    # what the module held ends with it while its names are still there: a buffer of the program's own is written so
    sys.modules.pop("__main__", None)
    gc.collect()
    with suppress(BaseException):
        output.flush()
    return status


def _flush() -> None:
    """Write what waits in whatever the program has put in the place of its output."""
    sys.stdout.flush()
    sys.stderr.flush()
