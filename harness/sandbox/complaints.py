"""How a program of another language failed its test, by what its runtime printed.

Node.js, Java, Rust, C++ and Go each print an uncaught error in a form of their own. A program can print the same; it
then fails in another way, and passes in none.
"""

import re

from harness.core import Outcome

_LONGEST = 400
_ERROR = re.compile(
    r"^(?!throw )(?:\w+ )*[\w.]*(?:Error|Exception)\b|^Exception in|panicked at|Assertion `|^terminate called|^panic: "
    r"|_test\.go:\d+:|heap out of memory|--trace-uncaught"
    r"|^memory allocation of \d+ bytes failed"
)
_KINDS: tuple[tuple[re.Pattern[str], Outcome], ...] = (
    (re.compile(r"\bassert|AssertionError|_test\.go:\d+:", re.IGNORECASE), "failed"),
    (re.compile(r"Cannot find module|ClassNotFoundException|NoClassDefFoundError"), "import"),
    (re.compile(r"\bReferenceError\b"), "name"),
    (re.compile(r"\bTypeError\b|ClassCastException"), "type"),
    (re.compile(r"OutOfMemoryError|std::bad_alloc|heap out of memory|memory allocation of \d+ bytes failed"), "memory"),
    (
        re.compile(r"\w(?:Error|Exception)\b|^Error\b|panicked at|^terminate called|^panic: |--trace-uncaught"),
        "exception",
    ),
)


def complaint(output: str) -> tuple[Outcome, str]:
    """The outcome of a test that ended badly, and the line that tells why: behind it stand a stack, a version, a count.

    "failed" where nothing that was printed says more.
    """
    said = [line.strip() for line in output.strip().splitlines()] or [""]
    place = next((number for number, line in enumerate(said) if _ERROR.search(line)), None)
    if place is None:
        return "failed", said[-1][:_LONGEST]
    # Rust says on the next line what panicked
    words = " ".join(said[place : place + 2]) if "panicked at" in said[place] else said[place]
    kind: Outcome = next((outcome for pattern, outcome in _KINDS if pattern.search(words)), "failed")
    return kind, words[:_LONGEST]
