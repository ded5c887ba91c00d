"""A Python program and its tests in one process, inside the jail: for tests that cannot be parted from the program.

A test counts only if its own nonce comes out after its last line; how the process ends never counts. The key of the
nonces comes before the program, its tests afterwards and sealed by the key. What runs the tests stands in no module
that a program can import, and calls nothing that a program can replace. A program that shares a process with its test
can still be made to lie: it can search frames and memory.
"""

import builtins
import json
import linecache
import os
import sys
import threading
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from harness.sandbox.inside import depth
from harness.sandbox.inside import verdicts
from harness.sandbox.inside.candidate import make_module

_CHUNK = 1 << 16
_TOOLS = 6
"""How many tools `sys.monitoring` can have at once."""


def main(_options: dict[str, Any], setup: int) -> None:
    """Speak over descriptors 3 and 4."""
    os.close(setup)
    run = _runner(_lines(3), _say(4), _attempts(), _restorer())
    hidden = _hide()
    depth.make_room(depth.OF_A_SCRIPT)
    run()
    hidden.clear()


def _runner(
    line: Callable[[], list[bytes]],
    say: Callable[[bytes], None],
    attempt: Callable[[str, str], BaseException | None],
    restore: Callable[[], None],
) -> Callable[[], None]:
    seal, unhex, numbered, outcome_of = blake2b, bytes.fromhex, enumerate, verdicts.of

    def text(part: bytes) -> str:
        return unhex(part[1:].decode()).decode("utf-8", "surrogatepass")

    def failure(error: BaseException) -> tuple[str, bytes]:
        outcome, detail = outcome_of(error)
        return outcome, json.dumps(detail).encode()

    def run() -> None:
        first, context, code = line()
        key = unhex(first.decode())
        for name, given in (("<context>", context), ("<solution>", code)):
            error = attempt(text(given), name)
            if error is not None:
                outcome, detail = failure(error)
                outcome = "exception" if outcome == "failed" else outcome
                say(b'{"loading":{"outcome":"%s","detail":%s}}\n' % (outcome.encode(), detail))
                return
        say(b'{"loaded":true}\n')
        sealed, *sources = line()
        if seal(b" ".join(sources), key=key).hexdigest().encode() != sealed:
            return
        for number, source in numbered(sources):
            restore()
            error = attempt(text(source), "<test>")
            if error is None:
                say(b'{"nonce":"%s"}\n' % seal(b"%d" % number, key=key).hexdigest().encode())
            else:
                outcome, detail = failure(error)
                say(b'{"outcome":"%s","detail":%s}\n' % (outcome.encode(), detail))

    return run


def _lines(descriptor: int) -> Callable[[], list[bytes]]:
    """What reads a line, as its words; an empty list where there is none."""
    read = os.read

    def line() -> list[bytes]:
        parts: list[bytes] = []
        while not parts or not parts[-1].endswith(b"\n"):
            part = read(descriptor, _CHUNK)
            if not part:
                return []
            parts.append(part)
        return b"".join(parts).split()

    return line


def _say(descriptor: int) -> Callable[[bytes], None]:
    write = os.write

    def say(content: bytes) -> None:
        while content:
            content = content[write(descriptor, content) :]

    return say


def _attempts() -> Callable[[str, str], BaseException | None]:
    """What runs a source in the program's module; what it raised, or None."""
    namespace, cached, own = make_module().__dict__, linecache.cache, dict(builtins.__dict__)
    compiled, execute, size = compile, exec, len

    def flush() -> None:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:  # noqa: BLE001, S110 - what a program put there is its own affair
            pass

    def attempt(source: str, name: str) -> BaseException | None:
        if name == "<test>":
            namespace["__builtins__"] = own.copy()
        cached[name] = (size(source), None, source.splitlines(keepends=True), name)
        try:
            execute(compiled(source, name, "exec"), namespace)
        except BaseException as error:  # noqa: BLE001 - what a program raises is its answer
            return error
        finally:
            flush()
        return None

    return attempt


def _restorer() -> Callable[[], None]:
    """What takes back what a program changed under the test's feet: builtins and trace functions."""
    live, untouched = builtins.__dict__, dict(builtins.__dict__)
    settrace, setprofile = sys.settrace, sys.setprofile
    trace_threads, profile_threads = threading.settrace, threading.setprofile
    set_events: Callable[[int, int], object] | None
    set_events = getattr(getattr(sys, "monitoring", None), "set_events", None)
    tools, failures = range(_TOOLS), (ValueError,)

    def restore() -> None:
        live.clear()
        live.update(untouched)
        settrace(None)
        setprofile(None)
        trace_threads(None)
        profile_threads(None)
        if set_events is None:
            return
        for tool in tools:
            try:
                set_events(tool, 0)
            except failures:
                continue

    return restore


def _hide() -> list[Any]:
    """Take our modules from where a program finds modules; they live on in what is returned."""
    hidden = [sys.modules.pop(name) for name in tuple(sys.modules) if name.partition(".")[0] == "harness"]
    started = sys.modules["__main__"].__dict__
    return hidden + [started.pop(name) for name in tuple(started) if not name.startswith("__")]
