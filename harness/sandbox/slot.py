"""One place to run programs, one at a time: its keepers, warm from one program to the next."""

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
from harness.sandbox.keepers import Job
from harness.sandbox.keepers import Keeper
from harness.sandbox.keepers import Role
from harness.sandbox.keepers import ThreadsError
from harness.sandbox.removal import remove_tree

_MOST_KEEPERS = 5


class Broken(Exception):  # noqa: N818 - it ends as a Refusal, which is no error
    """A run that says nothing about the program; its text is the refusal's reason."""


class Lost(Broken):
    """A run whose keeper or judge was ended or stopped from outside: it can be done again."""


class Slot:
    """Keepers of one slot, each started at its first use; used by one thread, closed by any."""

    def __init__(self, tier: str, uid: int | None = None) -> None:
        self.tier = tier
        self._uid = uid
        self._keepers: dict[Role, Keeper] = {}
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def started(self, role: Role, *jobs: Job) -> Iterator[Keeper]:
        """Processes running in the role's keeper; a keeper that is gone, or whose answer was not read, is replaced."""
        keeper = self._keeper(role)
        folder = self._folder() if any(job.writes for job in jobs) else None
        for job in jobs:
            self._give(job.descriptors)
        try:
            keeper.start(jobs, folder)
            yield keeper
        except BaseException as error:
            with self._lock:
                self._keepers.pop(role, None)
            keeper.close()
            if isinstance(error, Malformed):
                raise Lost(f"sandbox: a keeper wrote a malformed {error}") from error
            if isinstance(error, OSError):
                raise Lost(f"sandbox: a keeper is gone ({error}); expected its answer") from error
            raise
        finally:
            if folder is not None:
                _removed(folder)

    def close(self) -> None:
        """End all keepers and what runs under them; none is started any more."""
        with self._lock:
            self._closed = True
            keepers = list(self._keepers.values())
            self._keepers.clear()
        for keeper in keepers:
            keeper.close()

    def _keeper(self, role: Role) -> Keeper:
        """The keeper of a role; the one that was used longest ago makes room."""
        with self._lock:
            server = self._keepers.pop(role, None)
            if server is not None:
                self._keepers[role] = server
                return server
            crowded = [self._keepers.pop(next(iter(self._keepers)))] if len(self._keepers) >= _MOST_KEEPERS else []
        for keeper in crowded:
            keeper.close()
        try:
            server = self._started(role)
        except SandboxError as error:
            raise Broken(str(error)) from error
        with self._lock:
            if not self._closed:
                self._keepers[role] = server
                return server
        server.close()
        raise Broken("sandbox: closed; expected to be asked again")

    def _started(self, role: Role) -> Keeper:
        try:
            return Keeper(self.tier, role, self._uid)
        except ThreadsError:
            # programs then import them themselves, which takes longer
            return Keeper(self.tier, replace(role, libraries=()), self._uid)

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
        folder = tempfile.mkdtemp(prefix="crosstask-")
        if self._uid is not None:
            os.chown(folder, self._uid, self._uid)
        return folder


def _removed(folder: str) -> None:
    """Remove a program's folder; what stays is told, as it is no fault of the program's that is judged."""
    left = remove_tree(folder)
    if left is not None:
        with suppress(Warning):  # where warnings are errors, here they must not be
            warnings.warn(f"sandbox: {left}; expected to remove what a program left", RuntimeWarning, stacklevel=2)
