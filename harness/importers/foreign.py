"""Another tool's files, read with a check: what is broken or of another shape stops with file and line.

Nothing in them is trusted: JSON alone is read, never pickle, and no path a file names is followed. A file may be packed
by gzip, and is then called as the tool called it with `.gz` behind.
"""

import gzip
import io
import json
import math
import zlib
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import TypeAlias
from typing import TypeVar

from harness.errors import StoreError

Kind = TypeVar("Kind")
Test: TypeAlias = Callable[[Any], bool]
SHOWN = 60
PACKED = ".gz"
MOST = 1 << 31
"""Bytes of one unpacked file: more than any of these tools writes, and less than fills a machine."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A JSON object of another tool's file; its readers raise StoreError naming the file, the line and the field."""

    where: str
    fields: Mapping[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        """The field, or the default where the object has none or null."""
        value = self.fields.get(name)
        return default if value is None else value

    def text(self, name: str) -> str:
        """The field as text."""
        return str(self._checked(name, lambda value: isinstance(value, str), "text"))

    def whole(self, name: str) -> int:
        """The field as an integer from 0 up."""
        return int(self._checked(name, lambda value: type(value) is int and value >= 0, "an integer from 0 up"))

    def items(self, name: str) -> list[Any]:
        """The field as a list."""
        return list(self._checked(name, lambda value: isinstance(value, list), "a list"))

    def texts(self, name: str) -> list[str]:
        """The field as a list of texts."""
        value = self.items(name)
        if not all(isinstance(item, str) for item in value):
            raise self.error(name, "a list of texts")
        return value

    def entry(self, name: str) -> "Entry":
        """The field as an object."""
        return Entry(f"{self.where}, {name}", self._checked(name, lambda value: isinstance(value, dict), "an object"))

    def within(self, name: str) -> "Entry":
        """The field as an object, an empty one where there is none."""
        return self.entry(name) if self.fields.get(name) is not None else Entry(f"{self.where}, {name}", {})

    def entries(self, name: str) -> list["Entry"]:
        """The field as a list of objects."""
        value = self.items(name)
        if not all(isinstance(item, dict) for item in value):
            raise self.error(name, "a list of objects")
        return [Entry(f"{self.where}, {name} {number}", item) for number, item in enumerate(value)]

    def error(self, name: str, expected: str) -> StoreError:
        """The error to raise where a field is not what the tool writes."""
        given = shown(self.fields[name]) if name in self.fields else "nothing"
        return StoreError(f"{self.where}: field {name!r}: found {given}; expected {expected}")

    def _checked(self, name: str, test: Test, expected: str) -> Any:
        value = self.fields.get(name)
        if not test(value):
            raise self.error(name, expected)
        return value


def shown(value: Any) -> str:
    """A value as an error shows it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def parse(content: bytes, where: str) -> Any:
    """The JSON value of a text in UTF-8; raises StoreError where it is none."""
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{where}: not JSON ({error}); expected the file as the tool wrote it") from error


def entry(value: Any, where: str) -> Entry:
    """A JSON value as an object; raises StoreError where it is another."""
    if not isinstance(value, dict):
        raise StoreError(f"{where}: found {shown(value)}; expected a JSON object")
    return Entry(where, value)


def called(path: Path) -> Path:
    """The file's path as the tool named it, packed or not."""
    return path.with_suffix("") if path.suffix == PACKED else path


def read(path: Path) -> bytes:
    """A file's bytes, unpacked; raises StoreError where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be read ({error.strerror or error}); check the path and its permissions"
        ) from error
    return _unpacked(content, path) if path.suffix == PACKED else content


def _unpacked(content: bytes, path: Path) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(MOST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise StoreError(f"{path}: no whole gzip file ({error}); expected a file as the tool wrote it") from error
    if len(unpacked) > MOST:
        raise StoreError(f"{path}: more than {MOST} bytes unpacked; expected at most so many")
    return unpacked


def read_object(path: Path) -> Entry:
    """A file that is one JSON object."""
    return entry(parse(read(path), str(path)), str(path))


def read_objects(path: Path) -> Iterator[Entry]:
    """A file of JSON objects, one a line; blank lines are passed over."""
    for number, line in enumerate(read(path).split(b"\n"), start=1):
        if line.strip():
            where = f"{path}:{number}"
            yield entry(parse(line, where), where)


def finite(value: Any) -> float | None:
    """A number, true or false as a float; None for anything else and for what is not finite."""
    if not isinstance(value, bool | int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
