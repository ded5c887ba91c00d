"""What an importer makes of another tool's files, and how it becomes a run's folder like any other."""

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from harness import __version__
from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Record
from harness.core import Request
from harness.core import hashes
from harness.encoding import canonical
from harness.encoding import encode
from harness.errors import UsageError
from harness.results.folder import MANIFEST
from harness.results.folder import PROMPT
from harness.results.folder import RECORD
from harness.sources.open import Opener
from harness.store.atomic import open_atomic
from harness.store.atomic import unwritable
from harness.store.atomic import write_atomic

DIGITS = 12


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How files are to be read: the pages there are, where rows come from (None: from nowhere), the model's name."""

    pages: Mapping[str, Benchmark] = field(default_factory=dict)
    opener: Opener | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """A run as another tool's files tell it. What they do not say is in no field.

    Attributes:
        tool: The tool's name.
        version: The tool's version; None where the files do not say.
        files: The files that were read.
        models: What the manifest says of each model.
        benchmarks: What the manifest says of each benchmark.
        planned: Case ids by model and benchmark.
        records: The cases.
        requests: The prompts by fingerprint.
        notes: What the files do not say, a sentence each.
        facts: Further fields of the manifest.
    """

    tool: str
    version: str | None
    files: tuple[Path, ...]
    models: Mapping[str, Mapping[str, Any]]
    benchmarks: Mapping[str, Mapping[str, Any]]
    planned: Mapping[str, Mapping[str, Sequence[str]]]
    records: tuple[Record, ...]
    requests: Mapping[str, Request]
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def write(imported: Imported, folder: Path, command: Sequence[str]) -> None:
    """Write manifest, prompts and records to a new or empty folder; equal files give equal bytes.

    The manifest comes last, so that a folder is a run or none. Raises UsageError where the folder holds something,
    StoreError where it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: exists; expected a new or an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    prompts = [{"prompt": name, "request": encode(request)} for name, request in imported.requests.items()]
    _write_lines(folder / "prompts.jsonl", [{"schema": PROMPT, **prompt} for prompt in prompts])
    _write_lines(
        folder / "records.jsonl", [{"schema": RECORD, "record": encode(record)} for record in imported.records]
    )
    write_atomic(folder / "manifest.json", json.dumps(manifest(imported, command), indent=1, ensure_ascii=True) + "\n")


def manifest(imported: Imported, command: Sequence[str]) -> dict[str, Any]:
    """The manifest of an imported run; its plan's hash is over the files' bytes."""
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in imported.files}
    made = {"tool": imported.tool, "version": imported.version, "files": files}
    return {
        "schema": MANIFEST,
        "crosstask": __version__,
        "plan": hashlib.sha256(canonical(made)).hexdigest()[:DIGITS],
        "imported": made,
        "created": None,
        "finished": None,
        "attempt": 1,
        "command": list(command),
        "recipe": {},
        "settings": {},
        "failures": {},
        "environment": {"python": None, "platform": None, "packages": {}},
        "models": imported.models,
        "benchmarks": imported.benchmarks,
        "planned": {model: {name: list(ids) for name, ids in by.items()} for model, by in imported.planned.items()},
        **imported.facts,
        "notes": [
            f"Imported from files of {imported.tool} {imported.version or '(version not said)'}.",
            *imported.notes,
        ],
    }


def keep(case: Case, kept: dict[str, Request]) -> tuple[str, tuple[str, ...]]:
    """A case's digest and the fingerprints of its requests, which are kept."""
    digest, prompts = hashes(case)
    kept.update(zip(prompts, case.requests, strict=True))
    return digest, prompts


def digest_of(*content: Any) -> str:
    """The digest of a case whose prompt has no form here: of what the file says of it, so it equals none of ours."""
    return hashlib.sha256(canonical(list(content))).hexdigest()


def _write_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    with open_atomic(path) as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n")
