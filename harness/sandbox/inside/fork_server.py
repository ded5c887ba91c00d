"""The program that starts programs: a warm interpreter, confined, that forks for each job and watches over what runs.

A fresh program with an empty environment, never a fork of pytest; one thread, so that a fork copies no held lock.
It never reads what it passes on: code and tests go through pipes to the child that needs them.
"""

import fcntl
import gc
import importlib
import os
import resource
import signal
import socket
import stat
import sys
import warnings
from contextlib import suppress
from typing import Any

from harness.sandbox.inside import jail
from harness.sandbox.inside import kernel
from harness.sandbox.inside import messages
from harness.sandbox.inside import processes
from harness.sandbox.inside import progress
from harness.sandbox.inside.channel import Channel
from harness.sandbox.inside.counters import Counters
from harness.sandbox.inside.network import Network
from harness.sandbox.inside.tree import Tree
from harness.sandbox.inside.watch import Watched
from harness.sandbox.inside.watch import watch

_WARM = (
    "abc", "array", "ast", "base64", "bisect", "calendar", "cmath", "collections", "contextlib", "copy", "csv",
    "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "io", "itertools",
    "json", "linecache", "math", "numbers", "operator", "random", "re", "statistics", "string", "struct", "sys",
    "textwrap", "time", "traceback", "types", "typing",
)  # fmt: skip
_ENVIRONMENT = {
    "HOME": "/scratch/work",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow, which pandas imports, would start one
    "LANG": "C.UTF-8",
    "MIMALLOC_ARENA_RESERVE": "64MiB",  # pyarrow's allocator would reserve 1 GiB of address space
    "PATH": f"{os.path.dirname(sys.executable)}:/usr/local/bin:/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "USER": "user",
} | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
_REHEARSALS = 20
"""The interpreter specialises a line after some runs of it; what a fork runs once would stay as it is."""
_SET_ASIDE, _HIGHEST = 64, 1024
_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def main(descriptor: int) -> None:
    """Serve one slot until it hangs up."""
    channel = Channel(socket.socket(fileno=descriptor))
    first = channel.receive(messages.CONFIG)
    if first is None:
        return
    config = first[0]
    os.environ.update(_ENVIRONMENT)
    try:
        missing = _warm_up(config)
        if _threads() != 1:
            channel.send({"threads": True})
            return
        counters = None if config["group"] is None else Counters(config["group"])
        tree = jail.enter(config["tier"], config["paths"], config["uid"], config["files"], search=config["search"])
        _die_with(config["owner"])
        network = Network() if config["tier"] in "AB" else None
    except OSError as error:
        channel.send({"error": f"{error.strerror or error}"})
        return
    channel.send({"missing": missing})
    while (message := channel.receive(messages.ORDERS)) is not None:
        asked, descriptors = message
        if "stop" in asked:  # what it was meant for had ended by itself
            continue
        jobs = [{**config, **job} for job in asked["jobs"]]
        if config["tier"] == "A" and config["uid"] is None:
            descriptors = [_read_only(descriptor, tree) for descriptor in descriptors]
        channel.send({"ended": _run(jobs, descriptors, channel, counters)})
        network = network and network.renewed()


def _die_with(owner: int) -> None:
    """Have the kernel end this process with the one that started it, stopped or not; a change of user undoes it."""
    if sys.platform == "linux":
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != owner:
            os._exit(1)


def _warm_up(config: dict[str, Any]) -> list[str]:
    """Import what its programs will want; the names of what cannot be."""
    missing = []
    sys.argv = [""]
    for name in (*_WARM, *(f"harness.sandbox.inside.{entry}" for entry in config["entries"]), *config["libraries"]):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        except ImportError:
            missing.append(name)
    entries = [sys.modules[f"harness.sandbox.inside.{entry}"] for entry in config["entries"]]
    for entry in (entry for entry in entries if hasattr(entry, "rehearse")):
        for _ in range(_REHEARSALS):
            entry.rehearse()
    sys.path[:] = [path for path in sys.path if path and path != config["root"]]
    sys.dont_write_bytecode = True
    gc.collect()
    gc.freeze()
    return missing


