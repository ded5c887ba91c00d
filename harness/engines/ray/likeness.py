"""What must be the same on all machines of a cluster, so that a replica's answers are those of the engine here."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import harness
from harness.errors import ModelError
from harness.errors import UsageError
from harness.models import Weights
from harness.models.adapters import ROLE
from harness.models.hashes import hash_files
from harness.models.identity import versions
from harness.models.obtain import GGUF_ROLE


def facts(libraries: Mapping[str, str | None]) -> dict[str, str | None]:
    """The versions that can change an answer, by what an error calls them; crosstask's is that of its source too."""
    source = _source()
    return {"crosstask": f"{harness.__version__} (source {source[:12]})", **libraries}


def require_alike(expected: Mapping[str, str | None], weights: Weights, where: str) -> None:
    """Raise UsageError where a version differs on this machine, and ModelError where a file of the weights does.

    `where` is what an error calls this machine.
    """
    there = facts(versions([name for name in expected if name != "crosstask"]))
    for name, wanted in expected.items():
        if there[name] != wanted:
            raise UsageError(
                f"--engine ray: found {name} {there[name] or 'not installed'} on {where}; "
                f"expected {wanted or 'none'}, as here"
            )
    files = {role: path_of(weights, role) for role in weights.hashes}
    try:
        hashes = hash_files(files.values())
    except OSError as error:
        raise ModelError(
            f"{error.filename}: {error.strerror} on {where}; expected the model at the same path on each machine"
        ) from error
    for role, path in files.items():
        if hashes[path] != weights.hashes[role]:
            raise ModelError(f"{path}: found another file on {where}; expected that of sha256 {weights.hashes[role]}")


def path_of(weights: Weights, role: str) -> Path:
    """Where the file of a role lies; the role of a script is that of the scripted engine."""
    if role.startswith(ROLE) and weights.adapter is not None:
        return Path(weights.adapter) / role.removeprefix(ROLE)
    if role == "script":
        return Path(weights.directory)
    return Path(weights.directory) / (weights.gguf if role == GGUF_ROLE and weights.gguf else role)


@cache
def _source() -> str:
    """sha256 (hex) of the package's Python files, by path."""
    root = Path(harness.__file__).parent
    digest: Any = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return str(digest.hexdigest())
