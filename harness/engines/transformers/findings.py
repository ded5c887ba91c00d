"""What was found of a model, kept in the user's cache, so that it is paid once.

A finding depends on all that can change an answer (the model's identity), on the device itself, on how many tokens a
pass may hold, and on the code that computes and compares; the digest of these names the file.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.encoding import canonical
from harness.errors import StoreError
from harness.models import Settings
from harness.models import Weights
from harness.models.hashes import cache_directory
from harness.models.identity import identity
from harness.store.atomic import write_atomic


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a way of computing does not agree with one sequence alone, None where it does.

    `largest` is the largest difference of log P in nats, None where there is none to tell.
    """

    why: str | None = None
    largest: float | None = None


class Findings:
    """Findings by name; without a `path` they are kept as long as the engine is."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known = _read(path)

    def get(self, name: str) -> Finding | None:
        """What was found, None where nobody has looked."""
        return self._known.get(name)

    def put(self, name: str, finding: Finding) -> None:
        """Keep a finding beside what another process has found; raises StoreError where it cannot be written."""
        self._known = _read(self._path) | self._known | {name: finding}
        if self._path is not None:
            _make(self._path.parent)
            text = json.dumps({known: asdict(kept) for known, kept in sorted(self._known.items())}, indent=1)
            write_atomic(self._path, text + "\n")


def kept_findings(weights: Weights, settings: Settings, machine: Mapping[str, Any]) -> Findings:
    """The findings of earlier sessions; none of weights nobody has hashed. `machine` is what else they depend on."""
    if not weights.hashes:
        return Findings()
    facts = {"identity": dict(identity(weights, settings).facts), "machine": dict(machine), "code": _code()}
    return Findings(cache_directory() / "checks" / f"{hashlib.sha256(canonical(facts)).hexdigest()}.json")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{folder}: {error.strerror}; expected a cache directory that can be written, see CROSSTASK_CACHE"
        ) from error


def _code() -> str:
    """sha256 (hex) of this package's source."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _read(path: Path | None) -> dict[str, Finding]:
    """The findings of a file; none where there is no file, or none that can be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
        return {name: Finding(**fields) for name, fields in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
