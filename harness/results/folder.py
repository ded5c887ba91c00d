"""A run's folder as values: the manifest, the records that count, and the prompts on demand.

`records.jsonl` is append-only: for one (model, benchmark, case) the last line counts. A kill can tear the last
line only (it lacks its line feed); it is left out with a note. Any other line that does
not read is an error that names its place.
"""

import json
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from harness.core import Record
from harness.core import Request
from harness.core import Trial
from harness.core import decode
from harness.errors import StoreError

MANIFEST = "crosstask/manifest/1"
PROMPT = "crosstask/prompt/1"
RECORD = "crosstask/record/1"


@dataclass(slots=True)
class Prompts:
    """The requests of a run by fingerprint, read from `prompts.jsonl` one at a time.

    Only the places of the lines are kept; they are found at the first look-up.
    """

    path: Path
    _places: dict[str, int] | None = field(default=None, init=False, repr=False)

    def get(self, fingerprint: str) -> Request | None:
        """The request, or None where the folder does not hold it; raises StoreError where its line is broken."""
        request: Request | None = self._read(fingerprint)
        return request

    def trial(self, fingerprint: str) -> Trial:
        """The trial with this fingerprint; raises StoreError where the folder lacks it, or its line is broken."""
        trial = self._read(fingerprint)
        if not isinstance(trial, Trial):
            raise StoreError(f"{self.path}: trial {fingerprint} is missing; restore the file or run again")
        return trial

    def _read(self, fingerprint: str) -> Any:
        if self._places is None:
            self._places = {str(line.get("prompt")): line.place for line in _lines(self.path, PROMPT, [])}
        place = self._places.get(fingerprint)
        if place is None:
            return None
        try:
            with self.path.open("rb") as file:
                file.seek(place)
                return decode(json.loads(file.readline())["request"])
        except (OSError, ValueError, KeyError) as error:
            raise StoreError(f"{self.path}: prompt {fingerprint}: {error}; expected a request") from error


@dataclass(frozen=True, slots=True)
class Run:
    """What a folder holds. `records` are in the order of their first line; `notes` tell what was left out.

    `parts` are the folders of a run that is several in one, and empty for a run of its own.
    """

    folder: Path
    manifest: Mapping[str, Any]
    records: tuple[Record, ...]
    prompts: Prompts
    notes: tuple[str, ...] = ()
    parts: tuple[Path, ...] = ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that hold its files."""
        return self.parts or (self.folder,)


def read_run(folder: Path) -> Run:
    """Read a run's folder; raises StoreError naming file (and line) where it is missing, broken or of another schema.

    A folder without `records.jsonl` is a run that measured nothing yet.
    """
    notes: list[str] = []
    manifest = read_manifest(folder / "manifest.json")
    latest: dict[tuple[str, str, str], Record] = {}
    for line in _lines(folder / "records.jsonl", RECORD, notes):
        record = line.record()
        latest[record.model, record.benchmark, record.case] = record
    return Run(folder, manifest, tuple(latest.values()), Prompts(folder / "prompts.jsonl"), tuple(notes))


def read_manifest(path: Path) -> Mapping[str, Any]:
    """The manifest in this file; raises StoreError where it is missing, broken or of another schema."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise StoreError(f"{path}: missing; expected the folder of a run") from None
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    except ValueError as error:
        raise StoreError(f"{path}: not JSON ({error}); restore the file or run again") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != MANIFEST:
        raise StoreError(f"{path}: schema {schema!r}; expected {MANIFEST!r}")
    _check(content, path)
    return content  # type: ignore[no-any-return]  # JSON


def _check(content: Mapping[str, Any], path: Path) -> None:
    """Raise StoreError where the manifest lacks what every reader needs."""
    for name in ("models", "benchmarks", "planned"):
        if not isinstance(content.get(name), dict):
            raise StoreError(f"{path}: {name!r} is missing; expected an object")
    for name, facts in content["benchmarks"].items():
        if not {"version", "metrics"} <= set(facts):
            raise StoreError(f"{path}: benchmark {name!r} lacks version or metrics; expected both")
    for model, benchmarks in content["planned"].items():
        if unknown := set(benchmarks) - set(content["benchmarks"]):
            raise StoreError(f"{path}: {model} plans {min(unknown)!r}; expected a name in 'benchmarks'")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a journal and where it stands."""

    path: Path
    number: int
    place: int
    content: Mapping[str, Any]

    def get(self, name: str) -> Any:
        return self.content.get(name)

    def record(self) -> Record:
        """The record the line holds."""
        try:
            record = decode(self.get("record"))
        except ValueError as error:
            raise StoreError(f"{self.path}:{self.number}: {error}") from error
        if not isinstance(record, Record):
            raise StoreError(f"{self.path}:{self.number}: no record; expected an object of kind 'Record'")
        return record


def _lines(path: Path, schema: str, notes: list[str]) -> Iterator[_Line]:
    """The lines of a journal; a torn last one is left out and noted."""
    place = 0
    try:
        with path.open("rb") as file:
            for number, text in enumerate(file, start=1):
                if not text.endswith(b"\n"):
                    notes.append(f"{path.name}: the last line is torn and was left out (the run was interrupted)")
                    return
                content = _parsed(text)
                named = content.get("schema") if content else None
                if content is None or named != schema:
                    what = "not a JSON object" if content is None else f"schema {named!r}"
                    raise StoreError(f"{path}:{number}: {what}; expected schema {schema!r}")
                yield _Line(path, number, place, content)
                place += len(text)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _parsed(text: bytes) -> Mapping[str, Any] | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None
