"""The tiers of confinement, step by step: what a fork server does to itself once, and what each program is bound by.

A  namespaces made with a user namespace · B  as root, where user namespaces are denied · C  Landlock and seccomp
alone · none  no jail: asked for by name, and every verdict says so.
"""

import os
import resource
import signal
import sys
from contextlib import suppress
from typing import Any

from harness.sandbox.inside import kernel
from harness.sandbox.inside import landlock
from harness.sandbox.inside import root
from harness.sandbox.inside import seccomp

_SHARED = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
INNER_ID = 1000
_CORES_NOTHING = (0, 0)


def enter(tier: str, paths: list[str], uid: int | None, files: str, *, search: bool) -> int | None:
    """Confine this fork server, and with it all it will start; raises OSError.

    `uid` is the slot's own where we are root.
    `search` lets that user read in tier C what only root may, as the interpreter itself can be; Landlock says where.
    What comes back is a descriptor of the folder `files` that can only be read, where its owner is who programs run
    as and a mount can be made.
    """
    tree = None
    if tier == "A":
        tree = _enter_with_users(paths, uid, files)
    elif tier == "B":
        kernel.unshare(_SHARED)
        root.enter(paths)
    elif tier == "C" and uid is not None:
        _become(uid, search=search)
    if sys.platform == "linux":
        # where no process namespace ends orphans, they come to us
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    if tier != "none":
        _prepare(tier)
    return tree


def _prepare(tier: str) -> None:
    """Do once here what would be the same in every program."""
    kernel.bound_capabilities()
    landlock.version()
    for modes in (True, False):
        seccomp.program(namespaces=tier in "AB", own_pid=None, modes=modes or tier in "AB")


def _enter_with_users(paths: list[str], uid: int | None, files: str) -> int | None:
    tree = None
    if uid is not None:
        # as root what root alone may read can be bound; afterwards nothing is left of root
        kernel.unshare(kernel.CLONE_NEWNS)
        root.enter(paths)
        _become(uid)
    own_user, own_group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.CLONE_NEWUSER | _SHARED)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{INNER_ID} {own_user} 1")
    _write("/proc/self/gid_map", f"{INNER_ID} {own_group} 1")
    if uid is None:
        with suppress(FileNotFoundError):
            tree = kernel.read_only_tree(files)
        root.enter(paths)
    return tree


def _become(uid: int, *, search: bool = False) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    if search:
        kernel.prctl(kernel.PR_SET_KEEPCAPS, 1)
    os.setresuid(uid, uid, uid)
    if search:
        kernel.drop_capabilities(search=True)
    # a change of user hides /proc/self from its new owner
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def clone_flags(tier: str, *, writes: bool) -> int:
    """The namespaces each program gets for itself; one that `writes` has files of its own."""
    if tier not in "AB":
        return 0
    return kernel.CLONE_NEWPID | (kernel.CLONE_NEWNS if writes else 0)


def confine(job: dict[str, Any]) -> None:
    """Bind this fresh child: files, limits, rights, files again, system calls. Raises OSError, and then must not go on.

    `job` has tier, paths, uid (where we are root), search, folder (of tier C and none), readable, limits, writes,
    options, mark (a number that stays on all it starts), entry.
    """
    tier, limits = job["tier"], job["limits"]
    kernel_ties = tier != "none"
    if kernel_ties:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if tier in "AB" and job["writes"]:
        root.fresh(limits["disk"], limits["files"], job["paths"])
        if tier == "B":
            for name in ("", *root.FOLDERS):
                os.chown(f"{root.SCRATCH}/{name}", job["uid"], job["uid"])
    folder = f"{root.SCRATCH}/work" if tier in "AB" else job["folder"]
    os.chdir(folder if job["writes"] else "/")
    if job["writes"]:
        os.environ.update(HOME=folder, **({} if tier in "AB" else {"TMPDIR": folder}))
    os.setsid()
    processes = limits["processes"] + (0 if tier in "AB" or job["uid"] is not None else _own_processes())
    _limit(limits, processes, 0 if tier in "AB" else job["mark"])
    if not kernel_ties:
        return
    if tier == "B":
        _become(job["uid"])
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.drop_capabilities(search=tier == "C" and job["search"])
    _restrict_files(job, folder)
    namespaced = tier in "AB"
    if job["entry"] == "tool":  # what it starts must not read its memory; it cannot be seen to itself afterwards
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    own = None if namespaced or landlock.version() >= landlock.SCOPE_VERSION else os.getpid()
    seccomp.install(seccomp.program(namespaces=namespaced, own_pid=own, modes=_sets_modes(job)))


def _sets_modes(job: dict[str, Any]) -> bool:
    """Whether modes and times of files can be set: where none of ours can be reached, and by linkers, who must."""
    return job["tier"] in "AB" or job["uid"] is not None or bool(job["options"].get("compile"))


def _restrict_files(job: dict[str, Any], folder: str) -> None:
    if not landlock.version():
        if job["tier"] == "C":
            raise OSError("Landlock: not in this kernel")
        return
    if job["tier"] == "C":
        writable = [folder] if job["writes"] else []
        landlock.restrict(job["readable"], [*writable, "/dev/null", "/dev/zero", "/dev/full"], network=False)
    else:
        writable = [root.SCRATCH] if job["writes"] else []
        landlock.restrict(["/"], [*writable, "/dev"], network=True)


def _limit(limits: dict[str, Any], processes: int, mark: int) -> None:
    bounds = {
        resource.RLIMIT_CPU: (limits["cpu_hard"], limits["cpu_hard"] + 1),
        resource.RLIMIT_CORE: _CORES_NOTHING,
        resource.RLIMIT_NOFILE: (limits["descriptors"],) * 2,
        resource.RLIMIT_FSIZE: (limits["disk"],) * 2,
    }
    for name, value in (("RLIMIT_NPROC", processes), ("RLIMIT_MEMLOCK", 1 << 16), ("RLIMIT_MSGQUEUE", 0)):
        if hasattr(resource, name):
            bounds[getattr(resource, name)] = (value, value)
    if mark:
        bounds[kernel.RLIMIT_MARK] = (mark, mark)
    if limits["address_space"]:
        size = limits["address_space"] + address_space()
        bounds[resource.RLIMIT_AS] = (size, size)
    for kind, wanted in bounds.items():
        hard = resource.getrlimit(kind)[1]
        fitting = [value if hard == resource.RLIM_INFINITY else min(value, hard) for value in wanted]
        with suppress(ValueError, OSError):  # macOS knows fewer of them
            resource.setrlimit(kind, (fitting[0], fitting[1]))


def _own_processes() -> int:
    """How many processes and threads this user has already: the limit counts them all where nothing sets ours apart."""
    count = 0
    with suppress(OSError):
        for name in os.listdir("/proc"):
            with suppress(OSError):
                if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.getuid():
                    count += len(os.listdir(f"/proc/{name}/task"))
    return count


def address_space() -> int:
    """The size of this process in bytes, from which a limit counts; 0 where /proc does not say."""
    with suppress(OSError), open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
    return 0
