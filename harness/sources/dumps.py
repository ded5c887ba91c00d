"""Dumps of databases: the statements of a PostgreSQL dump, as a SQLite database."""

import functools
import re
import sqlite3

from harness.sources.files import keep
from harness.sources.files import path_of

_TOKEN = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|(\bpublic\.|::\s*[a-z]\w*(?:\s*\([\d\s,]*\))?)",
    re.DOTALL | re.IGNORECASE,
)
_VERSION = slice(96, 100)
"""Where a database says which SQLite wrote it: https://www.sqlite.org/fileformat.html, 1.3."""


def as_sqlite(dump: str) -> bytes:
    """The database that a dump makes, as the bytes of its file without the number of the SQLite that writes it.

    The schema `public` and the casts `::type` are dropped, as SQLite has neither, and a column's own type converts its
    values. All else must be SQL that SQLite knows. Raises ValueError with its first complaint where it is not.
    """
    plain = _TOKEN.sub(lambda match: "" if match[1] else match[0], dump)
    connection = sqlite3.connect(":memory:")
    # a dump makes tables, and touches no other file
    connection.set_authorizer(_allowed)
    try:
        connection.executescript(plain)
        content = bytearray(connection.serialize())
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise ValueError(str(error)) from error
    finally:
        connection.close()
    content[_VERSION] = bytes(4)
    return bytes(content)


def _allowed(action: int, *_: object) -> int:
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def loaded(digest: str) -> str:
    """The sha256 of the database of a kept dump, which is kept too. Raises ValueError where it does not load."""
    return keep(_database(digest))


@functools.cache
def _database(digest: str) -> bytes:
    return as_sqlite(path_of(digest).read_text(encoding="utf-8"))


@functools.cache
def schema(digest: str) -> str:
    """The CREATE TABLE statements of a kept database, in the order of its tables' names."""
    with sqlite3.connect(f"file:{path_of(digest)}?mode=ro&immutable=1", uri=True) as database:
        tables = database.execute("SELECT sql FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return "\n\n".join(statement for (statement,) in tables)