def _run(
    jobs: list[dict[str, Any]], descriptors: list[int], channel: Channel, counters: Counters | None
) -> list[dict[str, Any]]:
    if _threads() != 1:
        return [{"end": "broken", "broken": "the fork server has threads; a fork would copy their locks"}] * len(jobs)
    base = 0
    with suppress(OSError, ValueError, IndexError):  # what every fork begins with
        base = processes.memory(os.getpid()).own
    progress.reset()
    started = []
    for job in jobs:
        own, descriptors = descriptors[: job["descriptors"]], descriptors[job["descriptors"] :]
        started.append(_start(job, own, base))
    return watch(started, channel, counters)


def _read_only(descriptor: int, tree: int | None) -> int:
    """The same file, its mode and times out of reach of who owns it: by the mount that can only be read, or a copy.

    A pipe is left as it is.
    """
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return descriptor
    try:
        opened = None if tree is None else _opened(descriptor, status, tree)
    except OSError:  # it does not lie in the cache that this fork server began with
        opened = None
    if opened is None:
        opened = _copied(descriptor, status.st_size)
    os.close(descriptor)
    return opened


def _opened(descriptor: int, status: os.stat_result, tree: int) -> int | None:
    name = os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
    opened = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=tree)
    again = os.fstat(opened)
    if (again.st_dev, again.st_ino) == (status.st_dev, status.st_ino):
        return opened
    os.close(opened)
    return None


def _copied(descriptor: int, size: int) -> int:
    """A copy in memory that cannot be written to."""
    copy = os.memfd_create("file", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        at = 0
        while at < size and (sent := os.sendfile(copy, descriptor, at, size - at)):
            at += sent
        fcntl.fcntl(copy, fcntl.F_ADD_SEALS, _SEALS)
        return os.open(f"/proc/self/fd/{copy}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(copy)


def _start(job: dict[str, Any], descriptors: list[int], base: int) -> Watched:
    flags = jail.clone_flags(job["tier"], writes=job["writes"])
    output, printing = os.pipe()
    setup, saying = os.pipe()
    pid = kernel.clone(flags) if flags else os.fork()
    if pid == 0:
        _child(job, descriptors, printing, saying)
    for descriptor in (*descriptors, printing, saying):
        os.close(descriptor)
    os.set_blocking(output, False)
    # the judge writes no files, and nobody asks what it used
    tree = Tree(pid, base, job["limits"]["memory"], orphans=job["writes"] and not flags, trusted=job["entry"] == "tool")
    return Watched(pid, output, setup, job["limits"], bool(flags), counted=job["writes"], tree=tree)


def _child(job: dict[str, Any], descriptors: list[int], printing: int, saying: int) -> None:
    """Run as the new process; never returns."""
    try:
        _arrange(descriptors, printing, saying)
        if job["entry"] != "judge":
            progress.give_up()
        said = 3 + len(descriptors)
        try:
            jail.confine(job)
            entry = sys.modules[f"harness.sandbox.inside.{job['entry']}"]
        except BaseException as error:  # noqa: BLE001 - whatever it was, nothing may run unconfined
            os.write(said, f"!{error}".encode())
            os._exit(1)
        os.write(said, b"+%d\n" % resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        entry.main(job["options"], said)
    except BaseException:  # noqa: BLE001 - there is nobody to tell; the status says it
        os._exit(1)
    os._exit(0)


def _arrange(descriptors: list[int], printing: int, saying: int) -> None:
    """Put /dev/null at 0, the output at 1 and 2, then the job's descriptors and the fork server's; close all else."""
    wanted = [os.open("/dev/null", os.O_RDONLY), printing, printing, *descriptors, saying]
    aside = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, _SET_ASIDE) for descriptor in wanted]
    for number, descriptor in enumerate(aside):
        os.dup2(descriptor, number)
    os.closerange(len(wanted), _HIGHEST)


def _threads() -> int:
    with suppress(OSError):
        return len(os.listdir("/proc/self/task"))
    return 1
