"""The few calls of Linux that the standard library lacks, by ctypes: namespaces, mounts, capabilities, clone.

Numbers are of the kernel's headers (include/uapi/linux: sched.h, mount.h, prctl.h, capability.h).
"""

import ctypes
import os
import platform
from contextlib import suppress
from ctypes import c_char_p
from ctypes import c_int
from ctypes import c_long
from ctypes import c_ulong
from ctypes import c_void_p

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
_CLONE_CHILD_CLEARTID = 0x00200000
_CLONE_CHILD_SETTID = 0x01000000
_SIGCHLD = 17

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_KEEPCAPS = 8
PR_CAPBSET_DROP = 24
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
_PR_GET_TID_ADDRESS = 40
_LAST_CAPABILITY = 63
_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522

RLIMIT_MARK = 10
"""RLIMIT_LOCKS, which the kernel no longer uses: its hard limit marks what a fork server without namespaces started."""
WALL = 0x40000000
"""__WALL of waitpid(2): children of any kind."""
MACHINE = platform.machine()
NUMBERS = {
    "x86_64": {"clone": 56, "pivot_root": 155, "capset": 126, "mount_setattr": 442, "open_tree": 428},
    "aarch64": {"clone": 220, "pivot_root": 41, "capset": 91, "mount_setattr": 442, "open_tree": 428},
}.get(MACHINE, {})
LANDLOCK = {"create": 444, "add": 445, "restrict": 446}

try:
    # PyDLL keeps the interpreter's lock, which a child made by a bare clone could not take back
    _LIBC = ctypes.PyDLL(None, use_errno=True)
    _SYSCALL = _LIBC.syscall
    _SYSCALL.restype = c_long
except (OSError, AttributeError):  # another kernel than Linux: nothing here is called there
    _SYSCALL = None  # type: ignore[assignment]


def syscall(number: int, *arguments: object) -> int:
    """A bare system call; raises OSError."""
    result = _SYSCALL(c_long(number), *(c_long(word) if isinstance(word, int) else word for word in arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return int(result)


def _checked(result: int, subject: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{subject}: {os.strerror(code)}")
    return result


def prctl(option: int, *arguments: int) -> int:
    """Set one thing of this process; raises OSError."""
    words = [c_ulong(word) for word in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(_LIBC.prctl(c_int(option), *words), f"prctl {option}")


def unshare(flags: int) -> None:
    """Leave namespaces for new ones; raises OSError."""
    _checked(_LIBC.unshare(c_int(flags)), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Put a file system at its place; raises OSError."""
    words = [c_char_p(word.encode() if word is not None else None) for word in (source, target, kind)]
    data = c_char_p(options.encode() if options is not None else None)
    _checked(_LIBC.mount(*words, c_ulong(flags), data), f"mount {target}")


def unmount(target: str, flags: int = MNT_DETACH) -> None:
    """Take a file system from its place; raises OSError."""
    _checked(_LIBC.umount2(c_char_p(target.encode()), c_int(flags)), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root and put the old one at `old`; raises OSError."""
    syscall(NUMBERS["pivot_root"], c_char_p(new.encode()), c_char_p(old.encode()))


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns", ctypes.c_uint64),
    )


def read_only(target: str, *, devices: bool) -> None:
    """Make a mount and all below it read-only and without set-uid, and without devices unless `devices`."""
    attributes = _MountAttributes(MS_RDONLY | MS_NOSUID | (0 if devices else MS_NODEV), 0, 0, 0)
    at_recursive, at_fdcwd = 0x8000, -100
    path = c_char_p(target.encode())
    size = ctypes.sizeof(attributes)
    syscall(NUMBERS["mount_setattr"], at_fdcwd, path, at_recursive, ctypes.byref(attributes), size)


def read_only_tree(path: str) -> int:
    """A descriptor of a folder by a mount of its own that can only be read, seen nowhere; raises OSError.

    Files opened below it have neither modes nor times to set, whoever owns them.
    """
    open_tree_clone, at_fdcwd, at_empty_path = 1, -100, 0x1000
    descriptor = syscall(NUMBERS["open_tree"], at_fdcwd, c_char_p(path.encode()), open_tree_clone | os.O_CLOEXEC)
    attributes = _MountAttributes(MS_RDONLY | MS_NOSUID | MS_NODEV, 0, 0, 0)
    size = ctypes.sizeof(attributes)
    try:
        syscall(NUMBERS["mount_setattr"], descriptor, c_char_p(b""), at_empty_path, ctypes.byref(attributes), size)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def clone(flags: int) -> int:
    """Fork into new namespaces, as os.fork does it: 0 in the child, its process id in the parent; raises OSError.

    glibc keeps the thread's id in memory and its fork tells the kernel where; prctl says the same address, so the
    child's threads see their right owner.
    """
    api = ctypes.pythonapi
    address = c_void_p()
    with suppress(OSError):
        prctl(_PR_GET_TID_ADDRESS, ctypes.addressof(address))
    if address.value:
        flags |= _CLONE_CHILD_SETTID | _CLONE_CHILD_CLEARTID
    api.PyOS_BeforeFork()
    last = (c_ulong(0), address) if MACHINE == "aarch64" else (address, c_ulong(0))
    pid = _SYSCALL(c_long(NUMBERS["clone"]), c_ulong(flags | _SIGCHLD), c_void_p(), c_void_p(), *last)
    code = ctypes.get_errno()
    if pid == 0:
        api.PyOS_AfterFork_Child()
    else:
        api.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(code, f"clone: {os.strerror(code)}")
    return int(pid)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", c_int))


def bound_capabilities() -> None:
    """Let no program that is started from here on ever have a capability; those that are had stay."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # past the last one this kernel has, or none to drop
            break


def drop_capabilities(*, search: bool = False) -> None:
    """Give up every capability, but with `search` the one to read files whatever their mode (CAP_DAC_READ_SEARCH)."""
    kept = 1 << _DAC_READ_SEARCH if search else 0
    # effective, permitted and inheritable, of the lower and of the upper 32
    header, sets = _Header(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)(kept, kept, kept)
    syscall(NUMBERS["capset"], ctypes.byref(header), sets)
    if search:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, _DAC_READ_SEARCH)


def cpu_seconds(pid: int) -> float:
    """The CPU time of a living process, all of its threads, in seconds; raises OSError where it is gone.

    The clock's number is that of clock_getcpuclockid(3).
    """
    import time

    return time.clock_gettime((~pid << 3) | 2)
