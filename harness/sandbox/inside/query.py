"""A query on a copy of a database in memory, inside the jail: its rows, or SQLite's complaint."""

import contextlib
import os
import re
import sqlite3
from typing import Any

from harness.processes import wire
from harness.sandbox.inside.lines import Ended
from harness.sandbox.inside.lines import Lines
from harness.sandbox.inside.values import encode

MOST_ROWS = 200_000
_BEYOND = re.compile("out of memory|too big")
_MARGIN = 1 << 10
_TOO_MUCH = {"error": f"the result is longer than {wire.LONGEST >> 20} MB", "outcome": "memory"}
_NO_MEMORY = {"error": "memory is used up", "outcome": "memory"}


def main(_options: dict[str, Any], setup: int) -> None:
    """Speak over descriptors 3 and 4; the database is open at 5."""
    os.close(setup)
    conversation = Lines(3, 4)
    with contextlib.suppress(Ended):
        asked = conversation.read()
        result = rows(asked["code"], read_all(5))
        conversation.write(result if "error" in result or fits(result["rows"]) else _TOO_MUCH)


def read_all(descriptor: int) -> bytes:
    """The whole file from its beginning, whoever read it before."""
    size = os.fstat(descriptor).st_size
    parts, at = [], 0
    while at < size and (part := os.pread(descriptor, min(size - at, 1 << 24), at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def fits(encoded: Any) -> bool:
    """Whether encoded rows are short enough to be sent."""
    try:
        return len(wire.encode(encoded, finite=False)) < wire.LONGEST - _MARGIN
    except MemoryError:
        return False


def rows(query: str, database: bytes) -> dict[str, Any]:
    """The encoded rows of a query, or the error's words and outcome. One row more than the cap shows too many."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    # a database may hold text in another encoding than it says
    connection.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
    try:
        connection.deserialize(database)
        connection.execute("PRAGMA temp_store = MEMORY")
        records = connection.execute(query.strip().rstrip(";")).fetchmany(MOST_ROWS + 1)
        return {"rows": encode(records)}
    except MemoryError:
        return _NO_MEMORY
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        said = str(error)
        outcome = "syntax" if "syntax error" in said else "memory" if _BEYOND.search(said) else "exception"
        return {"error": f"{type(error).__name__}: {said}"[:400], "outcome": outcome}
    finally:
        connection.close()
