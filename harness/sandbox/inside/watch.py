"""What a fork server does while programs run: counts their CPU time and memory, keeps first outputs, ends them in time.

CPU time decides; the wall clock is the generous second limit. Memory is bounded by asking again and again, so a limit
can be passed by what is touched between two looks.
"""

import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from functools import partial
from typing import Any

from harness.sandbox.inside import kernel
from harness.sandbox.inside import messages
from harness.sandbox.inside import processes
from harness.sandbox.inside import progress
from harness.sandbox.inside.channel import Channel
from harness.sandbox.inside.counters import Counters
from harness.sandbox.inside.counters import Metered
from harness.sandbox.inside.tree import Tree

_LOOK_S, _SPREAD_S = 0.005, 0.01
"""Looks come so long after each other at least, and at random so much later: nobody can hide between them."""
_FIRST_S = 0.01
"""Most programs have ended before the first look."""
_SHARE_OF_TIME = 0.25
_MUCH = 0.25
"""Of the memory it may have."""
_READ = 1 << 16
_PATIENCE_S = 5.0
_STOPPED_S = 1.0
_BY_ITSELF = frozenset({"ended", "stopped"})
"""Ends within all limits: a last look would tell nothing that the kernel does not tell of a whole namespace."""


@dataclass(slots=True)
class Watched:
    """A running program: where to read its output, what it may use, what it used.

    Attributes:
        pid: Its first process.
        output: The descriptor that its output comes from.
        setup: The descriptor that says how far its start has come.
        limits: What it may use.
        namespaced: Whether its processes are in a namespace of their own.
        counted: Whether all it used is told. Of any other only the limits are looked at; it is ours, so it is never
            stopped but by others.
        tree: Its processes.
        shared: The memory (bytes) that it had as it began, and that what it forks begins with.
        started: When it started, or its compiler had ended.
        kept: The beginning of its output.
        printed: The length of its output in bytes.
        spent_before: The CPU seconds of its compiler.
        cpu: The CPU seconds since.
        memory: The bytes it held at the last look.
        peak: The most bytes it held at a look.
        machine: Whether its memory was told by what the whole machine lost.
        calls: How many answers its judge had taken at the last look.
        before_call: The CPU seconds when the last of these was seen.
        slowest: The CPU seconds of the slowest call.
        stopped: When it was first seen stopped; 0 where it runs.
        phase: Whether it is the compiler or the program that runs.
        broken: Why it could not be started.
        ending: A descriptor that can be read when its first process has ended.
    """

    pid: int
    output: int
    setup: int
    limits: dict[str, Any]
    namespaced: bool
    counted: bool
    tree: Tree
    shared: int = 0
    started: float = field(default_factory=time.monotonic)
    kept: bytearray = field(default_factory=bytearray)
    printed: int = 0
    spent_before: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    peak: int = 0
    machine: bool = False
    calls: int = 0
    before_call: float = 0.0
    slowest: float = 0.0
    stopped: float = 0.0
    phase: str = "program"
    broken: bytes = b""
    ending: int = field(init=False)

    def __post_init__(self) -> None:
        self.ending = os.pidfd_open(self.pid)


def watch(programs: list[Watched], channel: Channel, counters: Counters | None = None) -> list[dict[str, Any]]:
    """Wait for the end of each program, or bring it about; what became of each, as messages in their order."""
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    for program in programs:
        for descriptor in (program.ending, program.output, program.setup):
            poll.register(descriptor, select.POLLIN)
    running, outcomes = list(programs), {}
    metered = Metered(counters)
    next_look = time.monotonic() + _FIRST_S + _pause()
    while running:
        ready = {descriptor for descriptor, _ in poll.poll(1000 * max(0.0, next_look - time.monotonic()) + 1)}
        told = _told(channel) if channel.fileno() in ready else ""
        begun = time.monotonic()
        due = begun >= next_look
        for program in tuple(running):
            _listen(program, ready, poll, partial(_measure, program, programs, metered))
            end = told or _end(program, ready, programs, metered, due=due)
            if end:
                for descriptor in (program.ending, program.output, program.setup):
                    with suppress(KeyError):
                        poll.unregister(descriptor)
                running.remove(program)
                outcomes[program.pid] = _finish(program, end, running, programs, metered)
        if due:
            now = time.monotonic()
            next_look = now + (_pause() if _nears(running) else max(_pause(), (now - begun) / _SHARE_OF_TIME))
    return [outcomes[program.pid] for program in programs]


def _nears(running: list[Watched]) -> bool:
    """Whether one holds so much that looks must not wait for their share of the time: it can be full by the next."""
    return any(_MUCH * program.limits["memory"] < program.memory for program in running)


def _pause() -> float:
    return _LOOK_S + _SPREAD_S * int.from_bytes(os.urandom(1), "little") / 256


def _told(channel: Channel) -> str:
    return "stopped" if channel.receive(messages.ORDERS) else "abandoned"


def _listen(program: Watched, ready: set[int], poll: select.poll, measure: Callable[[], int]) -> None:
    if program.setup in ready and not _phase(program, measure):
        poll.unregister(program.setup)
    if program.output in ready and not _drain(program):
        poll.unregister(program.output)


def _end(program: Watched, ready: set[int], programs: list[Watched], metered: Metered, *, due: bool) -> str:
    """How a program ended or must; an empty string while it may go on."""
    if program.ending in ready:
        return "ended"
    if program.printed > program.limits["output"]:
        return "output"
    return _beyond(program, programs, metered) if due else ""


