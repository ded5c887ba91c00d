"""Rows of a benchmark: where they come from, and how a page reads a field of one.

`Rows` names a table (on the Hub, or a file beside the page). `open_rows` in
`harness.sources.open` turns it into a `Table` from the Hub, an offline mirror, or the
bundled sample. A `Row` reads its fields with a check, so that a bad row stops the run before a model
loads, with file, row and field in the sentence.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import Any
from typing import Literal

from harness.errors import RowError


@dataclass(frozen=True, slots=True)
class Rows:
    """A table by name: `path` is a Hub id ("openai/gsm8k"), or for `file` rows a path.

    A `text` is a whole text of a mirror, which the Hub does not have.
    `key` names the field that holds the Hub's own key, where there is one. `revision` pins the Hub's commit.
    `plain` is a Hub id that has the rows as plain files where the dataset itself is a script, which is never run; the
    rows' config stands behind it where that is not `default` ("owner/name/config").
    `beside` names files that lie beside the table, such as a database: a row's `files` says where they are kept.
    """

    kind: Literal["hub", "file", "text"]
    path: str
    config: str = "default"
    split: str = "test"
    revision: str | None = None
    key: str | None = None
    plain: str | None = None
    beside: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`<path>/<config>/<split>`, the name of the table in messages and manifests."""
        return self.path if self.kind == "file" else f"{self.path}/{self.config}/{self.split}"

    @property
    def on_hub(self) -> "Rows":
        """The table to ask the Hub for: this one, or its plain form."""
        if self.plain is None:
            return self
        owner, name, config = (*self.plain.split("/"), "default")[:3]
        return replace(self, path=f"{owner}/{name}", config=config, plain=None)


def from_hub(
    path: str,
    config: str = "default",
    *,
    split: str,
    revision: str | None = None,
    key: str | None = None,
    plain: str | None = None,
) -> Rows:
    """Rows of a dataset on the Hugging Face Hub (or its mirror, or its bundled sample)."""
    return Rows("hub", path, config, split, revision, key, plain)


def with_files(rows: Rows, *names: str) -> Rows:
    """The rows with the files of these names, which lie beside their table."""
    return replace(rows, beside=names)


def from_file(path: str | Path, *, key: str | None = None) -> Rows:
    """Rows of a `.jsonl` or `.jsonl.gz` file of one's own, the same under every `--data`."""
    return Rows("file", str(path), key=key)


def from_text(name: str, shelf: str = "gutenberg") -> Rows:
    """A long text of a mirror (or its bundled sample): one row, whose field `text` is all of it."""
    return Rows("text", "text", shelf, name)


class Row(Mapping[str, Any]):
    """One row: a read-only mapping whose typed readers raise RowError naming file, row and field.

    `last` is the field that was read last. `config` is its table's (a language, a subject); `parts` are the rows a page
    joined to one case, else itself. `files` are (name, sha256) of the files beside its table.
    """

    __slots__ = ("_fields", "_where", "config", "files", "id", "last", "number", "parts")

    def __init__(self, fields: Mapping[str, Any], where: str, number: int, case: str, config: str = "") -> None:
        self._fields = fields
        self._where = where
        self.number = number
        self.id = case
        self.last = "id"
        self.config = config
        self.parts: tuple[Row, ...] = (self,)
        self.files: tuple[tuple[str, str], ...] = ()

    def joined(self, key: str, parts: Sequence["Row"]) -> "Row":
        """This row as the first of several that make one case, with the key as its id."""
        row = Row(self._fields, self._where, self.number, key, self.config)
        row.parts, row.files = tuple(parts), self.files
        return row

    def variant(self, key: str, fields: Mapping[str, Any]) -> "Row":
        """This row with further fields, as one of several cases that are made of it; its id ends in `key`."""
        row = Row({**self._fields, **fields}, self._where, self.number, f"{self.id}-{key}", self.config)
        row.files = self.files
        return row

    def __getitem__(self, field: str) -> Any:
        self.last = field
        try:
            return self._fields[field]
        except KeyError:
            raise self.error(field, f"missing; the row has {', '.join(map(repr, self._fields))}") from None

    def get(self, field: str, default: Any = None) -> Any:
        """The field, or the default where the row has none."""
        self.last = field
        return self._fields.get(field, default)

    def __contains__(self, field: object) -> bool:
        return field in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def text(self, field: str) -> str:
        """The field as non-empty text."""
        value = self[field]
        if not _is_text(value):
            raise self.error(field, f"{value!r}; expected text")
        return str(value)

    def texts(self, field: str, count: int) -> tuple[str, ...]:
        """The field as a list of `count` non-empty texts."""
        value = self[field]
        if not (isinstance(value, list) and len(value) == count and all(map(_is_text, value))):
            raise self.error(field, f"{value!r}; expected a list of {count} texts")
        return tuple(value)

    def index(self, field: str, below: int) -> int:
        """The field as an integer in [0, below): a label."""
        value = self[field]
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < below:
            raise self.error(field, f"{value!r}; expected an integer from 0 to {below - 1}")
        return value

    def one_of(self, field: str, options: Sequence[str]) -> str:
        """The field as one of the options."""
        value = self[field]
        if value not in options:
            raise self.error(field, f"{value!r}; expected one of {', '.join(map(repr, options))}")
        return str(value)

    def error(self, field: str, problem: str) -> RowError:
        """The error to raise when a field is wrong in a way only the page knows."""
        return RowError(f"{self._where} row {self.number}, field {field!r}: {problem}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as opened. `origin` says how: source (sample | hub | mirror | file), revision, sha256, records."""

    name: str
    rows: Sequence[Row]
    origin: Mapping[str, Any]
