"""sha256 of model files, remembered by (path, size, mtime, inode) so that the second run reads nothing.

The memory is `hashes.jsonl` in the cache directory: one line a file, appended in one write, the last line
wins, a torn line is passed over. Files of the Hub's cache are links to blobs named by their sha256 (the ETag of
Git LFS: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md), which is taken as it stands.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from platformdirs import user_cache_path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SETTLED_NS = 2_000_000_000

Key: TypeAlias = tuple[str, int, int, int]


def cache_directory() -> Path:
    """Where models and hashes are kept between runs: CROSSTASK_CACHE, else the user's cache directory."""
    override = os.environ.get("CROSSTASK_CACHE")
    return Path(override) if override else user_cache_path("crosstask")


def hash_files(files: Iterable[Path]) -> Mapping[Path, str]:
    """The sha256 (hex) of each file; raises OSError where one cannot be read."""
    memory_file = cache_directory() / "hashes.jsonl"
    memory = _recall(memory_file)
    hashes = {}
    for file in files:
        real = file.resolve()
        if real.parent.name == "blobs" and _SHA256.fullmatch(real.name):
            hashes[file] = real.name
            continue
        key = _key(real)
        known = memory.get(key)
        hashes[file] = known or sha256_of(real)
        if known is None:
            _remember(memory_file, key, hashes[file])
    return hashes


def sha256_of(file: Path) -> str:
    """The sha256 (hex) of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _key(real: Path) -> Key:
    stat = real.stat()
    return str(real), stat.st_size, stat.st_mtime_ns, stat.st_ino


def _recall(memory_file: Path) -> Mapping[Key, str]:
    memory = {}
    try:
        lines = memory_file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            if _SHA256.fullmatch(entry["sha256"]):
                memory[(entry["path"], entry["size"], entry["mtime_ns"], entry["inode"])] = entry["sha256"]
    return memory


def _remember(memory_file: Path, key: Key, sha256: str) -> None:
    """Append one line; a cache that cannot be written costs time only."""
    path, size, mtime_ns, inode = key
    if time.time_ns() - mtime_ns < _SETTLED_NS or _key_or_none(Path(path)) != key:
        return  # a file written just now may change again within one tick of its clock
    entry = {"path": path, "size": size, "mtime_ns": mtime_ns, "inode": inode, "sha256": sha256}
    line = json.dumps(entry).encode()
    with suppress(OSError):
        memory_file.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(memory_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, b"\n" + line + b"\n")  # the first newline ends a line that was torn
        finally:
            os.close(file)


def _key_or_none(real: Path) -> Key | None:
    try:
        return _key(real)
    except OSError:
        return None
