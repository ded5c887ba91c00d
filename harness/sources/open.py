"""Open a table: from the bundled sample, the Hub, an offline mirror, or a file of one's own.

The way is chosen once, by `--data`, and never changed silently: what cannot be had that way ends with one
sentence that names the other two.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path
from typing import Any
from typing import Literal

from harness.core import Json
from harness.errors import RowError
from harness.errors import SourceError
from harness.errors import UsageError
from harness.sources import Row
from harness.sources import Rows
from harness.sources import Table
from harness.sources.files import keep
from harness.sources.hub import Hub
from harness.sources.jsonl import digest
from harness.sources.jsonl import read_bytes
from harness.sources.jsonl import read_rows
from harness.sources.jsonl import stem
from harness.sources.mirror import MANIFEST
from harness.sources.mirror import Mirror

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Data:
    """Where rows come from; `directory` is the sample's or the mirror's, None for the Hub."""

    kind: Literal["sample", "hub", "mirror"]
    directory: Path | None = None


def parse_data(text: str, *, samples: Path | None = None) -> Data:
    """The value of `--data`: "sample", "hub", or a mirror's directory; raises UsageError where it is none.

    `samples` is the directory of the bundled sample; None where a project has none.
    """
    if text == "hub":
        return Data("hub")
    if text == "sample":
        if samples is None or not samples.is_dir():
            problem = f"no directory {samples}" if samples else "no directory configured"
            raise UsageError(f"--data sample: {problem}; expected [tool.crosstask] sample to name one")
        return Data("sample", samples)
    directory = Path(text).expanduser()
    if not (directory / MANIFEST).is_file():
        problem = f"{text!r} holds no {MANIFEST}" if directory.is_dir() else f"{text!r} is no directory"
        raise UsageError(f"--data: {problem}; expected sample, hub, or a mirror made by `crosstask data fetch DIR`")
    return Data("mirror", directory)


@dataclass
class Opener:
    """Opens tables of one `--data`, each once; `base` is the directory relative paths of `file` rows start from."""

    data: Data
    base: Path = field(default_factory=Path)
    hub: Hub = field(default_factory=Hub)

    def __post_init__(self) -> None:
        self._mirror = Mirror(self.data.directory or Path())
        self._tables: dict[Rows, Table] = {}

    def open(self, rows: Rows) -> Table:
        """The table; raises SourceError where it cannot be had and RowError where a row is wrong."""
        if rows not in self._tables:
            self._tables[rows] = self._with_files(rows, self._open(rows))
        return self._tables[rows]

    def _with_files(self, rows: Rows, table: Table) -> Table:
        """The table, its rows knowing the files that lie beside it; raises SourceError where one cannot be read."""
        if rows.beside:
            folder = Path(table.origin["path"]).parent
            kept = tuple((name, keep(self._content(folder / name))) for name in rows.beside)
            for row in table.rows:
                row.files = kept
        return table

    def _content(self, path: Path) -> bytes:
        content = read_bytes(path)
        return self._mirror.checked(path, content) if self.data.kind == "mirror" else content

    def _open(self, rows: Rows) -> Table:
        if rows.kind == "file":
            return self._file(rows)
        if self.data.kind == "sample":
            return self._sample(rows)
        if self.data.kind == "mirror":
            return self._mirrored(rows)
        if rows.kind == "text":
            raise SourceError(
                f"{rows.name}: a text of a mirror, which the Hub does not have; use --data sample, or --data DIR "
                "with the text added by `crosstask data add-text DIR`"
            )
        loaded = self.hub.open(rows)
        origin = {"source": "hub", "name": rows.on_hub.name, "revision": loaded.revision, "cached": loaded.cached}
        return _table(rows, loaded.rows, rows.name, origin)

    def _file(self, rows: Rows) -> Table:
        path = self.base / rows.path
        return _table(rows, read_rows(path), str(path), {"source": "file"})

    def _sample(self, rows: Rows) -> Table:
        folder = (self.data.directory or Path()) / rows.path
        path, shared = folder / rows.config / f"{rows.split}.jsonl", folder / f"{rows.split}.jsonl"
        if not path.is_file() and shared.is_file():
            return _table(rows, _of_config(read_rows(shared), rows.config), str(shared), {"source": "sample"})
        if not path.is_file():
            raise SourceError(
                f"{rows.name}: no bundled sample; use --data hub, or --data DIR made by `crosstask data fetch DIR`"
            )
        return _table(rows, read_rows(path), str(path), {"source": "sample"})

    def _mirrored(self, rows: Rows) -> Table:
        entry = self._mirror.entry(rows)
        if entry is None:
            ways = "add it with `crosstask data fetch DIR`, or use --data hub or --data sample"
            if rows.kind == "text":
                ways = "add it with `crosstask data add-text DIR`, or use --data sample"
            raise SourceError(f"{rows.name}: not in {self._mirror.directory / MANIFEST}; {ways}")
        revision = entry.get("revision")
        if not self._mirror.fits(entry, rows):
            raise SourceError(
                f"{rows.name}: the mirror holds revision {revision}; "
                f"expected {rows.revision}, which `crosstask data fetch DIR` brings"
            )
        records = self._mirror.read(entry)
        lost = tuple(entry.get("null_fields") or ())
        keyed = replace(rows, key=None) if rows.key in lost else rows
        where = str(self._mirror.path(entry))
        return _table(keyed, records, where, {"source": "mirror", "revision": revision, "null_fields": lost})


def open_rows(rows: Rows, data: Data, base: Path | None = None) -> Table:
    """One table, opened once and forgotten; an Opener remembers."""
    return Opener(data, base or Path()).open(rows)


def _of_config(rows: Sequence[Fields], config: str) -> list[Fields]:
    """The rows of one config, of a sample that keeps few rows of many configs in one file; maybe none."""
    return [{name: row[name] for name in row if name != "config"} for row in rows if row.get("config") == config]


def _table(rows: Rows, records: Sequence[Fields], where: str, origin: Mapping[str, Json]) -> Table:
    if not records and origin["source"] != "sample":
        raise RowError(f"{where}: no rows; expected at least one")
    prefix = {"file": lambda: stem(rows.path), "text": lambda: rows.split, "hub": lambda: rows.config}[rows.kind]()
    facts = {"source": None, "name": rows.name, "revision": None, **origin}
    if rows.beside:
        facts["path"] = where
    facts |= {"sha256": digest(records), "records": len(records), "sample": origin["source"] == "sample"}
    if rows.key is None:
        made = tuple(
            Row(fields, where, number, f"{prefix}-{number}", rows.config) for number, fields in enumerate(records)
        )
    else:
        made = tuple(_keyed(fields, where, number, rows) for number, fields in enumerate(records))
        _check_unique(made, rows.key)
    return Table(rows.name, made, facts)


def _keyed(fields: Fields, where: str, number: int, rows: Rows) -> Row:
    row = Row(fields, where, number, "", rows.config)
    key = str(rows.key)
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise row.error(key, f"{value!r}; expected text or an integer, the row's key")
    row.id = str(value)
    return row


def _check_unique(rows: Sequence[Row], key: str) -> None:
    """Raise RowError where two rows have one key."""
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise row.error(key, f"{row[key]!r} occurs twice; expected a key of its own for each row")
        seen.add(row.id)
