"""What a keeper does while programs run: counts their CPU time and memory, keeps first outputs, ends them in time.

CPU time decides; the wall clock is the generous second limit. Without cgroups a tree's memory is bounded by asking
again and again, so a limit can be passed by what is touched between two looks.
"""

import os
import select
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from harness.sandbox.inside import kernel
from harness.sandbox.inside.wire import Channel

_LOOK_S = 0.01
_READ = 1 << 16
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE_S = 5.0


@dataclass(slots=True)
class Watched:
    """A running program: where to read its output, what it may use, what it used.

    `shared` is the memory (bytes) that it had as it began, and that what it forks begins with. What one that is not
    `counted` used is looked at for its limits alone.
    """

    pid: int
    output: int
    setup: int
    limits: dict[str, Any]
    namespaced: bool
    counted: bool
    shared: int = 0
    started: float = field(default_factory=time.monotonic)
    kept: bytearray = field(default_factory=bytearray)
    printed: int = 0
    spent_before: float = 0.0
    cpu: float = 0.0
    peak: int = 0
    phase: str = "program"
    broken: bytes = b""
    ending: int = field(init=False)

    def __post_init__(self) -> None:
        self.ending = os.pidfd_open(self.pid)


def watch(programs: list[Watched], channel: Channel) -> list[dict[str, Any]]:
    """Wait for the end of each program, or bring it about; what became of each, as messages in their order."""
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    for program in programs:
        for descriptor in (program.ending, program.output, program.setup):
            poll.register(descriptor, select.POLLIN)
    running, found = list(programs), {}
    looked = time.monotonic()
    while running:
        ready = {descriptor for descriptor, _ in poll.poll(1000 * _LOOK_S)}
        told = _told(channel) if channel.fileno() in ready else ""
        due = time.monotonic() - looked >= _LOOK_S
        for program in tuple(running):
            _listen(program, ready, poll)
            end = told or _end(program, ready, due=due)
            if end:
                for descriptor in (program.ending, program.output, program.setup):
                    with suppress(KeyError):
                        poll.unregister(descriptor)
                running.remove(program)
                found[program.pid] = _finish(program, end, running)
        looked = time.monotonic() if due else looked
    return [found[program.pid] for program in programs]


def _told(channel: Channel) -> str:
    return "stopped" if channel.receive() else "abandoned"


def _listen(program: Watched, ready: set[int], poll: select.poll) -> None:
    if program.setup in ready and not _phase(program):
        poll.unregister(program.setup)
    if program.output in ready and not _drain(program):
        poll.unregister(program.output)


def _end(program: Watched, ready: set[int], *, due: bool) -> str:
    """How a program ended or must; an empty string while it may go on."""
    if program.ending in ready:
        return "ended"
    if program.printed > program.limits["output"]:
        return "output"
    return _beyond(program) if due else ""


def _phase(program: Watched) -> bool:
    """Read what the child says of itself before foreign code runs: confined, compiled, or what went wrong."""
    said = os.read(program.setup, 4096)
    if said.startswith(b"+"):
        program.shared = int(said[1:].partition(b"\n")[0]) * 1024
    if said.startswith(b"!") or program.broken:
        program.broken += said
    if b"c" in said and not program.broken:
        program.phase = "compiler"
    if b"p" in said and not program.broken:
        _measure(program)
        program.phase = "program"
        program.spent_before, program.cpu, program.started = program.cpu + program.spent_before, 0.0, time.monotonic()
    return bool(said)


def _drain(program: Watched) -> bool:
    with suppress(BlockingIOError):
        found = os.read(program.output, _READ)
        program.printed += len(found)
        program.kept += found[: max(0, program.limits["kept"] - len(program.kept))]
        return bool(found)
    return True


def _beyond(program: Watched) -> str:
    """The limit that is passed, or an empty string."""
    limits = program.limits
    count, memory = _measure(program)
    if program.cpu > (limits["compile_cpu"] if program.phase == "compiler" else limits["cpu"]):
        return "cpu"
    if memory > limits["memory"]:
        return "memory"
    if count > limits["processes"]:
        return "processes"
    late = time.monotonic() - program.started - limits["wall"]
    if late > (limits["compile_cpu"] if program.phase == "compiler" else 0) and late > _kept_waiting(program.pid):
        return "wall"
    return ""


def _kept_waiting(pid: int) -> float:
    """The seconds a process was ready and had no core (the kernel's sched-stats.rst); 0 where unknown."""
    with suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e9
    return 0.0


def _measure(program: Watched) -> tuple[int, int]:
    """How many processes the tree has, and its resident bytes beyond what each began with."""
    pids = descendants(program.pid)
    spent, memory = 0.0, 0
    for pid in pids:
        with suppress(OSError, ValueError, IndexError):
            spent += kernel.cpu_seconds(pid) + _reaped(pid)
        with suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/statm", encoding="ascii") as file:
            words = file.read().split()
            memory += max(0, int(words[1]) * _PAGE - program.shared)
    program.cpu = max(program.cpu, spent - program.spent_before)
    program.peak = max(program.peak, memory)
    return len(pids), memory


def _reaped(pid: int) -> float:
    """The CPU time of a process's children that ended, in seconds."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[13]) + int(words[14])) / _TICK


def descendants(pid: int) -> list[int]:
    """A process and all below it, as far as /proc tells."""
    found, waiting = [], [pid]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                    waiting += map(int, file.read().split())
    return found


def _finish(program: Watched, end: str, running: list[Watched]) -> dict[str, Any]:
    if end != "ended" and program.counted:
        _measure(program)
    status, usage = _kill(program, running)
    _drain_rest(program)
    for descriptor in (program.ending, program.output, program.setup):
        os.close(descriptor)
    code = os.waitstatus_to_exitcode(status)
    # a process namespace's first process takes what its children used with it; the last look has that
    cpu = max(program.cpu, usage.ru_utime + usage.ru_stime - program.spent_before)
    return {
        "end": end,
        "code": code,
        "phase": program.phase,
        "cpu": cpu,
        "wall": time.monotonic() - program.started,
        "memory": max(program.peak, usage.ru_maxrss * 1024 - program.shared, 0),
        "output": program.kept.decode("utf-8", "replace"),
        "broken": program.broken.decode("utf-8", "replace").removeprefix("!"),
    }


def _drain_rest(program: Watched) -> None:
    os.set_blocking(program.output, False)
    before = -1
    while program.printed != before and program.printed <= program.limits["output"]:
        before = program.printed
        _drain(program)


def _kill(program: Watched, running: list[Watched]) -> tuple[int, Any]:
    """End the program and all it started, not what is `running` yet. A process namespace's first takes the others."""
    with suppress(ProcessLookupError):
        os.kill(program.pid, signal.SIGKILL)
    _, status, usage = os.wait4(program.pid, 0)
    if not program.namespaced:
        _kill_orphans([other.pid for other in running])
    return status, usage


def _kill_orphans(spared: list[int]) -> None:
    """Kill what was left to us as the subreaper, again and again: new ones may have been started meanwhile."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        left = set(descendants(os.getpid())[1:]).difference(*map(descendants, spared))
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):  # it is a child of one that is being killed
                os.waitpid(pid, os.WNOHANG)
        if not left:
            return
