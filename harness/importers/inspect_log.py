"""Inspect's log files, read without Inspect: `.eval`, a zip of JSON, and `.json`, the same in one file.

Format of inspect_ai 0.3 (`log/_recorders/eval.py`): `header.json` once the run is over, `_journal/start.json` before,
`samples/<id>_epoch_<n>.json`, and `reductions.json` with the scores over epochs. Members are packed by zstandard, which
Python's zipfile reads from 3.14 on.
"""

import io
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import StoreError
from harness.importers.foreign import Entry
from harness.importers.foreign import called
from harness.importers.foreign import entry
from harness.importers.foreign import parse
from harness.importers.foreign import read

if sys.version_info >= (3, 14):
    import zipfile
else:
    from backports.zstd import zipfile

HEADER, START, REDUCTIONS = "header.json", "_journal/start.json", "reductions.json"
SAMPLES = "samples/"
MOST = 1 << 30
"""Bytes of one unpacked member; a sample with all its events is seldom a hundredth."""
KEPT = frozenset(
    {
        "id",
        "epoch",
        "input",
        "target",
        "messages",
        "output",
        "scores",
        "error",
        "limit",
        "attachments",
        "total_time",
    }
)
"""What is read of a sample; its events are most of its size."""
ATTACHMENT = "attachment://"


@dataclass(frozen=True, slots=True)
class InspectLog:
    """One log: its header, its samples without their events, and the scores over epochs, empty where none are."""

    path: Path
    header: Entry
    samples: tuple[Entry, ...]
    reductions: tuple[Entry, ...]


def read_log(path: Path) -> InspectLog:
    """The log at a path; raises StoreError naming the file, and the member of a zip, where it is broken."""
    if called(path).suffix == ".eval":
        return _read_zip(path)
    whole = entry(parse(read(path), str(path)), str(path))
    samples = tuple(
        _sample(sample) for sample in (whole.entries("samples") if whole.get("samples") is not None else [])
    )
    reductions = tuple(whole.entries("reductions")) if whole.get("reductions") is not None else ()
    return InspectLog(path, whole, samples, reductions)


def is_log(path: Path) -> bool:
    """Whether a file is a log of Inspect: a zip called so, or JSON with what every log has."""
    if called(path).suffix == ".eval":
        return True
    content = parse(read(path), str(path))
    return isinstance(content, dict) and isinstance(content.get("eval"), dict) and "status" in content


def _read_zip(path: Path) -> InspectLog:
    with _opened(path) as archive:
        names = dict.fromkeys(archive.namelist())
        top = next((name for name in (HEADER, START) if name in names), None)
        if top is None:
            raise StoreError(f"{path}: no {HEADER} in it; expected a log as Inspect wrote it")
        header = entry(_member(archive, path, top), _where(path, top))
        samples = [name for name in names if name.startswith(SAMPLES) and name.endswith(".json")]
        parsed = tuple(_sample(entry(_member(archive, path, name), _where(path, name))) for name in samples)
        reductions = _member(archive, path, REDUCTIONS) if REDUCTIONS in names else []
        holder = Entry(f"{path}!{REDUCTIONS}", {"reductions": reductions})
        return InspectLog(path, header, parsed, tuple(holder.entries("reductions")))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path if called(path) == path else io.BytesIO(read(path))) as archive:
            yield archive
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror or error}); check its permissions") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError) as error:
        raise StoreError(
            f"{path}: no whole zip file ({_shown(str(error))}); expected a log as Inspect wrote it"
        ) from error


def _member(archive: zipfile.ZipFile, path: Path, name: str) -> Any:
    """A member's JSON; the last of its name counts, as for every reader of zip files."""
    where = _where(path, name)
    size = archive.getinfo(name).file_size
    if size > MOST:
        raise StoreError(f"{where}: {size} bytes unpacked; expected at most {MOST}")
    try:
        content = archive.read(name)
    except Exception as error:  # whatever an unpacker says of bytes that are not its own
        reason = _shown(str(error))
        raise StoreError(f"{where}: cannot be unpacked ({reason}); expected a log as Inspect wrote it") from error
    return parse(content, where)


def _where(path: Path, name: str) -> str:
    return f"{path}!{_shown(name)}"


def _shown(text: str) -> str:
    """A text on one line: a member's name may hold anything."""
    return text.encode("unicode_escape").decode()


def _sample(whole: Entry) -> Entry:
    """A sample's fields that are used, long texts put back in their places."""
    kept = {name: value for name, value in whole.fields.items() if name in KEPT}
    attached = kept.pop("attachments", None) or {}
    if not isinstance(attached, dict):
        raise whole.error("attachments", "an object")
    return Entry(whole.where, {name: _restored(value, attached) for name, value in kept.items()})


def _restored(value: Any, attached: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith(ATTACHMENT):
        return attached.get(value.removeprefix(ATTACHMENT), value)
    if isinstance(value, list):
        return [_restored(item, attached) for item in value]
    if isinstance(value, dict):
        return {name: _restored(item, attached) for name, item in value.items()}
    return value


def logs(path: Path) -> Sequence[Path]:
    """The files of a path that are logs: the file itself, or all below a folder."""
    if path.is_file():
        return [path]
    files = (file for file in sorted(path.rglob("*")) if called(file).suffix in (".eval", ".json"))
    return [file for file in files if file.is_file() and is_log(file)]
