"""What the processes of one session share: the plan, the requests wanted, the state of each model.

One SQLite file in a folder of the session. Whoever collected publishes the plan; whoever owns the engines
reads the requests in order and says where each model's answers are. Under xdist these
are different processes, without it the same one: the path is the same.

The plan is published by linking a finished file to its final name: the first wins, a process that
dies while it writes leaves nothing behind.

Requests may be held back until the owner admits their cases: those of a benchmark up to a look, none once it is shut.

Where answers are programs, their trials stand beside the requests, so that the owner can run a program as soon as it
is written; whoever comes upon a program wants it, and each is wanted once.
"""

import json
import os
import sqlite3
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import TypeAlias

from harness.core import Refusal
from harness.core import Request
from harness.core import Trial
from harness.core import decode
from harness.encoding import encode
from harness.errors import StoreError
from harness.store.answers import connect

_SCHEMA = """
CREATE TABLE plan (content TEXT NOT NULL);
CREATE TABLE wanted (
  number INTEGER PRIMARY KEY, model TEXT NOT NULL, fingerprint TEXT NOT NULL, request TEXT NOT NULL,
  UNIQUE (model, fingerprint)
);
CREATE INDEX wanted_in_order ON wanted (model, number);
CREATE TABLE model (name TEXT PRIMARY KEY, answers TEXT, digest TEXT, failure TEXT);
CREATE TABLE held (
  number INTEGER PRIMARY KEY, look INTEGER NOT NULL, benchmark TEXT NOT NULL,
  model TEXT NOT NULL, fingerprint TEXT NOT NULL, request TEXT NOT NULL
);
CREATE TABLE admitted (benchmark TEXT PRIMARY KEY, look INTEGER NOT NULL, closed INTEGER NOT NULL);
CREATE TABLE trial (fingerprint TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tried (
  model TEXT NOT NULL, fingerprint TEXT NOT NULL, trial TEXT NOT NULL, alone INTEGER NOT NULL,
  PRIMARY KEY (model, fingerprint, trial)
) WITHOUT ROWID;
CREATE TABLE program (
  number INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, trial TEXT NOT NULL, code TEXT NOT NULL
);
CREATE TABLE refusal (
  model TEXT NOT NULL, fingerprint TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (model, fingerprint)
);
CREATE TABLE unserved (
  model TEXT NOT NULL, fingerprint TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (model, fingerprint)
);
"""
_WANT = "INSERT OR IGNORE INTO wanted (model, fingerprint, request) VALUES (?, ?, ?)"
_HOLD = "INSERT INTO held (look, benchmark, model, fingerprint, request) VALUES (?, ?, ?, ?, ?)"
_OF = "FROM held WHERE look <= ? AND benchmark IN (SELECT value FROM json_each(?))"
_HELD = f"SELECT fingerprint, request {_OF} ORDER BY number"
_WANTED = "model, fingerprint, request"
_RELEASE = f"INSERT OR IGNORE INTO wanted ({_WANTED}) SELECT {_WANTED} {_OF} ORDER BY number"
_FORGET = f"DELETE {_OF}"
_TRIAL = "INSERT OR IGNORE INTO trial VALUES (?, ?)"
_TRY = "INSERT OR IGNORE INTO tried VALUES (?, ?, ?, ?)"
_RUN = "INSERT OR IGNORE INTO program (fingerprint, trial, code) VALUES (?, ?, ?)"
_TRIED_ALONE = "(model, fingerprint) IN (SELECT model, fingerprint FROM tried WHERE alone)"
_FILE = "exchange.sqlite"

Held: TypeAlias = tuple[int, str, str, str, Request]
"""A request that is held back: look, benchmark, model, fingerprint, request."""


@dataclass(frozen=True, slots=True)
class Window:
    """How many requests are taken at once: `most`, and from `least` on none that goes beyond so many characters."""

    most: int
    least: int
    characters: int

    def times(self, processes: int) -> "Window":
        """The window of so many processes."""
        return Window(self.most * processes, self.least * processes, self.characters * processes)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request some case of a model needs, and its fingerprint."""

    number: int
    model: str
    fingerprint: str
    request: Request


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial of some case, by its fingerprint, and the request whose answer holds the case's programs.

    `fingerprint` is the request's, None where no plan foresees it. `alone` says that only such cases ask it.
    """

    model: str
    fingerprint: str | None
    trial_fingerprint: str
    trial: Trial
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Program:
    """A program to be run in a trial; `fingerprint` is that of the request to run it."""

    number: int
    fingerprint: str
    trial: str
    code: str


