"""System calls that a jailed program is denied, as a BPF program written out (seccomp(2), bpf_common.h of the kernel).

A list of what is denied and not of what is allowed: interpreters and compilers use much, and what isolates are the
namespaces and Landlock. Calls newer than this list get ENOSYS, so that libc falls back to older ones.
"""

import ctypes
import functools
import signal
import struct
from errno import EACCES
from errno import ENOSYS
from errno import EPERM

from harness.sandbox.inside import kernel

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE = 0, 4
_X32_BIT = 0x40000000
_NAMESPACES = 0x7E020080
"""All flags of clone that make a namespace (CLONE_NEWTIME among them)."""
_FAMILIES = (1, 2, 10, 16)
"""Unix, IPv4, IPv6 and netlink sockets, which a network namespace confines; others (vsock) it does not."""
_TERMINAL = (0x5412, 0x541C, 0x4B4D)
"""TIOCSTI, TIOCLINUX, KDSKBENT."""
_NEWEST = 463
"""The first number this list knows nothing of."""

_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COMMON = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "process_madvise": 440,
    "mount_setattr": 442, "quotactl_fd": 443, "process_mrelease": 448, "set_mempolicy_home_node": 450,
    "statmount": 457, "listmount": 458,
}  # fmt: skip
_DENIED = {
    "x86_64": {
        "ptrace": 101, "syslog": 103, "personality": 135, "pivot_root": 155, "adjtimex": 159, "chroot": 161,
        "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169,
        "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175,
        "delete_module": 176, "quotactl": 179, "modify_ldt": 154, "vhangup": 153, "lookup_dcookie": 212,
        "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
        "migrate_pages": 256, "unshare": 272, "move_pages": 279, "perf_event_open": 298, "fanotify_init": 300,
        "name_to_handle_at": 303, "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "seccomp": 317,
        "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
        "vmsplice": 278, "shmget": 29, "semget": 64, "msgget": 68, "mq_open": 240,
    },
    "aarch64": {
        "ptrace": 117, "syslog": 116, "personality": 92, "pivot_root": 41, "adjtimex": 171, "chroot": 51, "acct": 89,
        "settimeofday": 170, "mount": 40, "umount2": 39, "swapon": 224, "swapoff": 225, "reboot": 142,
        "sethostname": 161, "setdomainname": 162, "init_module": 105, "delete_module": 106, "quotactl": 60,
        "vhangup": 58, "lookup_dcookie": 18, "clock_settime": 112, "kexec_load": 104, "add_key": 217,
        "request_key": 218, "keyctl": 219, "migrate_pages": 238, "unshare": 97, "move_pages": 239,
        "perf_event_open": 241, "fanotify_init": 262, "name_to_handle_at": 264, "open_by_handle_at": 265,
        "clock_adjtime": 266, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
        "finit_module": 273, "seccomp": 277, "kexec_file_load": 294, "bpf": 280, "userfaultfd": 282,
        "vmsplice": 75, "shmget": 194, "semget": 190, "msgget": 186, "mq_open": 180,
    },
}  # fmt: skip
"""Denied with EPERM. The last line: pages given to a pipe are seen in no process; System V memory and queues outlive
theirs, and a slot's programs share them."""
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE_FILES, _CLONE_THREAD = 0x400, 0x10000
_CLOSE_RANGE, _CLOSE_RANGE_UNSHARE = 436, 2
_SETRLIMIT = {"x86_64": 160, "aarch64": 164}
_IOCTL = {"x86_64": 16, "aarch64": 29}
_FCNTL = {"x86_64": 72, "aarch64": 25}
_FCNTL_OWNERS, _IOCTL_OWNERS = (8, 15), (0x8901, 0x8902)
"""F_SETOWN, F_SETOWN_EX; FIOSETOWN, SIOCSPGRP: to whom the kernel sends a signal for a descriptor."""
_IOCTL_FLAGS = (0x40086602, 0x40046602, 0x401C5820)
"""FS_IOC_SETFLAGS, its 32-bit form, FS_IOC_FSSETXATTR: an owner may, by a descriptor that only reads."""
_SOCKET = {"x86_64": 41, "aarch64": 198}
_PRCTL = {"x86_64": 157, "aarch64": 167}
_SIGNALS = {"x86_64": (62, 129, 200, 234, 297, 424), "aarch64": (129, 138, 130, 131, 240, 424)}
"""kill, rt_sigqueueinfo, tkill, tgkill, rt_tgsigqueueinfo, pidfd_send_signal."""
_CLONE3 = 435
_OTHERS = {
    "x86_64": {
        "prlimit64": (302, 0, None), "sched_setparam": (142, 0, None), "sched_setscheduler": (144, 0, None),
        "sched_setaffinity": (203, 0, None), "sched_setattr": (314, 0, None), "setpriority": (141, 1, 2),
        "ioprio_set": (251, 1, 3),
    },
    "aarch64": {
        "prlimit64": (261, 0, None), "sched_setparam": (118, 0, None), "sched_setscheduler": (119, 0, None),
        "sched_setaffinity": (122, 0, None), "sched_setattr": (274, 0, None), "setpriority": (140, 1, 2),
        "ioprio_set": (30, 1, 3),
    },
}  # fmt: skip
"""What sets limits or priorities of a process: number, place of the process's number, the word for all of a user.

Denied but for the caller itself, 0, where no process namespace hides others of the same user: fork servers among them.
"""
_FILES = {
    "x86_64": {
        "inotify_add_watch": 254, "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197,
        "lremovexattr": 198, "fremovexattr": 199, "chown": 92, "fchown": 93, "lchown": 94, "fchownat": 260,
    },
    "aarch64": {
        "inotify_add_watch": 27, "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14,
        "lremovexattr": 15, "fremovexattr": 16, "fchownat": 54, "fchown": 55,
    },
}  # fmt: skip
"""Of which Landlock knows nothing: denied where all files of the machine stand in their places."""
_MODES = {
    "x86_64": {
        "chmod": 90, "fchmod": 91, "fchmodat": 268, "fchmodat2": 452, "utime": 132, "utimes": 235, "futimesat": 261,
        "utimensat": 280,
    },
    "aarch64": {"fchmod": 52, "fchmodat": 53, "fchmodat2": 452, "utimensat": 88},
}  # fmt: skip
"""Modes and times of files, of which Landlock knows nothing either: said to be done, as copying files needs them."""


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _give(value: int) -> bytes:
    return _step(_RETURN, value)


