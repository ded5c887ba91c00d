"""The outer end of a keeper: starts it, hands it jobs with their pipes, hears what became of them."""

import os
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
from harness.sandbox.inside.wire import Channel
from harness.sandbox.toolchains import is_public
from harness.sandbox.toolchains import libraries_folders
from harness.sandbox.toolchains import python_folders
from harness.sandbox.toolchains import tool_folders

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
from harness.sandbox.inside import keeper
keeper.main(descriptor)
"""
"""The two packages stand empty, so that a fork copies no more than what its programs need."""
_READABLE = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime",
    "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/ssl/openssl.cnf", "/dev/urandom", "/dev/random",
)  # fmt: skip
"""What tier C lets a program read of the system; the other tiers make a root of their own."""
_GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Role:
    """What a keeper is for: the programs it can become, whether they write files, the libraries they import."""

    entries: tuple[str, ...]
    writes: bool
    libraries: tuple[str, ...] = ()


JUDGE = Role(("judge", "rows"), writes=False)
JAIL = Role(("candidate", "script", "query", "tool"), writes=True)


class Keeper:
    """A running keeper; raises SandboxError where it cannot be had, with the reason."""

    def __init__(self, tier: str, role: Role, uid: int | None = None) -> None:
        ours, theirs = socket.socketpair()
        folders = [*python_folders(), *tool_folders()]
        command = [sys.executable, "-s", "-P", "-S", "-B", "-X", "utf8", "-c", _START]
        arguments = [_ROOT, ":".join(libraries_folders()), str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter
                [*command, *arguments], env={"PYTHONHASHSEED": "0"}, cwd="/", pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
        self._channel = Channel(ours)
        self._writes = role.writes
        config = {
            "tier": tier, "paths": folders, "uid": uid, "entries": role.entries, "libraries": role.libraries,
            "root": _ROOT, "readable": [*_READABLE, *folders], "writes": role.writes,
            "search": uid is not None and not all(map(is_public, [_ROOT, *folders])),
        }  # fmt: skip
        self._greet(config)

    def _greet(self, config: dict[str, Any]) -> None:
        try:
            self._channel.send(config)
            greeting = self._channel.receive()
        except OSError:
            greeting = None
        if greeting is None:
            said = self._process.stderr.read().decode("utf-8", "replace").strip() if self._process.stderr else ""
            self.close()
            raise SandboxError(
                f"sandbox: a keeper did not start ({said.rpartition(chr(10))[2]}); expected its greeting"
            )
        if "error" in greeting[0]:
            self.close()
            raise SandboxError(
                f"sandbox: tier {config['tier']}: {greeting[0]['error']}; expected a kernel that allows it"
            )
        self.missing: list[str] = greeting[0]["missing"]

    def start(self, job: dict[str, Any], descriptors: Sequence[int]) -> None:
        """Start a program with these descriptors from 3 on; raises OSError where the keeper is gone."""
        self._channel.send(job, descriptors)

    def stop(self) -> None:
        """Have the running program killed; one that has ended already is none the worse."""
        with suppress(OSError):
            self._channel.send({"stop": True})

    def status(self) -> dict[str, Any]:
        """Wait for what became of the program; raises OSError where the keeper is gone."""
        found = self._channel.receive()
        if found is None:
            raise ConnectionResetError("the keeper is gone")
        return found[0]

    def fileno(self) -> int:
        """For poll: readable when a program's end can be read."""
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
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, 9)
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
