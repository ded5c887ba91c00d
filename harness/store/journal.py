"""An append-only file of JSON lines that survives kill -9.

A process that dies while it writes leaves a torn last line; it is cut off before the next append,
so that no later line is glued to it. One process at a time may write (an advisory lock).
"""

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.errors import StoreError

_BLOCK = 1 << 16


class Journal:
    """Appends JSON objects to a file, one a line, each handed to the kernel before `append` returns.

    Raises StoreError where the file cannot be opened, locked or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}; expected a file that can be written") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreError(
                f"{path}: another session is writing it; wait for it or choose another --run-dir"
            ) from error
        self.torn_bytes = self._cut_torn_line()

    def append(self, line: dict[str, Any]) -> None:
        """Write one line; a line that does not fit on the disk is taken back whole."""
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        content = text.encode("utf-8", "surrogatepass") + b"\n"
        start = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, content)
            while written < len(content):
                written += os.write(self._file, content[written:])
        except OSError as error:
            os.ftruncate(self._file, start)
            raise StoreError(
                f"{self.path}: {error.strerror}; free some space and run the same command again"
            ) from error

    def close(self) -> None:
        """Give the file and its lock back; calling it twice is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _cut_torn_line(self) -> int:
        size = os.fstat(self._file).st_size
        end = size
        while end > 0:
            start = max(0, end - _BLOCK)
            newline = os.pread(self._file, end - start, start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            os.ftruncate(self._file, end)
        return size - end


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a journal, a torn last one left out; nothing where there is no file."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield json.loads(line.decode("utf-8", "surrogatepass"))