def _errno(code: int) -> bytes:
    return _give(_ERRNO | code)


def _argument(index: int) -> bytes:
    return _step(_LOAD, 16 + 8 * index)


def _upper(index: int) -> bytes:
    return _step(_LOAD, 20 + 8 * index)


def _on(number: int, body: list[bytes]) -> list[bytes]:
    """Run `body` for one system call, and allow it at its end; the number is in the accumulator before and after."""
    inner = [*body, _give(_ALLOW)]
    return [_step(_EQUAL, number, 0, len(inner)), *inner]


@functools.cache
def program(*, namespaces: bool, own_pid: int | None = None, modes: bool = True) -> bytes:
    """The filter for this machine.

    Without `namespaces` no socket can be made (a socketpair can), and nothing be set of other processes and of what
    Landlock does not know of files; without `modes` those of files stay as they are, for where others have the same
    owner. With `own_pid` signals go to that process alone, for where neither a process namespace nor Landlock keeps
    them in.
    """
    machine = kernel.MACHINE
    steps = [_step(_LOAD, _ARCHITECTURE), _step(_EQUAL, _AUDIT[machine], 1, 0), _give(_KILL), _step(_LOAD, _NUMBER)]
    if machine == "x86_64":
        steps += [_step(_AT_LEAST, _X32_BIT, 0, 1), _errno(ENOSYS)]
    steps += [_step(_AT_LEAST, _NEWEST, 0, 1), _errno(ENOSYS), _step(_EQUAL, _CLONE3, 0, 1), _errno(ENOSYS)]
    for number in sorted({*_COMMON.values(), *_DENIED[machine].values()}):
        steps += [_step(_EQUAL, number, 0, 1), _errno(EPERM)]
    steps += _on(_CLONE[machine], _clone())
    steps += _on(_CLOSE_RANGE, [_argument(2), _step(_ANY_BIT, _CLOSE_RANGE_UNSHARE, 0, 1), _errno(EPERM)])
    words = (*(() if own_pid is None else _IOCTL_OWNERS), *(() if namespaces else _IOCTL_FLAGS))
    steps += _on(_IOCTL[machine], [_argument(1), *_refuse(*_TERMINAL, *words)])
    steps += _on(_PRCTL[machine], _prctl())
    steps += _with_namespaces(machine) if namespaces else _without_namespaces(machine)
    if not modes:
        for number in _MODES[machine].values():
            steps += [_step(_EQUAL, number, 0, 1), _errno(0)]
    if own_pid is not None:
        steps += _on(_FCNTL[machine], [_argument(1), *_refuse(*_FCNTL_OWNERS)])
        for number in _SIGNALS[machine]:
            steps += _on(number, [_argument(0), _step(_EQUAL, own_pid, 1, 0), _errno(EPERM)])
    return b"".join([*steps, _give(_ALLOW)])