@dataclass(frozen=True, slots=True)
class ModelState:
    """Where a model's answers are kept, and why there will be no more, if so."""

    answers: str | None
    digest: str | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Admission:
    """Up to which look the cases of a benchmark may be tested, and whether none will be after that."""

    look: int = 0
    closed: bool = False


def publish(
    folder: Path,
    plan: dict[str, Any],
    wanted: Iterable[tuple[str, str, Request]],
    held: Iterable[Held] = (),
    tried: Iterable[Tried] = (),
    programs: Iterable[tuple[str, str, str]] = (),
) -> None:
    """Put a plan into `folder`, unless one is there, with all it begins with.

    That is what it wants (model, fingerprint, request), what it holds, the trials, and programs that are known already
    (fingerprint, trial's fingerprint, code).
    """
    final = folder / _FILE
    if final.exists():
        return
    draft = folder / f"draft-{os.getpid()}.sqlite"
    draft.unlink(missing_ok=True)
    try:
        connection = sqlite3.connect(draft, isolation_level=None)
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
        connection.execute("BEGIN")
        connection.execute("INSERT INTO plan VALUES (?)", (json.dumps(plan),))
        connection.executemany(
            _WANT, ((model, fingerprint, json.dumps(encode(request))) for model, fingerprint, request in wanted)
        )
        connection.executemany(_HOLD, ((*named, json.dumps(encode(request))) for *named, request in held))
        for attempt in tried:
            connection.execute(_TRIAL, (attempt.trial_fingerprint, json.dumps(encode(attempt.trial))))
            if attempt.fingerprint is not None:
                connection.execute(_TRY, (attempt.model, attempt.fingerprint, attempt.trial_fingerprint, attempt.alone))
        connection.executemany(_RUN, ((fingerprint, trial, json.dumps(code)) for fingerprint, trial, code in programs))
        connection.execute("COMMIT")
        connection.close()
        os.link(draft, final)
    except FileExistsError:
        return
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{final}: {error}; expected a temporary folder with free space (TMPDIR names another)"
        ) from error
    finally:
        draft.unlink(missing_ok=True)


