"""What a program uses with all it starts, by looking at its tree of processes again and again.

Of children that nobody waited for (SIGCHLD ignored) the kernel keeps no CPU time: what they were last seen with is
kept here, and as most short ones are never seen, each one seen running stands for the time since the look before, as
in a kernel that counts by its tick. A program cannot know when a look comes: the times between are random.
"""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field

from harness.sandbox.inside import kernel
from harness.sandbox.inside import processes

_SHARE_OF_TIME = 0.2
"""Of its time a fork server may spend so much on the slow looks."""
_LOST_S, _LOST_SHARE = 0.2, 0.5
"""So much more must be lost than was waited for before it counts: looks are a sample."""
_LONGEST_S = 0.05
_FEW_SOCKETS = 32


@dataclass(slots=True)
class _Seen:
    """A living process: CPU seconds at the last look, the estimate of them, of its children, bytes it began with."""

    cpu: float
    estimate: float
    reaped: float
    began: int
    looked: int = 0


@dataclass(slots=True)
class Use:
    """What a tree uses at one look: processes, CPU seconds so far, bytes.

    `machine` where the bytes are what the whole machine lost since the tree began, which others can have taken.
    """

    count: int
    cpu: float
    memory: int
    machine: bool = False


@dataclass(slots=True)
class Tree:
    """One program's processes.

    Attributes:
        pid: The first process; all below it are the program's.
        base: The bytes that its first process began with, as do those it forks.
        limit: The bytes it may have.
        orphans: Whether all that came to this process are the program's too.
        trusted: Whether the first process runs no code of the program's.
        _seen: The living processes at the last look, by pid and start.
        _vanished: CPU seconds of processes that are gone, as estimated.
        _waited: CPU seconds of processes that were waited for.
        _reaped_here: CPU seconds of orphans that this process waited for.
        _looked: When the last look began.
        _deep: When the next slow look may begin.
        _files: The bytes of its files in memory at the last slow look.
        _hides: Whether some of what it holds cannot be seen.
        _machine: What the machine had left when the tree began.
    """

    pid: int
    base: int
    limit: int
    orphans: bool
    trusted: bool
    _seen: dict[tuple[int, int], _Seen] = field(default_factory=dict)
    _vanished: float = 0.0
    _waited: float = 0.0
    _reaped_here: float = 0.0
    _looked: float = field(default_factory=time.monotonic)
    _deep: float = 0.0
    _files: int = 0
    _hides: bool = False
    _machine: processes.Memory | None = None

    def look(self, others: set[int], *, counted: bool) -> Use:
        """Look at all of it now; `others` are processes of ours that are none of the program's.

        Where its memory is `counted` elsewhere, the slow looks for what hides are spared.
        """
        now = time.monotonic()
        since, self._looked = min(now - self._looked, _LONGEST_S), now
        if self._machine is None:
            self._machine = processes.machine()
        pids = self._pids(others)
        cpu = self._count_time(pids, since)
        return self._weigh(pids, cpu, now, counted=counted)

    def _pids(self, others: set[int]) -> list[int]:
        pids = processes.descendants(self.pid)
        if self.orphans:
            known = {*pids, *others}
            with suppress(OSError):
                for child in processes.children(os.getpid()):
                    if child not in known and not self._reap(child):
                        pids += processes.descendants(child)
        return pids

    def _reap(self, pid: int) -> bool:
        """Take an orphan that ended, with what it and its children used."""
        with suppress(ChildProcessError):
            ended, _, usage = os.wait4(pid, os.WNOHANG | kernel.WALL)
            if ended:
                self._reaped_here += usage.ru_utime + usage.ru_stime
                self._waited += usage.ru_utime + usage.ru_stime
            return bool(ended)
        return True

    def _count_time(self, pids: list[int], since: float) -> float:
        """The CPU time of all that lived, in seconds."""
        present: dict[tuple[int, int], _Seen] = {}
        missing = dict(self._seen)
        for pid in pids:
            self._see(pid, since, present, missing)
        for pid, start in list(missing):  # a list of children can lack one while others end
            self._see(pid, since, present, missing, start)
        for gone in missing.values():
            self._vanished += gone.estimate + gone.reaped
        self._seen = present
        living = sum(seen.cpu + seen.reaped for seen in present.values()) + self._reaped_here
        lost = self._vanished - self._waited
        return living + (lost if lost > _LOST_S + _LOST_SHARE * self._waited else 0.0)

    def _see(
        self,
        pid: int,
        since: float,
        present: dict[tuple[int, int], _Seen],
        missing: dict[tuple[int, int], _Seen],
        wanted: int | None = None,
    ) -> None:
        try:
            state = processes.stat(pid)
            key = (pid, state.start)
            if key in present or wanted not in {None, state.start}:
                return
            cpu = kernel.cpu_seconds(pid)
            seen = missing.pop(key, None)
            if seen is None:
                running = state.state == "R"
                estimate = since * processes.chance_to_run() if running and pid != self.pid else cpu
                seen = _Seen(cpu, max(estimate, cpu), 0.0, self.base)
        except (OSError, ValueError, IndexError):
            return
        self._waited += state.reaped - seen.reaped
        seen.estimate += cpu - seen.cpu
        seen.cpu, seen.reaped = cpu, state.reaped
        present[key] = seen

    def _weigh(self, pids: list[int], cpu: float, now: float, *, counted: bool) -> Use:
        own = shared = beyond = 0
        began = {pid: seen for (pid, _), seen in self._seen.items()}
        for pid in pids:
            with suppress(OSError, ValueError, IndexError):
                memory = processes.memory(pid)
                own, shared = own + memory.own, shared + memory.shared
                if pid in began:
                    # what it runs since an exec began small
                    began[pid].began = min(began[pid].began, memory.own)
                    beyond += memory.own - began[pid].began
        if not counted and now > self._deep:
            self._look_deep(pids, now)
        beyond += max(shared, self._files)
        gross = own - self.base + max(shared, self._files)
        if not counted and max(beyond, gross) > self.limit:
            beyond = self._exact(pids)
        lost = self._lost() if not counted and self._hides else 0
        if lost > self.limit >= beyond:
            return Use(len(pids), cpu, lost, machine=True)
        return Use(len(pids), cpu, beyond)

    def _lost(self) -> int:
        """The bytes that the machine lost since the first look, or that are shared since then where that is more."""
        began, now = self._machine, processes.machine()
        return 0 if began is None or now is None else max(now.own - began.own, now.shared - began.shared)

    def _look_deep(self, pids: list[int], now: float) -> None:
        """See what is in memory and in no process's pages, and whether there can be more."""
        files: dict[tuple[int, int], int] = {}
        sockets: set[str] = set()
        hides = False
        for pid in pids:
            try:
                held = processes.held(pid, _FEW_SOCKETS)
            except PermissionError:
                hides = hides or not (self.trusted and pid == self.pid)
                continue
            except (OSError, ValueError):
                continue
            files.update(held.files)
            sockets |= held.sockets
            hides = hides or held.hides
        self._files = sum(files.values())
        self._hides = self._hides or hides or len(sockets) > _FEW_SOCKETS
        done = time.monotonic()
        self._deep = done + (done - now) / _SHARE_OF_TIME

    def _exact(self, pids: list[int]) -> int:
        """The bytes with what processes share counted once."""
        own = shared = 0
        for pid in pids:
            with suppress(OSError, ValueError, IndexError):
                try:
                    memory = processes.share(pid)
                except OSError:  # it hides that, or its first thread has ended
                    memory = processes.memory(pid)
                own, shared = own + memory.own, shared + memory.shared
        # what it began with is shared with its fork server and its judge too
        began = self.base * len(pids) // (len(pids) + 2)
        return max(own - began, 0) + max(shared, self._files)
