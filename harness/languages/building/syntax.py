"""Reading Python that others wrote, without Python's warnings on it: an escape there is not, `is` with a number.

They are about no line of ours, and where a user's pytest makes warnings errors, a program would not parse.
"""

import ast
import threading
import warnings
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from typing import TypeVar

Tree = TypeVar("Tree", ast.Module, ast.Expression)
_TRIES = 10

_TURN = threading.RLock()
"""What warnings do is one thing for all threads, and so is CPython's count of how deep a tree is (gh-106905).

Programs are derived and judged in several threads. Where two parse at once, one of them gets a SystemError.
"""


@contextmanager
def silence() -> Iterator[None]:
    """No warning is given inside, nor raised."""
    with _TURN, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parse(source: str) -> ast.Module:
    """The module a source is; raises SyntaxError, ValueError, RecursionError or MemoryError where it is none."""
    return _parsed(lambda: ast.parse(source))


def parse_expression(source: str) -> ast.expr:
    """The expression a source is; raises the same."""
    return _parsed(lambda: ast.parse(source, mode="eval")).body


def _parsed(parsing: Callable[[], Tree]) -> Tree:
    with silence():
        # another library's thread takes no turn: what it disturbs is parsed again
        for _ in range(_TRIES - 1):
            with suppress(SystemError):
                return parsing()
        return parsing()
