"""JSON packed for a page: zlib (RFC 1950), then base64, whose letters mean nothing to HTML.

A browser reads it by `DecompressionStream("deflate")` (Compression Streams, WHATWG).
"""

import base64
import json
import zlib
from dataclasses import dataclass
from dataclasses import field
from typing import Any

_LEVEL = 6
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


@dataclass(slots=True)
class Chunk:
    """A JSON array that grows until it has `most` values or about `size` characters."""

    most: int
    size: int
    _values: list[str] = field(default_factory=list)
    _characters: int = 0

    def add(self, value: Any) -> None:
        """Add a value; its strings must be well-formed, as `visible` makes them."""
        text = _COMPACT(value)
        self._values.append(text)
        self._characters += len(text)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def is_full(self) -> bool:
        """Whether it should be taken before more is added."""
        return len(self._values) >= self.most or self._characters >= self.size

    def take(self) -> str:
        """Pack what is there, and begin anew."""
        text = packed(f"[{','.join(self._values)}]")
        self._values, self._characters = [], 0
        return text


def packed(text: str) -> str:
    """The text in a form that a page can hold."""
    return base64.b64encode(zlib.compress(text.encode(), _LEVEL)).decode("ascii")
