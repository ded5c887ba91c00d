"""The index of a folder of runs: one SQLite file with a row a run and a row a score.

It holds nothing that the runs' folders do not, so it is brought up to date, or made anew, from them at any time.
"""

import sqlite3
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from dataclasses import dataclass
from dataclasses import fields
from pathlib import Path

from harness.errors import StoreError

_VERSION = 1
"""Grows with the tables: an index of another version is made anew."""
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run of the index. Where its folder could not be read, all but name, stamp and problem is empty.

    Attributes:
        name: The folder's name.
        stamp: What its files looked like when they were read.
        created: When the run began; None where the manifest does not say.
        models: The models' names, as a JSON list.
        benchmarks: How many benchmarks it has.
        planned: How many cases were planned.
        settled: How many of them were measured or refused.
        complete: 1 where none is missing, else 0.
        sample: 1 where its rows are the bundled sample's, else 0.
        gate: The gate's decision; None without a gate.
        manifest: The manifest without the planned cases, as JSON.
        problem: Why the folder could not be read.
    """

    name: str
    stamp: str
    created: str | None = None
    models: str = "[]"
    benchmarks: int = 0
    planned: int = 0
    settled: int = 0
    complete: int = 0
    sample: int = 0
    gate: str | None = None
    manifest: str = "{}"
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreEntry:
    """One score of a run in the index; values are on the metric's own scale.

    Attributes:
        run: The folder's name.
        place: The score's place in the summary.
        model: The model's name.
        area: The benchmark's area.
        benchmark: The benchmark's name.
        metric: The metric's name.
        average: "micro", or "macro" for the mean over strata.
        reducer: How the value follows from the cases' statistics.
        shown: 1 for the benchmark's headline, the recipe's or else its first metric; 0 for others.
        value: The score; None where it is undefined.
        low: The lower end of its interval.
        high: The upper end.
        n: How many cases it is of.
        planned: How many were planned.
    """

    run: str
    place: int
    model: str
    area: str
    benchmark: str
    metric: str
    average: str
    reducer: str
    shown: int
    value: float | None
    low: float | None
    high: float | None
    n: int
    planned: int


class History:
    """An open index; changes are kept when the block of `open_history` ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def stamps(self) -> dict[str, str]:
        """What each run's files looked like when it was read, by name."""
        return dict(self._connection.execute("SELECT name, stamp FROM run"))

    def put(self, run: RunEntry, scores: Iterable[ScoreEntry]) -> None:
        """Keep a run and its scores, in place of what is known of it."""
        self.drop(run.name)
        self._insert("run", [run])
        self._insert("score", scores)

    def drop(self, name: str) -> None:
        """Forget a run."""
        self._connection.execute("DELETE FROM run WHERE name = ?", (name,))
        self._connection.execute("DELETE FROM score WHERE run = ?", (name,))

    def runs(self) -> list[RunEntry]:
        """All runs, the oldest first; those that say no time stand before all others."""
        return [RunEntry(*row) for row in self._connection.execute("SELECT * FROM run ORDER BY created, name")]

    def scores(self) -> list[ScoreEntry]:
        """All scores, in the order of their runs."""
        order = "SELECT score.* FROM score JOIN run ON run.name = score.run ORDER BY created, name, place"
        return [ScoreEntry(*row) for row in self._connection.execute(order)]

    def _insert(self, table: str, entries: Iterable[RunEntry | ScoreEntry]) -> None:
        for entry in entries:
            values = astuple(entry)
            marks = ", ".join("?" * len(values))
            self._connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608  # our two names


@contextmanager
def open_history(path: Path, *, anew: bool = False) -> Iterator[tuple[History, str | None]]:
    """The index in this file, held against other writers until the block ends; and a note where it cannot be kept.

    A file that is no such index is replaced, as any is with `anew`. One that cannot be written is left as it is: then
    the index is made in memory, from the runs alone. Raises StoreError where the file turns out to be damaged.
    """
    note = None
    try:
        connection = _connected(path, anew=anew)
    except (OSError, sqlite3.OperationalError) as error:
        note = f"{path}: cannot be written ({error}); the index is made anew each time"
        connection = _prepared(":memory:")
    try:
        yield History(connection), note
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: {error}; --rebuild makes the index anew") from error
    finally:
        connection.close()


def _connected(path: Path, *, anew: bool) -> sqlite3.Connection:
    if anew:
        path.unlink(missing_ok=True)
    try:
        return _prepared(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:  # another kind of file
        path.unlink(missing_ok=True)
        return _prepared(path)


def _prepared(path: Path | str) -> sqlite3.Connection:
    """A connection within a transaction, its tables there."""
    connection = sqlite3.connect(path, timeout=_TIMEOUT, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            _make_tables(connection)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _make_tables(connection: sqlite3.Connection) -> None:
    for table, kind in (("run", RunEntry), ("score", ScoreEntry)):
        columns = ", ".join(field.name for field in fields(kind))
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute(f"CREATE TABLE {table} ({columns})")
    connection.execute(f"PRAGMA user_version = {_VERSION}")
