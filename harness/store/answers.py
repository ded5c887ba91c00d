"""The answers cache: what a model answered, by all that could change the answer.

One SQLite file a model identity, in the user's cache directory. The identity's digest names the file, is
stored in it and is part of every key, so that no model can be handed another's answer.
A commit in WAL mode survives the death of the process, so each answer is kept as soon as it is there.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from harness.core import Response
from harness.core import decode
from harness.encoding import encode
from harness.errors import StoreError

_CHUNK = 500
"""Keys in one query: well under SQLite's limit of values."""

_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ")
"""What SQLite says of such a file (https://www.sqlite.org/rescode.html)."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, response TEXT NOT NULL) WITHOUT ROWID;
"""


def answer_key(identity: str, prompt: str) -> str:
    """The key of an answer: sha256 over the identity's digest and the request's fingerprint (both hex)."""
    return hashlib.sha256(f"{identity}:{prompt}".encode()).hexdigest()


def connect(path: Path) -> sqlite3.Connection:
    """A connection that waits for other writers, commits each statement, and need not fsync to survive a kill."""
    connection = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
    except (sqlite3.DatabaseError, OSError) as error:
        if connection is not None:
            connection.close()  # an open one would keep its lock
        _check_undamaged(path, error)
        raise StoreError(
            f"{path}: {error}; expected a folder that can be written (CROSSTASK_CACHE names another)"
        ) from error
    return connection


def _check_undamaged(path: Path, error: Exception) -> None:
    """Raise StoreError where SQLite finds that the file itself is no database, or one that was cut."""
    if getattr(error, "sqlite_errorname", "").startswith(_DAMAGED):
        raise StoreError(f"{path}: {error}; the file is damaged, remove the file") from error


class Answers:
    """The answers of one model identity; raises StoreError where the file cannot be read or written."""

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        self._digest = digest
        self._connection = connect(path)
        try:
            self._identify(digest)
        except StoreError:
            self.close()
            raise

    def get(self, prompt: str) -> Response | None:
        """The answer to the request with this fingerprint, or None."""
        return self.get_all((prompt,)).get(prompt)

    def get_all(self, prompts: Sequence[str]) -> dict[str, Response]:
        """The answers to those of the requests that have one, by fingerprint."""
        keys = {answer_key(self._digest, prompt): prompt for prompt in prompts}
        responses: dict[str, Response] = {}
        for chunk in batched(keys, _CHUNK):
            places = ",".join("?" * len(chunk))
            rows = self._run(f"SELECT key, response FROM answer WHERE key IN ({places})", chunk)  # noqa: S608 - marks
            responses |= {keys[key]: self._read(text) for key, text in rows.fetchall()}
        return responses

    def missing(self, prompts: Sequence[str]) -> set[str]:
        """Those of the requests that are not answered."""
        keys = {answer_key(self._digest, prompt): prompt for prompt in prompts}
        for chunk in batched(list(keys), _CHUNK):
            places = ",".join("?" * len(chunk))
            answered = self._run(f"SELECT key FROM answer WHERE key IN ({places})", chunk).fetchall()  # noqa: S608 - marks
            for (key,) in answered:
                del keys[key]
        return set(keys.values())

    def put(self, prompt: str, response: Response) -> None:
        """Keep an answer; it is safe from the death of this process when the call returns."""
        text = json.dumps(encode(response), separators=(",", ":"))
        self._run("INSERT OR REPLACE INTO answer VALUES (?, ?)", (answer_key(self._digest, prompt), text))

    def forget(self, prompts: Iterable[str]) -> None:
        """Drop the answers to these requests, so that they are asked again."""
        self._run("BEGIN")
        for prompt in prompts:
            self._run("DELETE FROM answer WHERE key = ?", (answer_key(self._digest, prompt),))
        self._run("COMMIT")

    def close(self) -> None:
        """Close the file; calling it twice is harmless."""
        self._connection.close()

    def _identify(self, digest: str) -> None:
        """Make the tables where there are none; raises StoreError where the file is another identity's."""
        self._run("", script=_SCHEMA)
        kept = self._run("SELECT digest FROM identity").fetchone()
        if kept is None:
            self._run("INSERT INTO identity (digest) VALUES (?)", (digest,))
        elif kept[0] != digest:
            raise StoreError(
                f"{self.path}: holds the answers of identity {kept[0][:12]}; expected {digest[:12]}, remove the file"
            )

    def _read(self, text: str) -> Response:
        try:
            response: Response = decode(json.loads(text))
        except ValueError as error:
            raise StoreError(f"{self.path}: an answer does not read ({error}); remove the file") from error
        return response

    def _run(self, statement: str, values: tuple[str, ...] = (), *, script: str = "") -> sqlite3.Cursor:
        try:
            return self._connection.executescript(script) if script else self._connection.execute(statement, values)
        except sqlite3.Error as error:
            _check_undamaged(self.path, error)
            raise StoreError(
                f"{self.path}: {error}; free some space, or name another folder with CROSSTASK_CACHE"
            ) from error


def batched(values: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    """Tuples of `size` values, the last one shorter (itertools has it from Python 3.12 on)."""
    rest = iter(values)
    while chunk := tuple(islice(rest, size)):
        yield chunk
