"""Reading Python that others wrote, without Python's warnings on it: an escape there is not, `is` with a number.

They are about no line of ours, and where a user's pytest makes warnings errors, a program would not parse.
"""

import ast
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_TURN = threading.RLock()
"""What warnings do is one thing for all threads; programs are derived in several."""


@contextmanager
def silence() -> Iterator[None]:
    """No warning is given inside, nor raised."""
    with _TURN, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parse(source: str) -> ast.Module:
    """The module a source is; raises SyntaxError, ValueError, RecursionError or MemoryError where it is none."""
    with silence():
        return ast.parse(source)


def parse_expression(source: str) -> ast.expr:
    """The expression a source is; raises the same."""
    with silence():
        return ast.parse(source, mode="eval").body
