"""An offline mirror: files of rows in the Hub's layout, and a MANIFEST.json with their hashes.

    DIR/MANIFEST.json                              a list, one entry a table
    DIR/<owner>/<name>/<config>/<split>.jsonl.gz   rows, field names and types as on the Hub
    DIR/text/<name>.txt.gz                         a whole text, UTF-8: one row with the field `text`

An entry has hub_id (`text` for a text), config, split, path, records (a text's words), sha256 (of the file),
sha256_rows (of the unpacked content), bytes, fields, and revision where known. Fields its maker could not recover are
null in every row and named in `null_fields`. Entries may say more; what is not known here is kept.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from pathlib import PurePosixPath
from typing import Any

from harness.errors import SourceError
from harness.sources import Rows
from harness.sources.jsonl import parse_lines
from harness.sources.jsonl import read_bytes
from harness.sources.jsonl import unpack

MANIFEST = "MANIFEST.json"
Entry = Mapping[str, Any]
Key = tuple[str, str, str]
_COMMIT = re.compile("[0-9a-f]{7,40}")
_NEEDED: Mapping[str, type] = {"hub_id": str, "config": str, "split": str, "path": str, "records": int, "sha256": str}


@dataclass(frozen=True)
class Mirror:
    """A mirror on this disk; its manifest is parsed once, at the first question."""

    directory: Path

    @cached_property
    def entries(self) -> Mapping[Key, Entry]:
        """The tables by (hub id, config, split), in the manifest's order; empty where no manifest is there yet."""
        path = self.directory / MANIFEST
        if not path.exists():
            return {}
        try:
            listed = json.loads(read_bytes(path))
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path}: not JSON ({error}); expected a list of tables") from error
        if not isinstance(listed, list):
            raise SourceError(f"{path}: a JSON {type(listed).__name__}; expected a list of tables")
        return {_key(entry): entry for entry in (_checked(entry, path, place) for place, entry in enumerate(listed))}

    def entry(self, rows: Rows) -> Entry | None:
        """What the manifest says of a table, or None."""
        return self.entries.get((rows.path, rows.config, rows.split))

    @staticmethod
    def fits(entry: Entry, rows: Rows) -> bool:
        """Whether the table is of the commit that `rows` pins, as far as the manifest and the pin name one."""
        held, pinned = entry.get("revision"), rows.revision
        return not held or not pinned or not _COMMIT.fullmatch(pinned) or str(held).startswith(pinned)

    def path(self, entry: Entry) -> Path:
        """Where the table's file lies."""
        return self.directory / str(entry["path"])

    def read(self, entry: Entry) -> list[dict[str, Any]]:
        """The rows of a table after a check of hash and count; raises SourceError where either differs."""
        path = self.path(entry)
        packed = read_bytes(path)
        hashed = hashlib.sha256(packed).hexdigest()
        if hashed != entry["sha256"]:
            raise SourceError(f"{path}: sha256 {hashed}; expected {entry['sha256']} as {MANIFEST} says")
        rows, records = _parsed(unpack(packed, path), path)
        if records != entry["records"]:
            raise SourceError(f"{path}: {records} records; expected {entry['records']} as {MANIFEST} says")
        return rows

    def checked(self, path: Path, content: bytes) -> bytes:
        """The content of a file beside a table, which the manifest has by its path; raises SourceError where not."""
        place = path.relative_to(self.directory).as_posix()
        entry = next((entry for entry in self.entries.values() if entry["path"] == place), None)
        hashed = hashlib.sha256(content).hexdigest()
        if entry is None or hashed != entry["sha256"]:
            wanted = f"{entry['sha256']} as {MANIFEST} says" if entry else f"an entry of {MANIFEST}"
            raise SourceError(f"{path}: sha256 {hashed}; expected {wanted}")
        return content

    def holds(self, entry: Entry) -> bool:
        """Whether the table's file is there with the manifest's hash."""
        path = self.path(entry)
        return path.is_file() and hashlib.sha256(read_bytes(path)).hexdigest() == entry["sha256"]


def _parsed(content: bytes, path: Path) -> tuple[list[dict[str, Any]], int]:
    """The rows of a file and the number of its records: of a text, one row and as many records as words."""
    if not path.name.endswith((".txt", ".txt.gz")):
        rows = [row for _, row in parse_lines(content, path)]
        return rows, len(rows)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not UTF-8 ({error.reason}); expected a text in UTF-8") from error
    return [{"text": text}], len(text.split())


def _key(entry: Entry) -> Key:
    return entry["hub_id"], entry["config"], entry["split"]


def _checked(entry: Any, path: Path, place: int) -> Entry:
    if not isinstance(entry, dict):
        raise SourceError(f"{path} entry {place}: a JSON {type(entry).__name__}; expected an object")
    for name, kind in _NEEDED.items():
        if not isinstance(entry.get(name), kind):
            raise SourceError(f"{path} entry {place}, field {name!r}: {entry.get(name)!r}; expected a {kind.__name__}")
    inside = PurePosixPath(entry["path"])
    if inside.is_absolute() or ".." in inside.parts:
        raise SourceError(f"{path} entry {place}, field 'path': {entry['path']!r}; expected a path inside the mirror")
    return entry
