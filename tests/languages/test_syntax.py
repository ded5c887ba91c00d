"""Sources are parsed in several threads at once, and what disturbs the parser is no error of a source."""

import ast
import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

import harness
from harness.languages.building import syntax

HARNESS = Path(harness.__file__).parent
SOURCE = "\n".join(
    f"def f{i}(x):\n    return [(x + {i}) * y for y in range({i}) if not (y and (x or -y))]" for i in range(60)
)


@pytest.fixture
def disturbed():
    """Every collection of garbage lets another thread run, as one with a callback in Python does (gh-106905)."""

    def callback(_phase, _info):
        time.sleep(1e-5)

    thresholds = gc.get_threshold()
    gc.callbacks.append(callback)
    gc.set_threshold(50, 2, 2)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(callback)


@pytest.mark.usefixtures("disturbed")
def test_threads_that_parse_at_once():
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(syntax.parse, [SOURCE] * 40))
    assert {len(tree.body) for tree in trees} == {60}


@pytest.mark.usefixtures("disturbed")
def test_a_thread_that_takes_no_turn():
    over = threading.Event()

    def others():
        while not over.is_set():
            with suppress(SystemError):
                ast.parse(SOURCE)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(others)
        try:
            assert {len(syntax.parse(SOURCE).body) for _ in range(40)} == {60}
        finally:
            over.set()


@pytest.mark.parametrize("source", ["f(", "a\0b", "(" * 500 + ")" * 500])
def test_what_is_no_source(source):
    with pytest.raises((SyntaxError, ValueError, RecursionError, MemoryError)):
        syntax.parse(source)


def test_no_module_parses_past_it():
    """The jail's files run in a process of their own, with one thread."""
    found = {
        str(path.relative_to(HARNESS))
        for path in HARNESS.rglob("*.py")
        if "ast.parse(" in path.read_text() and "inside" not in path.parts
    }
    assert found == {"languages/building/syntax.py"}