def _phase(program: Watched, measure: Callable[[], int]) -> bool:
    """Read what the child says of itself before foreign code runs: confined, compiled, or what went wrong."""
    said = os.read(program.setup, 4096)
    if said.startswith(b"+"):
        program.shared = int(said[1:].partition(b"\n")[0]) * 1024
    if said.startswith(b"!") or program.broken:
        program.broken += said
    if b"c" in said and not program.broken:
        program.phase = "compiler"
    if b"p" in said and not program.broken:
        measure()
        program.phase = "program"
        program.spent_before, program.cpu, program.started = program.cpu + program.spent_before, 0.0, time.monotonic()
    return bool(said)


def _drain(program: Watched) -> bool:
    with suppress(BlockingIOError):
        chunk = os.read(program.output, _READ)
        program.printed += len(chunk)
        program.kept += chunk[: max(0, program.limits["kept"] - len(program.kept))]
        return bool(chunk)
    return True


def _beyond(program: Watched, programs: list[Watched], metered: Metered) -> str:
    """The limit that is passed, or an empty string."""
    limits = program.limits
    count = _measure(program, programs, metered)
    compiles = program.phase == "compiler"
    late = time.monotonic() - program.started - limits["wall"]
    passed = {
        "cpu": program.cpu > (limits["compile_cpu"] if compiles else limits["cpu"]),
        "call": program.counted and _time_of_call(program) > (limits["call"] or limits["cpu"]),
        "memory": program.memory > limits["memory"],
        "processes": count > limits["processes"],
        "halted": not program.counted and _is_stopped(program),
        "wall": late > (limits["compile_cpu"] if compiles else 0) and late > processes.kept_waiting(program.pid),
    }
    return next((name for name, is_passed in passed.items() if is_passed), "")


def _time_of_call(program: Watched) -> float:
    """The CPU time since the program's last answer was seen, in seconds; 0 while it is loaded."""
    calls, taken = progress.count(), program.cpu - program.before_call
    if calls == program.calls:
        return taken if calls else 0.0
    if program.calls:
        program.slowest = max(program.slowest, taken)
    program.calls, program.before_call = calls, program.cpu
    return 0.0


def _is_stopped(program: Watched) -> bool:
    """Whether somebody stopped it for longer than a moment."""
    now = time.monotonic()
    with suppress(OSError, ValueError, IndexError):
        if processes.stat(program.pid).state in "Tt":
            program.stopped = program.stopped or now
            return now - program.stopped > _STOPPED_S
    program.stopped = 0.0
    return False


def _measure(program: Watched, programs: list[Watched], metered: Metered) -> int:
    """Note what the tree uses; how many processes it has."""
    counted = program.counted and metered.counts_memory
    use = program.tree.look({other.pid for other in programs}, counted=counted)
    cpu, memory = use.cpu, use.memory
    program.peak = max(program.peak, 0 if use.machine else memory)
    if program.counted and metered.is_in_force:
        others = [other for other in programs if other is not program]
        exact = metered.cpu(sum(other.cpu + other.spent_before for other in others))
        cpu = cpu if exact is None else exact
        held = metered.memory(sum(other.memory for other in others), program.limits["disk"])
        memory = memory if held is None else held
    program.cpu = max(program.cpu, cpu - program.spent_before)
    program.memory = memory
    program.machine = use.machine
    return use.count


def _finish(
    program: Watched, end: str, running: list[Watched], programs: list[Watched], metered: Metered
) -> dict[str, Any]:
    if program.counted and (end not in _BY_ITSELF or not program.namespaced):
        _measure(program, programs, metered)
    status, usage = _kill(program, running)
    _drain_rest(program)
    for descriptor in (program.ending, program.output, program.setup):
        os.close(descriptor)
    code = os.waitstatus_to_exitcode(status)
    # a process namespace's first process takes what its children used with it; the last look has that
    cpu = max(program.cpu, usage.ru_utime + usage.ru_stime - program.spent_before)
    program.cpu, program.memory = cpu, 0
    most = usage.ru_maxrss * 1024 - program.shared
    # of what a tool starts, its compilers had this memory
    is_own = program.counted and bool(program.limits["address_space"])
    return {
        "end": end,
        "code": code,
        "phase": program.phase,
        "cpu": cpu,
        "slowest": max(program.slowest, cpu - program.before_call if program.calls else 0.0),
        "wall": time.monotonic() - program.started,
        "memory": max(program.peak, most, 0),
        "exceeded": is_own and most > program.limits["memory"],
        "machine": end == "memory" and program.machine,
        "output": program.kept.decode("utf-8", "replace"),
        "broken": _broken(program, end),
    }


def _broken(program: Watched, end: str) -> str:
    return "the judge was stopped" if end == "halted" else program.broken.decode("utf-8", "replace").removeprefix("!")


def _drain_rest(program: Watched) -> None:
    os.set_blocking(program.output, False)
    before = -1
    while program.printed != before and program.printed <= program.limits["output"]:
        before = program.printed
        _drain(program)


def _kill(program: Watched, running: list[Watched]) -> tuple[int, Any]:
    """End the program and all it started, not what is `running` yet. A process namespace's first takes the others."""
    if not program.namespaced:
        # a copy of it that sees it end may go on in its place and answer
        for pid in _left([other.pid for other in running]) - {program.pid}:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(program.pid, signal.SIGKILL)
    _, status, usage = os.wait4(program.pid, 0)
    if not program.namespaced:
        _kill_orphans([other.pid for other in running])
    return status, usage


def _left(spared: list[int]) -> set[int]:
    """All below us but what is spared, with its own."""
    return set(processes.descendants(os.getpid())[1:]).difference(*map(processes.descendants, spared))


def _kill_orphans(spared: list[int]) -> None:
    """Kill what was left to us as the subreaper, again and again: new ones may have been started meanwhile."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        left = _left(spared)
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):  # it is a child of one that is being killed
                os.waitpid(pid, os.WNOHANG | kernel.WALL)
        if not left:
            return
