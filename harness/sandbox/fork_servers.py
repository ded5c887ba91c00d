"""The outer end of a fork server: starts it, hands it jobs with their pipes, hears what became of them."""

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harness
from harness.errors import SandboxError
from harness.languages.building.tools import is_public
from harness.models.hashes import cache_directory
from harness.processes.wire import Malformed
from harness.sandbox.groups import new_group
from harness.sandbox.inside import messages
from harness.sandbox.inside.channel import Channel
from harness.sandbox.survivors import kill_marked
from harness.sandbox.toolchains import libraries_folders
from harness.sandbox.toolchains import python_folders
from harness.sandbox.toolchains import tool_folders
from harness.sandbox.watchdog import end
from harness.sandbox.watchdog import guard
from harness.sandbox.watchdog import release

_ROOT = str(Path(harness.__file__).parents[1])
_START = """
import sys, types
root, packages, descriptor = sys.argv[1], sys.argv[2].split(":"), int(sys.argv[3])
sys.path[:0] = [root]
sys.path += packages
for name in ("harness", "harness.sandbox"):
    module = types.ModuleType(name)
    module.__path__ = [root + "/" + name.replace(".", "/")]
    sys.modules[name] = module
from harness.sandbox.inside import fork_server
fork_server.main(descriptor)
"""
"""The two packages stand empty, so that a fork copies no more than what its programs need."""
_READABLE = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime",
    "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/ssl/openssl.cnf", "/dev/urandom", "/dev/random",
)  # fmt: skip
"""What tier C lets a program read of the system; the other tiers make a root of their own."""
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "2"}
"""glibc reads its own as a process starts; it would reserve 64 MiB of address space for each thread."""
_GRACE_S = 5.0
_MARK_BITS = 48


@dataclass(frozen=True, slots=True)
class Role:
    """What a fork server is for: the programs it can become, the libraries they import."""

    entries: tuple[str, ...]
    libraries: tuple[str, ...] = ()


PROGRAMS = Role(("candidate", "judge", "rows", "script", "query", "tool", "stdio", "outputs"))


@dataclass(frozen=True, slots=True)
class Job:
    """One process to start: what it becomes, its limits as a message, its descriptors from 3 on; whether it `writes`.

    Only what writes has files of its own.
    """

    entry: str
    limits: dict[str, Any]
    descriptors: Sequence[int]
    options: dict[str, Any]
    writes: bool = True

    def message(self, folder: str | None) -> dict[str, Any]:
        """The form a fork server reads."""
        return {
            "entry": self.entry, "limits": self.limits, "options": self.options, "writes": self.writes,
            "descriptors": len(self.descriptors), "folder": folder,
        }  # fmt: skip


class ThreadsError(SandboxError):
    """Libraries that cannot be there before a fork."""


class ForkServer:
    """A running fork server; raises SandboxError where it cannot be had, with the reason."""

    def __init__(self, tier: str, role: Role, uid: int | None = None) -> None:
        self._tier = tier
        ours, theirs = socket.socketpair()
        folders = [*python_folders(), *tool_folders()]
        command = [sys.executable, "-s", "-P", "-S", "-B", "-X", "utf8", "-c", _START]
        arguments = [_ROOT, ":".join(libraries_folders()), str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter
                [*command, *arguments], env=_ENVIRONMENT, cwd="/", pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
        guard(self._process)
        self._channel = Channel(ours)
        self._group = None if tier == "none" else new_group()
        self._mark = secrets.randbits(_MARK_BITS) | 1
        config = {
            "tier": tier, "paths": folders, "uid": uid, "entries": role.entries, "libraries": role.libraries,
            "root": _ROOT, "owner": os.getpid(), "readable": [*_READABLE, *folders],
            "files": str(cache_directory() / "files"),
            "group": self._group and self._group.message(), "mark": self._mark,
            "search": uid is not None and not all(map(is_public, [_ROOT, *folders])),
        }  # fmt: skip
        self._greet(config)

    def _greet(self, config: dict[str, Any]) -> None:
        try:
            self._channel.send(config)
            greeting = self._channel.receive(messages.GREETING)
        except OSError:
            greeting = None
        except Malformed as error:
            self.close()
            raise SandboxError(
                f"sandbox: a fork server did not start (malformed {error}); expected its greeting"
            ) from error
        if greeting is None:
            said = self._process.stderr.read().decode("utf-8", "replace").strip() if self._process.stderr else ""
            self.close()
            raise SandboxError(
                f"sandbox: a fork server did not start ({said.rpartition(chr(10))[2]}); expected its greeting"
            )
        if "threads" in greeting[0]:
            self.close()
            raise ThreadsError(f"sandbox: {', '.join(config['libraries'])} start threads; expected imports that do not")
        if "error" in greeting[0]:
            self.close()
            raise SandboxError(
                f"sandbox: tier {config['tier']}: {greeting[0]['error']}; expected a kernel that allows it"
            )
        self.missing: list[str] = greeting[0]["missing"]

    def start(self, jobs: Sequence[Job], folder: str | None) -> None:
        """Start processes, side by side; what writes, writes to `folder`. Raises OSError where the server is gone."""
        descriptors = [descriptor for job in jobs for descriptor in job.descriptors]
        self._channel.send({"jobs": [job.message(folder if job.writes else None) for job in jobs]}, descriptors)

    def stop(self) -> None:
        """Have what runs killed; what has ended already is none the worse."""
        with suppress(OSError):
            self._channel.send({"stop": True})

    def statuses(self) -> list[dict[str, Any]]:
        """Wait for what became of each process, in their order.

        Raises OSError where the fork server is gone, Malformed where it says something else.
        """
        received = self._channel.receive(messages.ENDED)
        if received is None:
            raise ConnectionResetError("the fork server is gone")
        ended: list[dict[str, Any]] = received[0]["ended"]
        return ended

    def fileno(self) -> int:
        """For poll: readable when all have ended."""
        return self._channel.fileno()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def close(self) -> None:
        """Hang up, upon which it kills what runs and ends; then make sure of it."""
        with suppress(OSError):
            self._channel.socket.shutdown(socket.SHUT_RDWR)
        self._channel.close()
        release(self._process)
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            end(self._process)
            self._process.wait()
        if self._process.returncode:
            end(self._process)
        if self._process.stderr:
            self._process.stderr.close()
        self._end_survivors()

    def _end_survivors(self) -> None:
        """Kill what a fork server that was killed itself left: without a process namespace nothing ends with it."""
        if self._tier not in "AB":
            kill_marked(self._mark)
        if self._group is not None:
            self._group.kill()
            self._group.remove()
