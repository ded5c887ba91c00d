"""Files that programs read, kept by their sha256 in the cache directory, whichever way they came."""

import hashlib
import os
import tempfile
from pathlib import Path

from harness.models.hashes import cache_directory


def path_of(digest: str) -> Path:
    """Where the file of this sha256 (hex) lies, if it was kept."""
    return cache_directory() / "files" / digest


def keep(content: bytes) -> str:
    """Put a file's content into the cache; its sha256 (hex), by which it is found."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(digest)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        # renamed when it is whole, as other processes may keep the same file
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
        Path(name).replace(path)
    return digest
