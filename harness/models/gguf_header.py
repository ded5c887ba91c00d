"""The metadata of a GGUF file, read without its tensors.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian). The
`gguf` package reads the same, in 3.2 s for a vocabulary of 49 thousand where this takes 0.1 s, and it would be
read at each start.
"""

import math
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ModelError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING = 8
_ARRAY = 9


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF file says of itself: its scalar and text metadata (arrays left out), its count of parameters."""

    metadata: Mapping[str, str | float | bool]
    parameters: int


class _Cursor:
    """A position in the file that moves over what it reads."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def scalar(self, form: str) -> int | float | bool:
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value  # type: ignore[no-any-return]  # struct gives Any

    def count(self, form: str = "<Q") -> int:
        return int(self.scalar(form))

    def text(self) -> str:
        length = self.count()
        start, self.at = self.at, self.at + length
        if self.at > len(self.data):
            raise struct.error("the file ends inside a string")
        return self.data[start : self.at].decode("utf-8", "replace")

    def value(self, kind: int) -> str | int | float | bool | None:
        """One metadata value; arrays are stepped over and read as None."""
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            return self.scalar(_SCALARS[kind])
        element, length = self.count("<I"), self.count()
        if element in _SCALARS:
            self.at += struct.calcsize(_SCALARS[element]) * length
            return None
        for _ in range(length):
            if element == _STRING:
                size = self.count()
                self.at += size
            else:
                self.value(element)
        return None


def read_header(path: Path) -> GgufHeader:
    """The header of a GGUF file; raises ModelError where the file is none or is cut short."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read(path, _Cursor(data))
    except (struct.error, KeyError, IndexError, ValueError) as error:
        raise ModelError(f"{path}: not a whole GGUF file ({error}); expected GGUF version 2 or 3") from error
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; expected a readable GGUF file") from error


def _read(path: Path, cursor: _Cursor) -> GgufHeader:
    magic, version = cursor.data[:4], struct.unpack_from("<I", cursor.data, 4)[0]
    if magic != _MAGIC or version not in _VERSIONS:
        shown = f"magic {magic!r}, version {version}"
        raise ModelError(f"{path}: not a GGUF file of a known version ({shown}); expected GGUF version 2 or 3")
    cursor.at = 8
    tensors, pairs = cursor.count(), cursor.count()
    metadata = {}
    for _ in range(pairs):
        key = cursor.text()
        value = cursor.value(cursor.count("<I"))
        if value is not None:
            metadata[key] = value
    return GgufHeader(metadata, sum(_elements(cursor) for _ in range(tensors)))


def _elements(cursor: _Cursor) -> int:
    """The size of the next tensor in elements; its record is name, dimensions, type, offset."""
    cursor.text()
    shape = [cursor.count() for _ in range(cursor.count("<I"))]
    cursor.at += struct.calcsize("<IQ")
    return math.prod(shape)
