"""Programs that are trusted, run plainly: what a jail would find."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.core import Execute
from harness.core import Execution


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Execute], Execution]:
    """Run a program with its tests in this process, without anything on the standard input."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def ran(request: Execute) -> Execution:
        program: dict = {"__name__": "program"}
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(request.code, "program", "exec", dont_inherit=True), program)
                judge = {name: program[name] for name in request.names}
                exec(compile(request.context, "context", "exec", dont_inherit=True), judge)
                for test in request.tests:
                    exec(compile(test, "test", "exec", dont_inherit=True), judge)
        except Exception as error:  # noqa: BLE001 - whatever a wrong program raises is its verdict
            return Execution("failed", (False,) * len(request.tests), detail=f"{type(error).__name__}: {error}")
        return Execution("passed", (True,) * len(request.tests))

    return ran
