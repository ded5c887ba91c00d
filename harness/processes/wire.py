"""One JSON object a line, in ASCII, of a form that both ends know: how all our processes speak with each other.

Each protocol declares its forms in a module of its own. A form names every field of a message and what checks it.
Whoever writes a line may be broken or hostile: nothing of it is used before its fields, types and sizes are known.
Jails load this module too, so it imports the standard library alone.
"""

import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Never

LONGEST = 64 << 20
"""The bytes of a line, where a protocol names no other bound."""
CHUNK = 1 << 16
_MOST = 1 << 53
"""No number is further from 0 than a float can count."""
_SHOWN = 80
_NUMBERS = frozenset({int, float})

Check = Callable[[Any], Any]
"""Gives what a field means. Raises Malformed where it is none."""
Form = Mapping[str, Check]


class Malformed(ValueError):  # noqa: N818 - it says what another process did, which is no error of ours
    """Bytes that are no message."""


def refuse(value: Any, expected: str) -> Never:
    """Raise Malformed for a value of another kind."""
    raise Malformed(f"message: {type(value).__name__}; expected {expected}")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    message = dict(pairs)
    if len(message) != len(pairs):
        raise Malformed("message: a key twice; expected each once")
    return message


def _constant(name: str) -> Never:
    raise Malformed(f"message: {name}; expected a number of JSON")


_strict = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_loose = json.JSONEncoder(separators=(",", ":")).encode
_parsed = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_constant).decode


def encode(message: Any, *, finite: bool = True) -> bytes:
    """The line of a message. Raises ValueError for a number that is not finite, unless they need not be."""
    return (_strict if finite else _loose)(message).encode("ascii") + b"\n"


def decode(line: bytes, forms: Sequence[Form]) -> dict[str, Any]:
    """The message of a line, which has one of the forms. Raises Malformed, and nothing else."""
    try:
        message = _parsed(line.decode("utf-8"))
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed(f"message: {line[:_SHOWN]!r}; expected an object of JSON") from error
    return fitting(message, forms)


def fitting(message: Any, forms: Sequence[Form]) -> dict[str, Any]:
    """The message that a value is, which has one of the forms. Raises Malformed."""
    if type(message) is not dict:
        refuse(message, "an object of JSON")
    form = next((form for form in forms if form.keys() == message.keys()), None)
    if form is None:
        expected = " | ".join(", ".join(form) for form in forms)
        raise Malformed(f"message: fields {', '.join(message)[:_SHOWN]!r}; expected {expected}")
    return {name: check(message[name]) for name, check in form.items()}


class Incoming:
    """Bytes that come in parts, cut into lines of at most `longest` bytes."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._kept = bytearray()
        self._searched = 0

    def add(self, part: bytes) -> None:
        """Take the next part. Raises Malformed where lines that nobody took are too much already."""
        if len(self._kept) > self._longest:
            self._refuse()
        self._kept += part

    def line(self) -> bytes | None:
        """The next line without its end; None where none is whole. Raises Malformed where it is too long."""
        end = self._kept.find(b"\n", self._searched)
        if (len(self._kept) if end < 0 else end) > self._longest:
            self._refuse()
        if end < 0:
            self._searched = len(self._kept)
            return None
        line = bytes(self._kept[:end])
        del self._kept[: end + 1]
        self._searched = 0
        return line

    def _refuse(self) -> Never:
        raise Malformed(f"message: more than {self._longest} bytes; expected a line")


def lines(read: Callable[[], bytes], longest: int = LONGEST) -> Iterator[bytes]:
    """Whole lines, until `read` gives nothing more; what was torn then is none. Raises Malformed for a longer one."""
    incoming = Incoming(longest)
    while part := read():
        incoming.add(part)
        while (line := incoming.line()) is not None:
            yield line


def exactly(read: Callable[[int], bytes], size: int) -> bytes:
    """So many bytes, which `read` gives in parts. Raises OSError where they end before."""
    parts = []
    while size:
        part = read(min(size, CHUNK))
        if not part:
            raise ConnectionResetError("the other end is gone")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


# Checks


def text(value: Any) -> str:
    """Check for a text."""
    return value if type(value) is str else refuse(value, "a text")


def flag(value: Any) -> bool:
    """Check for true or false."""
    return value if type(value) is bool else refuse(value, "true or false")


def true(value: Any) -> bool:
    """Check for true."""
    return True if value is True else refuse(value, "true")


def count(value: Any) -> int:
    """Check for a whole number from 0 on."""
    return value if type(value) is int and 0 <= value <= _MOST else refuse(value, "a count")


def number(value: Any) -> float:
    """Check for a number that is finite and in reach."""
    return float(value) if type(value) in _NUMBERS and -_MOST <= value <= _MOST else refuse(value, "a number")


def items(value: Any) -> list[Any]:
    """Check for a list, of whatever."""
    return value if type(value) is list else refuse(value, "a list")


def table(value: Any) -> dict[str, Any]:
    """Check for an object, of whatever fields."""
    return value if type(value) is dict else refuse(value, "an object")


def list_of(check: Check) -> Check:
    """Make a check for a list, each item of it checked."""
    return lambda value: [check(item) for item in items(value)]


def or_none(check: Check) -> Check:
    """Make a check for a value that may be null."""
    return lambda value: None if value is None else check(value)


def object_of(*forms: Form) -> Check:
    """Make a check for an object of one of the forms."""
    return lambda value: fitting(value, forms)
