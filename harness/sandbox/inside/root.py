"""The file system a jail sees: a small root of its own with the system's programs, read-only, and nothing else.

Built once by each fork server. A program gets over it a fresh file system in memory at `SCRATCH`, where its folder,
/tmp and /dev/shm lie, and the /proc of its own process namespace.
"""

import os
import stat
from contextlib import suppress

from harness.sandbox.inside import kernel

SCRATCH = "/scratch"
FOLDERS = ("work", "tmp", "shm")
_BASES = ("/tmp", "/mnt", "/media", "/srv", "/opt")  # noqa: S108 - only mounted over, in a namespace of our own
_KEPT = "/kept"
_FOR_OTHERS = stat.S_IROTH | stat.S_IXOTH
_COVERED = {"/tmp/": "tmp", "/var/tmp/": "tmp", "/dev/shm/": "shm"}  # noqa: S108 - what a program has anew
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "alternatives",
    "localtime",
    "timezone",
    "mime.types",
    "ssl/openssl.cnf",
)
_DEVICES = ("null", "zero", "full", "random", "urandom")
_PLAIN = {
    "passwd": "user:x:1000:1000::/scratch/work:/bin/sh\n",
    "group": "user:x:1000:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def enter(paths: list[str]) -> None:
    """Make the root, with the system's folders and `paths` at their own places, and move into it. Raises OSError.

    Needs a mount namespace of its own and the right to mount in it. Of `paths` those under /tmp, an environment made
    there for one, are kept aside as well, as each program's own /tmp would cover them.
    """
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    base = _base(paths)
    kernel.mount("jail", base, "tmpfs", kernel.MS_NOSUID, "mode=755,size=1m,nr_inodes=4096")
    _links(base)
    # parents first: a folder inside one that is bound already is there
    done: list[str] = []
    for path in sorted({*_SYSTEM, *paths, *(f"/etc/{name}" for name in _ETC)}):
        if not any(path.startswith(f"{parent}/") for parent in done) and _bind(path, base + _shown(path)):
            done.append(path)
            if _shown(path) != path:
                _bind(path, base + _KEPT + path)
    _etc(base)
    _devices(base)
    _make(f"{base}/proc")
    kernel.mount("/proc", f"{base}/proc", None, kernel.MS_BIND | kernel.MS_REC)
    os.mkdir(f"{base}/old")
    kernel.pivot_root(base, f"{base}/old")
    os.chdir("/")
    kernel.unmount("/old")
    os.rmdir("/old")
    kernel.mount("none", "/", None, kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID)


def _base(paths: list[str]) -> str:
    """A folder to build the root on that covers none of what is to be in it."""
    for base in _BASES:
        if os.path.isdir(base) and not any(path.startswith(f"{base}/") for path in paths):
            return base
    raise OSError(f"no folder of {', '.join(_BASES)} that holds nothing of the interpreter or the tools")


def _shown(path: str) -> str:
    """Where a path really lies in the jail: inside `SCRATCH`, where the path leads there by a link."""
    for start, name in _COVERED.items():
        if path.startswith(start):
            return f"{SCRATCH}/{name}/{path.removeprefix(start)}"
    return path


def fresh(disk: int, files: int, paths: list[str]) -> None:
    """What each program has for itself; needs its own mount and process namespace. Sizes in bytes and inodes.

    `paths` are those that `enter` was given.
    """
    flags = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("scratch", SCRATCH, "tmpfs", flags, f"mode=755,size={disk},nr_inodes={files}")
    for name in FOLDERS:
        os.mkdir(f"{SCRATCH}/{name}")
    for path in paths:
        if _shown(path) != path and os.path.isdir(_KEPT + path):
            _make(_shown(path))
            kernel.mount(_KEPT + path, _shown(path), None, kernel.MS_BIND | kernel.MS_REC)
    try:
        kernel.mount("proc", "/proc", "proc", flags | kernel.MS_NOEXEC)
    except PermissionError:
        # another program's mounts lie over parts of /proc: what is left is the part that tells of processes
        kernel.mount("proc", "/proc", "proc", flags | kernel.MS_NOEXEC, "subset=pid")


def _links(base: str) -> None:
    _make(f"{base}{SCRATCH}")
    _make(f"{base}/dev")
    _make(f"{base}/var")
    for link, target in (("tmp", "tmp"), ("var/tmp", "tmp"), ("dev/shm", "shm")):
        os.symlink(f"{SCRATCH}/{target}", f"{base}/{link}")
    os.symlink("/proc/self/fd", f"{base}/dev/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{base}/dev/{name}")


def _bind(source: str, target: str) -> bool:
    if os.path.islink(source) and os.path.dirname(source) == "/":
        os.symlink(os.readlink(source), target)
        return False
    if not os.path.exists(source):
        return False
    if not os.path.isdir(source):
        _make(os.path.dirname(target))
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
        _mount(source, target)
    elif _is_open(source):
        _make(target)
        _mount(source, target)
    else:
        _open(source, target)
    return True


def _is_open(folder: str) -> bool:
    """Whether every user may list it and go in."""
    return os.stat(folder).st_mode & _FOR_OTHERS == _FOR_OTHERS


def _open(source: str, target: str) -> None:
    """Make a folder with the entries of one that is its owner's alone, as of `mktemp -d`, for a slot's own user."""
    _make(target)
    for entry in os.scandir(source):
        inside = f"{target}/{entry.name}"
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), inside)
        elif entry.is_dir():
            _make(inside)
            _mount(entry.path, inside)
        elif entry.is_file():
            os.close(os.open(inside, os.O_CREAT | os.O_WRONLY, 0o644))
            _mount(entry.path, inside)


def _mount(source: str, target: str) -> None:
    kernel.mount(source, target, None, kernel.MS_BIND | kernel.MS_REC)
    kernel.read_only(target, devices=False)


def _make(path: str) -> None:
    os.makedirs(path, 0o755, exist_ok=True)


def _etc(base: str) -> None:
    _make(f"{base}/etc")
    for name, text in _PLAIN.items():
        with open(f"{base}/etc/{name}", "w", encoding="ascii") as file:
            file.write(text)


def _devices(base: str) -> None:
    for name in _DEVICES:
        source, target = f"/dev/{name}", f"{base}/dev/{name}"
        with suppress(OSError):
            if stat.S_ISCHR(os.stat(source).st_mode):
                os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
                kernel.mount(source, target, None, kernel.MS_BIND)
