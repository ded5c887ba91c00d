"""Pages as they stand under `evals/`, and the tables they name."""

import contextlib
import importlib.util
import io
import json
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.core import Execute
from harness.core import Execution
from harness.sandbox.inside.comparing import RULES
from harness.sandbox.inside.rows import alternatives
from harness.sources.files import path_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def page() -> Callable[[str], Benchmark]:
    """Load the benchmark of a page by `<area>/<name>`."""

    def load(name: str) -> Benchmark:
        path = ROOT / "evals" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        benchmark = getattr(module, path.stem)
        assert isinstance(benchmark, Benchmark)
        return benchmark

    return load


@pytest.fixture(scope="session")
def samples() -> Path:
    """The directory of the bundled sample rows."""
    return ROOT / "fixtures" / "samples"


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Execute], Execution]:
    """Run a program that is trusted, a solution of a sample or a mirror, in this process: what a jail would find."""
    monkeypatch.chdir(tmp_path)

    def run(request: Execute) -> Execution:
        # a solution may raise the limit, and a test of deep nesting that comes later would end the process
        deepest, stack = sys.getrecursionlimit(), threading.stack_size()
        try:
            {"query": _query, "stdio": _streams}.get(request.style, _python)(request)
        except Exception as error:  # noqa: BLE001 - whatever a wrong program raises is its verdict
            verdict = "syntax" if isinstance(error, SyntaxError) else "failed"
            return Execution(verdict, (False,) * len(request.tests), detail=f"{type(error).__name__}: {error}")
        finally:
            sys.setrecursionlimit(deepest)
            threading.stack_size(stack)
        return Execution("passed", (True,) * len(request.tests))

    return run


def _python(request: Execute) -> None:
    program: dict = {"__name__": "program"}
    exec(compile(request.code, "program", "exec"), program)
    judge = program if request.style == "script" else {name: program[name] for name in request.names}
    exec(compile(request.context, "context", "exec"), judge)
    for test in request.tests:
        exec(compile(test, "test", "exec"), judge)


def _streams(request: Execute) -> None:
    for test in map(json.loads, request.tests):
        program: dict = {"__name__": "__main__"}
        printed, before = io.StringIO(), sys.stdin
        sys.stdin = io.TextIOWrapper(io.BytesIO(test["input"].encode()))
        try:
            with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
                exec(compile(request.context, "context", "exec"), program)
                exec(compile(request.code, "program", "exec"), program)
        finally:
            sys.stdin = before
        assert RULES[test["compare"]](printed.getvalue(), test["output"])


def _query(request: Execute) -> None:
    (_, digest), *_ = request.files
    database = sqlite3.connect(f"file:{path_of(digest)}?mode=ro", uri=True)
    right = [query for test in request.tests for query in alternatives(test)]
    found, *wanted = (sorted(map(repr, database.execute(query))) for query in (request.code, *right))
    assert found in wanted
