"""Removal of a tree that a program made, however deep its folders are and whatever their modes.

A folder's subfolders are moved up beside it before it is removed, so that no path grows long, no call nests and two
descriptors are enough; `shutil.rmtree` nests once a level in Python 3.11 and holds a descriptor for each in 3.13.
"""

import errno
import itertools
import os
import stat
from contextlib import suppress
from pathlib import Path

_AT_ONCE = 4096
_OWNER = 0o700
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: str) -> str | None:
    """Remove a folder and all in it; why something of it is left, or None. Never raises OSError.

    Nothing may write to it any more. Links are removed, never followed.
    """
    try:
        Path(path).chmod(_OWNER)
        top = os.open(path, _FOLDER)
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{path}: {error.strerror}"
    try:
        why = _emptied(top)
    finally:
        os.close(top)
    try:
        Path(path).rmdir()
    except OSError as error:
        return f"{path}: {why or error.strerror}"
    return None


def _emptied(top: int) -> str | None:
    """Remove what is in an open folder; why the first entry that stays does."""
    why: str | None = None
    numbers = itertools.count()
    kept: set[str] = set()
    while names := [name for name in _some(top, len(kept)) if name not in kept]:
        for name in names:
            try:
                _remove(name, top, numbers)
            except OSError as error:
                why = why or error.strerror
                kept.add(name)
    return why


def _some(folder: int, more: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in itertools.islice(entries, _AT_ONCE + more)]


def _remove(name: str, top: int, numbers: "itertools.count[int]") -> None:
    """Remove one entry of the top folder, its own folders moved up into the top one; raises OSError."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=top)
        return
    with suppress(OSError):
        os.chmod(name, _OWNER, dir_fd=top)
    folder = os.open(name, _FOLDER, dir_fd=top)
    try:
        while names := _some(folder, 0):
            for inner in names:
                _lift(inner, folder, top, numbers)
    finally:
        os.close(folder)
    os.rmdir(name, dir_fd=top)


def _lift(name: str, folder: int, top: int, numbers: "itertools.count[int]") -> None:
    """Remove a file of a folder, or move a folder of it to the top; raises OSError."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=folder)
        return
    with suppress(OSError):  # to move a folder its owner must be able to write to it
        os.chmod(name, _OWNER, dir_fd=folder)
    for number in numbers:
        try:
            os.rename(name, f"{number}", src_dir_fd=folder, dst_dir_fd=top)
        except OSError as error:  # the program has an entry of that name
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
                raise
        else:
            return
