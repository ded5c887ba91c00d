"""What /proc says of other processes (proc(5)): who there is, what each used, what it holds.

Each function raises OSError or ValueError where a process is gone meanwhile, or hides what is asked.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

_TICK = os.sysconf("SC_CLK_TCK")
_STATE, _PARENT, _CHILDREN_USER, _CHILDREN_SYSTEM, _START = 0, 1, 13, 14, 19
"""Places in /proc/PID/stat behind the name."""
_KIB = 1024
_OF_MEMORY = ("/dev/zero (deleted)", "/memfd:", "/SYSV")
_MEMORY_FILE, _SOCKET = "/memfd:", "socket:["


class Stat(NamedTuple):
    """A process's state, a letter; its parent; the CPU time in seconds of its children that it waited for; its start.

    Number and start together name a process for ever.
    """

    state: str
    parent: int
    reaped: float
    start: int


def stat(pid: int) -> Stat:
    """The state of a process."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        words = file.read().rpartition(b")")[2].split()
    reaped = (int(words[_CHILDREN_USER]) + int(words[_CHILDREN_SYSTEM])) / _TICK
    return Stat(words[_STATE].decode(), int(words[_PARENT]), reaped, int(words[_START]))


def children(pid: int) -> list[int]:
    """The children of all threads of a process."""
    pids: list[int] = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
            pids += map(int, file.read().split())
    return pids


def descendants(pid: int) -> list[int]:
    """A process and all below it, as far as /proc tells."""
    pids, waiting = [], [pid]
    while waiting:
        pid = waiting.pop()
        pids.append(pid)
        with suppress(OSError):
            waiting += children(pid)
    return pids


def chance_to_run() -> float:
    """The share of those that could run now, on the whole machine, that have a core; this process aside."""
    with open("/proc/loadavg", "rb") as file:
        ready = int(file.read().split()[3].partition(b"/")[0]) - 1
    return min(1.0, (os.cpu_count() or 1) / max(1, ready))


def kept_waiting(pid: int) -> float:
    """The seconds a process was ready and had no core; 0 where unknown."""
    with suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/schedstat", "rb") as file:
        return int(file.read().split()[1]) / 1e9
    return 0.0


class Memory(NamedTuple):
    """Resident bytes of a process: its own pages with those of its tables and in the swap, and shared ones."""

    own: int
    shared: int


def memory(pid: int) -> Memory:
    """What a process holds; where its first thread has ended, by another. Clean pages of files do not count."""
    amount = _memory(f"/proc/{pid}/status")
    if amount is None:
        for thread in os.listdir(f"/proc/{pid}/task"):
            amount = amount or _memory(f"/proc/{pid}/task/{thread}/status")
    return amount or Memory(0, 0)


def _memory(path: str) -> Memory | None:
    with open(path, "rb") as file:
        words = dict(line.split(b":", 1) for line in file if line.startswith((b"Rss", b"VmPTE", b"VmSwap")))
    if b"RssAnon" not in words:
        return None
    own, shared, tables, swapped = (
        int(words.get(name, b"0").split()[0]) * _KIB for name in (b"RssAnon", b"RssShmem", b"VmPTE", b"VmSwap")
    )
    return Memory(own + tables + swapped, shared)


def share(pid: int) -> Memory:
    """What a process holds where what several have counts in parts: slow, as every page is looked at."""
    with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        words = dict(line.split(b":", 1) for line in file if line.startswith((b"Pss_", b"SwapPss")))
    own, shared, swapped = (
        int(words.get(name, b"0").split()[0]) * _KIB for name in (b"Pss_Anon", b"Pss_Shmem", b"SwapPss")
    )
    return Memory(own + swapped, shared)


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds beside its pages: files in memory (identity, bytes), the numbers of its sockets.

    `hides` where there can be more than is seen: shared memory that lost its mapping, descriptors under way.
    """

    files: dict[tuple[int, int], int]
    sockets: frozenset[str]
    hides: bool


def held(pid: int, few: int) -> Held:
    """What a process holds; it hides where its files in memory cannot be seen, or some are under way in its sockets.

    Of the sockets the first `few` are asked what is under way in them.
    """
    files: dict[tuple[int, int], int] = {}
    sockets: set[str] = set()
    under_way = False
    for name, target in _descriptors(pid):
        if target.startswith(_MEMORY_FILE):
            with suppress(OSError):
                status = os.stat(f"/proc/{pid}/fd/{name}")
                files[status.st_dev, status.st_ino] = status.st_blocks * 512
        elif target.startswith(_SOCKET) and target not in sockets:
            sockets.add(target)
            under_way = under_way or (len(sockets) <= few and _under_way(pid, name))
    return Held(files, frozenset(sockets), under_way or bool(files) or _maps_memory(pid))


def _descriptors(pid: int) -> Iterator[tuple[str, str]]:
    folder = f"/proc/{pid}/fd"
    for name in os.listdir(folder):
        with suppress(OSError):
            yield name, os.readlink(f"{folder}/{name}")


def _under_way(pid: int, name: str) -> bool:
    """Whether descriptors lie in a socket that nobody has taken out yet."""
    with suppress(OSError), open(f"/proc/{pid}/fdinfo/{name}", "rb") as file:
        return any(line.startswith(b"scm_fds:") and int(line.split()[1]) for line in file)
    return False


def _maps_memory(pid: int) -> bool:
    """Whether it maps memory that others can, of which more can be in use than is mapped."""
    with open(f"/proc/{pid}/maps", "rb") as file:
        text = file.read()
    return any(name.encode() in text for name in _OF_MEMORY)


def machine() -> Memory | None:
    """The bytes that the whole machine could no longer give to programs, and those that are shared; None if unknown.

    The first counts from an unknown point: only differences say something.
    """
    with suppress(OSError, ValueError, KeyError), open("/proc/meminfo", "rb") as file:
        words = dict(line.split(b":", 1) for line in file)
        available, shared = (int(words[name].split()[0]) * _KIB for name in (b"MemAvailable", b"Shmem"))
        return Memory(-available, shared)
    return None
