"""How a Python script's program and tests are sent: in forms that can be read without a line of Python's own library.

A program changes whatever it finds of that library. Programs and tests come as hexadecimal; the tests under a seal of
the key that came before the program, as who holds the reading end of a pipe can open its writing end.
"""

from collections.abc import Sequence
from hashlib import blake2b


def program(key: bytes, context: str, code: str) -> bytes:
    """The first line: the key, the context, the program."""
    return b" ".join((key.hex().encode(), _hex(context), _hex(code))) + b"\n"


def tests(key: bytes, sources: Sequence[str]) -> bytes:
    """The second line: the seal, then each test."""
    content = b" ".join(map(_hex, sources))
    return blake2b(content, key=key).hexdigest().encode() + b" " + content + b"\n"


def nonce(key: bytes, number: int) -> bytes:
    """What says that a test, counted from 0, came to its end."""
    return blake2b(b"%d" % number, key=key).hexdigest().encode()


def _hex(text: str) -> bytes:
    # an empty text still takes its place
    return b"x" + text.encode("utf-8", "surrogatepass").hex().encode()
