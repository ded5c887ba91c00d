"""Whether a Python test can be parted from the program it judges, by the test's own source.

A test that replaces the process's standard output, seeds its random numbers or writes a file speaks to the program by
what they share. Judged in another process it would see none of that, so it is judged in the jail.
"""

import ast
import functools
from contextlib import suppress

from harness.core import Execute
from harness.languages import language
from harness.languages.building.syntax import parse

_NAMES = frozenset(
    {
        "MagicMock", "Mock", "NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile", "assertLogs",
        "assertWarns", "assertWarnsRegex", "capsys", "catch_warnings", "chdir", "deprecated_call", "environ",
        "errstate", "exec", "freeze_time", "getcontext", "getenv", "globals", "localcontext", "makedirs",
        "manual_seed", "mkdir", "mkdtemp", "mkstemp", "mock_open", "monkeypatch", "open", "patch",
        "printoptions", "putenv", "redirect_stderr", "redirect_stdin", "redirect_stdout", "seed",
        "set_printoptions", "set_seed", "setcontext", "seterr", "setlocale", "setrecursionlimit", "signal",
        "stderr", "stdin", "stdout", "tzset", "warns", "write_bytes", "write_text",
    }
)  # fmt: skip
"""What a test reads, by name or as an attribute, to change or to watch its process."""
_MODULES = frozenset({"builtins", "os", "random", "sys", "time"})
"""Modules whose functions a test replaces."""


def is_apart(request: Execute) -> bool:
    """Whether no test of a request shares more with the program than the values of its calls."""
    lang = language(request.language)
    return lang is None or not lang.warm or not any(map(_shares, (request.context, *request.tests)))


@functools.lru_cache(maxsize=1024)
def _shares(source: str) -> bool:
    if not any(name in source for name in (*_NAMES, *_MODULES)):
        return False
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        tree = parse(source)
        own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        return any(_name(node) in _NAMES - own for node in ast.walk(tree)) or any(map(_replaces, ast.walk(tree)))
    return False


def _name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _replaces(node: ast.AST) -> bool:
    """Whether a statement sets an attribute of a module: `builtins.input = ...`, `time.sleep = ...`."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id in _MODULES
    )
