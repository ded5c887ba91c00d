"""File rights by Landlock, which needs no privilege (Documentation/userspace-api/landlock.rst)."""

import ctypes
import functools
import os
from collections.abc import Iterable

from harness.sandbox.inside import kernel

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
READ = _EXECUTE | _READ_FILE | _READ_DIR
FILES_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
"""The rights that a rule on a file, not a folder, may name."""
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights on files each version of the interface knows."""
_NETWORK = 3
"""Binding and connecting TCP, from version 4 on."""
_SCOPED = 3
"""Abstract Unix sockets and signals, from version 6 on."""
NETWORK_VERSION, SCOPE_VERSION = 4, 6


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("parent", ctypes.c_int32))


@functools.cache
def version() -> int:
    """The version of the kernel's interface; 0 where there is none."""
    try:
        return kernel.syscall(kernel.LANDLOCK["create"], ctypes.c_void_p(), 0, 1)
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], *, network: bool) -> None:
    """Bind this process and all it will start: these paths, nothing else. Raises OSError.

    Without `network` TCP is denied too, as far as the kernel knows how.
    """
    known = version()
    rights = _RIGHTS[min(known, max(_RIGHTS))]
    ruleset = _Ruleset(
        rights,
        _NETWORK if known >= NETWORK_VERSION and not network else 0,
        _SCOPED if known >= SCOPE_VERSION else 0,
    )
    size = 8 if known < NETWORK_VERSION else 16 if known < SCOPE_VERSION else 24
    handle = kernel.syscall(kernel.LANDLOCK["create"], ctypes.byref(ruleset), size, 0)
    try:
        for path in readable:
            _allow(handle, path, READ)
        for path in writable:
            _allow(handle, path, rights)
        kernel.syscall(kernel.LANDLOCK["restrict"], handle, 0)
    finally:
        os.close(handle)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there needs no right
        return
    try:
        if not os.path.isdir(path):
            rights &= FILES_ONLY
        rule = _Beneath(rights, opened)
        path_beneath = 1
        kernel.syscall(kernel.LANDLOCK["add"], ruleset, path_beneath, ctypes.byref(rule), 0)
    finally:
        os.close(opened)