def _clone() -> list[bytes]:
    """No namespaces; and no thread with descriptors of its own, which nobody would see who counts what is open."""
    return [
        _argument(0),
        _step(_ANY_BIT, _NAMESPACES, 0, 1), _errno(EPERM),
        _step(_ANY_BIT, _CLONE_THREAD, 0, 2), _step(_ANY_BIT, _CLONE_FILES, 1, 0), _errno(EPERM),
    ]  # fmt: skip


def _prctl() -> list[bytes]:
    """A program dies with its fork server whatever it wants, and can be looked at; it gets no filter of its own."""
    return [
        _argument(0),
        *_refuse(kernel.PR_SET_SECCOMP),
        _step(_EQUAL, kernel.PR_SET_PDEATHSIG, 0, 4),
        _argument(1), _step(_EQUAL, signal.SIGKILL, 1, 0), _errno(EPERM), _give(_ALLOW),
        _step(_EQUAL, kernel.PR_SET_DUMPABLE, 0, 3),
        _argument(1), _step(_EQUAL, 0, 0, 1), _errno(EPERM),
    ]  # fmt: skip


def _with_namespaces(machine: str) -> list[bytes]:
    allowed = [_step(_EQUAL, family, len(_FAMILIES) - at, 0) for at, family in enumerate(_FAMILIES)]
    return _on(_SOCKET[machine], [_argument(0), *allowed, _errno(EACCES)])


def _without_namespaces(machine: str) -> list[bytes]:
    steps = _on(_SOCKET[machine], [_errno(EACCES)])
    for number in _FILES[machine].values():
        steps += [_step(_EQUAL, number, 0, 1), _errno(EPERM)]
    steps += _on(_SETRLIMIT[machine], [_argument(0), *_refuse(kernel.RLIMIT_MARK)])
    for name, (number, place, everybody) in _OTHERS[machine].items():
        own = [_argument(place), _step(_EQUAL, 0, 1, 0), _errno(EPERM)]
        if name == "prlimit64":  # to read the mark is harmless: the new limit's address is 0
            own += [_argument(1), _step(_EQUAL, kernel.RLIMIT_MARK, 0, 5), _argument(2), _step(_EQUAL, 0, 0, 2)]
            own += [_upper(2), _step(_EQUAL, 0, 1, 0), _errno(EPERM)]
        steps += _on(number, own if everybody is None else [*own, _argument(0), *_refuse(everybody)])
    return steps


def _refuse(*words: int) -> list[bytes]:
    return [step for word in words for step in (_step(_EQUAL, word, 0, 1), _errno(EPERM))]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install(filter_program: bytes) -> None:
    """Bind this process, and all it will start, to the filter; needs no_new_privs. Raises OSError."""
    described = _Program(len(filter_program) // 8, filter_program)
    mode_filter = 2
    kernel.prctl(kernel.PR_SET_SECCOMP, mode_filter, ctypes.addressof(described))
