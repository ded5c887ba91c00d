"""One place to run programs, one at a time: its fork servers, warm from one program to the next."""

import os
import stat
import tempfile
import threading
import warnings
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import replace

from harness.errors import SandboxError
from harness.processes.wire import Malformed
from harness.sandbox.fork_servers import ForkServer
from harness.sandbox.fork_servers import Job
from harness.sandbox.fork_servers import Role
from harness.sandbox.fork_servers import ThreadsError
from harness.sandbox.removal import remove_tree
from harness.store.temporary import own_prefix

_MOST_SERVERS = 5


class Broken(Exception):  # noqa: N818 - it ends as a Refusal, which is no error
    """A run that says nothing about the program; its text is the refusal's reason."""


class Lost(Broken):
    """A run whose fork server or judge was ended or stopped from outside: it can be done again."""


class Slot:
    """Fork servers of one slot, each started at its first use; used by one thread, closed by any."""

    def __init__(self, tier: str, uid: int | None = None) -> None:
        self.tier = tier
        self._uid = uid
        self._servers: dict[Role, ForkServer] = {}
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def started(self, role: Role, *jobs: Job) -> Iterator[ForkServer]:
        """Processes running in the role's fork server; one that is gone, or whose answer was not read, is replaced."""
        server = self._server(role)
        folder = self._folder() if any(job.writes for job in jobs) else None
        for job in jobs:
            self._give(job.descriptors)
        try:
            server.start(jobs, folder)
            yield server
        except BaseException as error:
            with self._lock:
                self._servers.pop(role, None)
            server.close()
            if isinstance(error, Malformed):
                raise Lost(f"sandbox: a fork server wrote a malformed {error}") from error
            if isinstance(error, OSError):
                raise Lost(f"sandbox: a fork server is gone ({error}); expected its answer") from error
            raise
        finally:
            if folder is not None:
                _removed(folder)

    def close(self) -> None:
        """End all fork servers and what runs under them; none is started any more."""
        with self._lock:
            self._closed = True
            servers = list(self._servers.values())
            self._servers.clear()
        for server in servers:
            server.close()

    def _server(self, role: Role) -> ForkServer:
        """The fork server of a role; the one that was used longest ago makes room."""
        with self._lock:
            server = self._servers.pop(role, None)
            if server is not None:
                self._servers[role] = server
                return server
            crowded = [self._servers.pop(next(iter(self._servers)))] if len(self._servers) >= _MOST_SERVERS else []
        for server in crowded:
            server.close()
        try:
            server = self._started(role)
        except SandboxError as error:
            raise Broken(str(error)) from error
        with self._lock:
            if not self._closed:
                self._servers[role] = server
                return server
        server.close()
        raise Broken("sandbox: closed; expected to be asked again")

    def _started(self, role: Role) -> ForkServer:
        try:
            return ForkServer(self.tier, role, self._uid)
        except ThreadsError:
            # programs then import them themselves, which takes longer
            return ForkServer(self.tier, replace(role, libraries=()), self._uid)

    def _give(self, descriptors: Sequence[int]) -> None:
        """Make the pipes the slot's user's: what opens them anew by /proc/self/fd, as Java must, may."""
        if self._uid is not None:
            for descriptor in descriptors:
                if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                    os.fchown(descriptor, self._uid, self._uid)

    def _folder(self) -> str | None:
        """A program's folder on disk, where it gets no file system of its own."""
        if self.tier not in {"C", "none"}:
            return None
        folder = tempfile.mkdtemp(prefix=own_prefix())
        if self._uid is not None:
            os.chown(folder, self._uid, self._uid)
        return folder


def _removed(folder: str) -> None:
    """Remove a program's folder; what stays is told, as it is no fault of the program's that is judged."""
    left = remove_tree(folder)
    if left is not None:
        with suppress(Warning):  # where warnings are errors, here they must not be
            warnings.warn(f"sandbox: {left}; expected to remove what a program left", RuntimeWarning, stacklevel=2)