class Exchange:
    """An open exchange; every method may be called from any thread or process that has its own instance."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / _FILE
        self._connection = connect(self.path)

    def plan(self) -> Any:
        """The plan as published."""
        return json.loads(self._one("SELECT content FROM plan")[0])

    def want(self, model: str, fingerprint: str, request: Request) -> None:
        """Ask for one more request, after all that are wanted already."""
        self._run(_WANT, (model, fingerprint, json.dumps(encode(request))))

    def wanted(self, model: str, after: int, window: Window) -> list[Wanted]:
        """The next requests of a model after that number, in the order they were wanted."""
        query = "SELECT number, fingerprint, request FROM wanted WHERE model = ? AND number > ? ORDER BY number LIMIT ?"
        rows: list[tuple[int, str, str]] = []
        characters = 0
        with closing(self._run(query, (model, after, window.most))) as cursor:
            for row in cursor:
                characters += len(row[-1])
                if len(rows) >= window.least and characters > window.characters:
                    break
                rows.append(row)
        return [
            Wanted(number, model, fingerprint, decode(json.loads(request))) for number, fingerprint, request in rows
        ]

    def fingerprints(self, model: str) -> list[str]:
        """The fingerprint of each distinct request of a model, in order."""
        query = "SELECT fingerprint FROM wanted WHERE model = ? ORDER BY number"
        return [fingerprint for (fingerprint,) in self._run(query, (model,))]

    def requests(self, model: str | None = None) -> Iterator[tuple[str, Any]]:
        """Fingerprint and JSON form of each distinct request, in order."""
        where, values = ("WHERE model = ?", (model,)) if model is not None else ("", ())
        query = f"SELECT fingerprint, request FROM wanted {where} ORDER BY number"  # noqa: S608 - no outside text
        for fingerprint, request in self._run(query, values):
            yield fingerprint, json.loads(request)

    def set_model(self, name: str, state: ModelState) -> None:
        """Say where a model's answers are, and why there will be no more, if so."""
        self._run(
            "INSERT OR REPLACE INTO model VALUES (?, ?, ?, ?)", (name, state.answers, state.digest, state.failure)
        )

    def model(self, name: str) -> ModelState | None:
        """What is known of a model; None until its weights are there."""
        row = self._run("SELECT answers, digest, failure FROM model WHERE name = ?", (name,)).fetchone()
        return None if row is None else ModelState(*row)

    def refuse(self, model: str, fingerprint: str, refusal: Refusal) -> None:
        """Keep a refusal for this session alone: the next one may have more memory, or a longer context."""
        self._run("INSERT OR REPLACE INTO refusal VALUES (?, ?, ?)", (model, fingerprint, refusal.reason))

    def refusal(self, model: str, fingerprint: str) -> Refusal | None:
        """The refusal of a request in this session, if it was refused."""
        row = self._run(
            "SELECT reason FROM refusal WHERE model = ? AND fingerprint = ?", (model, fingerprint)
        ).fetchone()
        return None if row is None else Refusal(row[0])

    def leave(self, model: str, fingerprint: str, reason: str) -> None:
        """Say why a request will not be asked in this session: the engine cannot serve its kind."""
        self._run("INSERT OR REPLACE INTO unserved VALUES (?, ?, ?)", (model, fingerprint, reason))

    def left(self, model: str, fingerprint: str) -> str | None:
        """Why a request will not be asked in this session; None where it may be."""
        row = self._run(
            "SELECT reason FROM unserved WHERE model = ? AND fingerprint = ?", (model, fingerprint)
        ).fetchone()
        return None if row is None else str(row[0])

    def tried(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The fingerprints of the trials that await the answer to a request, by (model, fingerprint of the request)."""
        trials: dict[tuple[str, str], tuple[str, ...]] = {}
        for model, fingerprint, trial in self._run("SELECT model, fingerprint, trial FROM tried"):
            trials[model, fingerprint] = (*trials.get((model, fingerprint), ()), trial)
        return trials

    def trials(self) -> Iterator[tuple[str, Any]]:
        """Fingerprint and JSON form of each distinct trial."""
        for fingerprint, content in self._run("SELECT fingerprint, content FROM trial ORDER BY fingerprint"):
            yield fingerprint, json.loads(content)

    def trial(self, fingerprint: str) -> Trial:
        """The trial with this fingerprint, which the plan published."""
        row = self._run("SELECT content FROM trial WHERE fingerprint = ?", (fingerprint,)).fetchone()
        trial: Trial = decode(json.loads(row[0]))
        return trial

    def want_run(self, fingerprint: str, trial: str, code: str) -> None:
        """Want a program run, unless it is wanted already; `fingerprint` is that of the request to run it."""
        self._run(_RUN, (fingerprint, trial, json.dumps(code)))

    def programs(self, after: int, at_most: int) -> list[Program]:
        """The next programs after that number, in the order they were wanted."""
        query = "SELECT number, fingerprint, trial, code FROM program WHERE number > ? ORDER BY number LIMIT ?"
        rows = self._run(query, (after, at_most)).fetchall()
        return [Program(number, fingerprint, trial, json.loads(code)) for number, fingerprint, trial, code in rows]

    def forgo_trials(self) -> None:
        """Drop the requests that only cases with a trial ask."""
        for table in ("wanted", "held"):
            self._run(f"DELETE FROM {table} WHERE {_TRIED_ALONE}")  # noqa: S608 - no outside text

    def held(self, benchmarks: Iterable[str], look: int) -> list[tuple[str, Any]]:
        """Fingerprint and JSON form of each distinct request that is held of these benchmarks up to a look."""
        held = self._run(_HELD, (look, json.dumps(list(benchmarks)))).fetchall()
        return [(fingerprint, json.loads(request)) for fingerprint, request in dict(held).items()]

    def admit(self, benchmarks: Iterable[str], look: int) -> None:
        """Want what is held of these benchmarks up to a look, and let their cases be tested."""
        values = (look, json.dumps(list(benchmarks)))
        self._run("BEGIN IMMEDIATE")
        self._run(_RELEASE, values)
        self._run(_FORGET, values)
        self._run("INSERT OR REPLACE INTO admitted SELECT value, ?, 0 FROM json_each(?)", values)
        self._run("COMMIT")

    def shut(self, benchmark: str) -> None:
        """Say that no case of a benchmark will be tested beyond the look it is admitted to."""
        self._run("UPDATE admitted SET closed = 1 WHERE benchmark = ?", (benchmark,))

    def admission(self, benchmark: str) -> Admission:
        """Up to which look a benchmark's cases may be tested; 0 before the first."""
        row = self._run("SELECT look, closed FROM admitted WHERE benchmark = ?", (benchmark,)).fetchone()
        return Admission() if row is None else Admission(row[0], bool(row[1]))

    def close(self) -> None:
        """Close the file; calling it twice is harmless."""
        self._connection.close()

    def _one(self, statement: str) -> Any:
        return self._run(statement).fetchone()

    def _run(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path}: {error}; expected a temporary folder with free space (TMPDIR names another)"
            ) from error
