"""Write an offline mirror: `crosstask data fetch DIR` on a connected machine, `--data DIR` on any other.

One table after the other is written, then the manifest that names it, each by a rename. Whatever stops
the work, what the manifest names can be read (a table that was just being replaced is found damaged, never
read wrongly), and the same command goes on from there.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Literal

from harness.errors import SourceError
from harness.errors import StoreError
from harness.errors import UnreachableError
from harness.sources import Rows
from harness.sources import Table
from harness.sources import from_text
from harness.sources.jsonl import pack
from harness.sources.jsonl import read_bytes
from harness.sources.mirror import MANIFEST
from harness.sources.mirror import Key
from harness.sources.mirror import Mirror


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one table; its text is the line to show."""

    name: str
    outcome: Literal["written", "kept", "failed"]
    detail: str

    def __str__(self) -> str:
        return f"{self.outcome:8}{self.name}: {self.detail}" if self.outcome != "failed" else f"failed  {self.detail}"


def fetch(tables: Sequence[Rows], directory: Path, opener: Callable[[Rows], Table]) -> Iterator[Fetched]:
    """Bring the Hub's tables among `tables` into the mirror, yielding what became of each as it is done.

    A text, which the Hub does not have, is kept where it is there (`add_text`), else reported as failed.

    A table that is there with the manifest's hash, and of the pinned commit where one is pinned, is kept and
    not opened. One that cannot be had is reported and the rest goes on; an unreachable Hub ends it (UnreachableError),
    as does a directory that cannot be written (StoreError).
    """
    mirror = Mirror(directory)
    entries = dict(mirror.entries)
    for rows in dict.fromkeys(rows for rows in tables if rows.kind != "file"):
        key = (rows.path, rows.config, rows.split)
        entry = entries.get(key)
        if entry and mirror.fits(entry, rows) and mirror.holds(entry):
            yield Fetched(rows.name, "kept", f"{entry['records']} records, already there")
            continue
        try:
            entries[key] = _write_table(opener(rows), rows, directory)
        except UnreachableError:
            raise
        except SourceError as error:
            yield Fetched(rows.name, "failed", str(error))
            continue
        _write_manifest(entries, directory)
        yield Fetched(rows.name, "written", f"{entries[key]['records']} records, {entries[key]['bytes']} bytes")


def add_text(file: Path, directory: Path, name: str) -> Fetched:
    """Bring a text file into the mirror as `text/gutenberg/<name>`, the rows of `from_text(name)`.

    Raises SourceError where the file cannot be read, is not UTF-8 or is empty, StoreError where nothing can be written.
    """
    rows, content = from_text(name), read_bytes(file)
    try:
        words = len(content.decode("utf-8").split())
    except UnicodeDecodeError as error:
        raise SourceError(f"{file}: not UTF-8 ({error.reason}); expected a text in UTF-8") from error
    if not words:
        raise SourceError(f"{file}: no words; expected a long text")
    packed, path = gzip.compress(content, mtime=0), f"text/{name}.txt.gz"
    _replace(directory / path, packed)
    facts = {"hub_id": rows.path, "config": rows.config, "split": rows.split, "path": path, "records": words}
    entry = facts | _sums(content, packed) | {"fields": ["text"], "null_fields": [], "revision": None}
    _write_manifest({**Mirror(directory).entries, (rows.path, rows.config, rows.split): entry}, directory)
    return Fetched(rows.name, "written", f"{words} words, {len(packed)} bytes")


def _sums(content: bytes, packed: bytes) -> dict[str, Any]:
    """What an entry says of a file's bytes, packed and not."""
    sha256, rows = hashlib.sha256(packed).hexdigest(), hashlib.sha256(content).hexdigest()
    return {"sha256": sha256, "sha256_rows": rows, "bytes": len(packed)}


def _write_table(table: Table, rows: Rows, directory: Path) -> Mapping[str, Any]:
    """Write a table's file; returns its entry in the manifest."""
    if table.origin["sample"]:
        raise SourceError(f"{table.name}: the bundled sample; expected the Hub's rows, which a mirror stands for")
    content, packed = pack(table.rows)
    path = f"{rows.path}/{rows.config}/{rows.split}.jsonl.gz"
    _replace(directory / path, packed)
    return {
        "hub_id": rows.path,
        "config": rows.config,
        "split": rows.split,
        "path": path,
        "records": len(table.rows),
        **_sums(content, packed),
        "fields": list(dict.fromkeys(name for row in table.rows for name in row)),
        "null_fields": list(table.origin.get("null_fields", ())),
        "revision": table.origin["revision"],
    }


def _write_manifest(entries: Mapping[Key, Mapping[str, Any]], directory: Path) -> None:
    text = json.dumps(list(entries.values()), indent=1, ensure_ascii=False)
    _replace(directory / MANIFEST, f"{text}\n".encode())


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise StoreError(
            f"{path}: cannot be written ({error.strerror or error}); expected a writable directory"
        ) from error
