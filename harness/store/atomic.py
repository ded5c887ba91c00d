"""Files that are whole or not there: written beside their place, flushed to disk, then renamed over it.

A rename within one folder is atomic on POSIX (rename(2)), so a reader or a crash sees the old file or the new one.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from harness.errors import StoreError

_DRAFT = ".{name}.{owner}.tmp"
_REMEDIES = {
    errno.ENOSPC: "free some disk space and run the same command again",
    errno.EDQUOT: "free some disk space and run the same command again",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "choose a folder that can be written",
    errno.EPERM: "choose a folder that can be written",
    errno.ENOENT: "create the folder first",
}


def write_atomic(path: Path, text: str) -> None:
    """Replace the file by `text` (UTF-8, lone surrogates kept); raises StoreError when that cannot be done."""
    with open_atomic(path) as file:
        file.write(text)


@contextmanager
def open_atomic(path: Path) -> Iterator[TextIO]:
    """A text file to write piece by piece; `path` becomes it when the block ends, and stays as it was if it raises."""
    draft = path.with_name(_DRAFT.format(name=path.name, owner=os.getpid()))
    try:
        with draft.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):
            draft.unlink()


def sweep_drafts(folder: Path) -> None:
    """Remove what writers left in a folder that were killed; for the one process that writes there."""
    for draft in folder.glob(_DRAFT.format(name="*", owner="*")):
        with suppress(OSError):
            draft.unlink()


def unwritable(path: Path, error: OSError) -> StoreError:
    """The one sentence for a file that cannot be written."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    remedy = _REMEDIES.get(error.errno or 0, "check the disk and its permissions")
    return StoreError(f"{path}: cannot be written ({reason}); {remedy}")
