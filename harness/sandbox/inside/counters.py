"""The counters of this fork server's control group, read by descriptors that were opened before the confinement."""

import os
import time
from contextlib import suppress
from typing import Any

_MOST = 1 << 14
_FIRST = ("total_rss", "total_shmem", "total_swap")
_SECOND = ("anon", "shmem", "kernel", "sock")


class Counters:
    """CPU time and memory of the group this process is in; raises OSError where it cannot be entered."""

    def __init__(self, group: dict[str, Any]) -> None:
        self._cpu = None if group["cpu"] is None else os.open(group["cpu"], os.O_RDONLY | os.O_CLOEXEC)
        self._memory = [os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in group["memory"]]
        for folder in group["folders"]:
            with open(f"{folder}/cgroup.procs", "w", encoding="ascii") as file:
                file.write("0")

    def cpu(self) -> float | None:
        """The seconds that all in it ever used; None where nobody counts."""
        if self._cpu is None:
            return None
        words = os.pread(self._cpu, _MOST, 0).split()
        return int(words[0]) / 1e9 if len(words) == 1 else int(words[1]) / 1e6

    def memory(self) -> int | None:
        """The bytes that all in it hold now, the kernel's for them among these, clean pages of files not."""
        if not self._memory:
            return None
        words = os.pread(self._memory[0], _MOST, 0).decode("ascii").split()
        sizes = dict(zip(words[::2], words[1::2], strict=False))
        if len(self._memory) == 1:
            return sum(int(sizes.get(name, 0)) for name in _SECOND)
        kernel = 0
        with suppress(ValueError):
            kernel = int(os.pread(self._memory[1], _MOST, 0))
        return sum(int(sizes.get(name, 0)) for name in _FIRST) + kernel


class Metered:
    """What one program used of a group that its fork server and its judge are in as well, from now on."""

    def __init__(self, counters: Counters | None) -> None:
        self._counters = counters
        self._cpu = None if counters is None else counters.cpu()
        self._memory = None if counters is None else counters.memory()
        self._own = time.process_time()

    @property
    def is_in_force(self) -> bool:
        """Whether there is a group at all."""
        return self._counters is not None

    @property
    def counts_memory(self) -> bool:
        """Whether the group counts memory."""
        return self._memory is not None

    def cpu(self, others: float) -> float | None:
        """The CPU seconds, but for what the `others` used; None where nobody counts."""
        now = None if self._counters is None else self._counters.cpu()
        if now is None or self._cpu is None:
            return None
        return now - self._cpu - (time.process_time() - self._own) - others

    def memory(self, others: int, files: int) -> int | None:
        """The bytes, but for what the `others` hold and for the `files` it may have in memory; None likewise."""
        now = None if self._counters is None else self._counters.memory()
        if now is None or self._memory is None:
            return None
        return max(0, now - self._memory - others - files)
