"""Files of rows: one JSON object a line, UTF-8, packed by gzip where the name ends in `.gz`."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import NoReturn

from harness.encoding import canonical
from harness.errors import RowError
from harness.errors import SourceError

Fields = Mapping[str, Any]
SUFFIXES = (".jsonl.gz", ".jsonl")


def stem(path: str | Path) -> str:
    """The file's name without `.jsonl` or `.jsonl.gz`; raises SourceError on any other ending."""
    name = Path(path).name
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    raise SourceError(f"{path}: not a file of rows; expected a name that ends in .jsonl or .jsonl.gz")


def read_bytes(path: Path) -> bytes:
    """The file as it lies on the disk; raises SourceError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error}); expected a file of rows") from error


def unpack(packed: bytes, path: Path) -> bytes:
    """The content of a file, by the ending of its name; raises SourceError where gzip cannot read it."""
    if path.suffix != ".gz":
        return packed
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{path}: not readable as gzip ({error}); expected a whole .gz file") from error


def parse_lines(content: bytes, path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Each row with its line number (from 1); blank lines are skipped.

    Raises RowError naming file and line where a line is not a JSON object, or where no row is there at all.
    """
    lines = enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1)
    rows = [(number, _parse_line(line, path, number)) for number, line in lines if line.strip()]
    if not rows:
        raise RowError(f"{path}: no rows; expected at least one JSON object")
    return rows


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file in order; raises SourceError or RowError as the functions above."""
    stem(path)
    return [row for _, row in parse_lines(unpack(read_bytes(path), path), path)]


def pack(rows: Iterable[Fields]) -> tuple[bytes, bytes]:
    """Rows as (content, packed content): equal rows give equal bytes, since the gzip header carries no time."""
    content = b"".join(_line(row) + b"\n" for row in rows)
    return content, gzip.compress(content, mtime=0)


def digest(rows: Iterable[Fields]) -> str:
    """sha256 (hex) of the rows' canonical content: equal wherever the same rows come from."""
    total = hashlib.sha256()
    for row in rows:
        total.update(canonical(row) + b"\n")
    return total.hexdigest()


def _parse_line(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8"), parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        raise RowError(f"{path} line {number}: not JSON ({error}); expected one JSON object a line") from error
    if not isinstance(row, dict):
        raise RowError(f"{path} line {number}: a JSON {type(row).__name__}; expected one JSON object a line")
    return row


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _line(row: Fields) -> bytes:
    try:
        return json.dumps(dict(row), ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form, but a JSON escape
        return json.dumps(dict(row), allow_nan=False).encode()
