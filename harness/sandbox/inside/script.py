"""A Python program and its tests in one process, inside the jail: for tests that cannot be parted from the program.

A test counts only if its own nonce comes out after its last line; how the process ends never counts. Tests and nonces
come after the program is loaded. A program that shares a process with its test can still be made to lie.
"""

import builtins
import contextlib
import os
import sys
import threading
from typing import Any

from harness.sandbox.inside import verdicts
from harness.sandbox.inside.candidate import execute
from harness.sandbox.inside.candidate import make_module
from harness.sandbox.inside.lines import Ended
from harness.sandbox.inside.lines import Lines


def main(_options: dict[str, Any], setup: int) -> None:
    """Speak over descriptors 3 and 4."""
    os.close(setup)
    conversation = Lines(3, 4)
    with contextlib.suppress(Ended):
        _run(conversation)


def _run(conversation: Lines) -> None:
    untouched = dict(builtins.__dict__)
    module = make_module()
    program = conversation.read()
    for name, source in (("<context>", program["context"]), ("<solution>", program["code"])):
        error = _attempt(source, module, name)
        if error is not None:
            outcome, detail = verdicts.of(error)
            outcome = "exception" if outcome == "failed" else outcome
            conversation.write({"loading": {"outcome": outcome, "detail": detail or ""}})
            return
    conversation.write({"loaded": True})
    for test in conversation.read()["tests"]:
        _restore(untouched)
        error = _attempt(test["source"], module, "<test>")
        outcome, detail = verdicts.of(error)
        conversation.write({"nonce": test["nonce"] if error is None else None, "outcome": outcome, "detail": detail})


def _attempt(source: str, module: Any, name: str) -> BaseException | None:
    try:
        execute(source, module, name)
    except Ended:
        raise
    except BaseException as error:  # noqa: BLE001 - what a program raises is its answer
        return error
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
    return None


def _restore(untouched: dict[str, Any]) -> None:
    """Take back what a program changed under the test's feet: builtins and trace functions."""
    builtins.__dict__.clear()
    builtins.__dict__.update(untouched)
    sys.settrace(None)
    sys.setprofile(None)
    threading.settrace(None)
    threading.setprofile(None)
