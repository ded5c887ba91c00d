"""Leases of a window's requests: what a process is asked next, and what becomes of a lease whose process died.

A lease is a share of what waits, so leases shrink towards the end (guided self-scheduling: Polychronopoulos and Kuck,
IEEE Transactions on Computers C-36(12), 1987). Its requests stand in a row, as neighbours share their prefixes.
"""

import math
from collections import deque
from collections.abc import Sequence
from itertools import islice
from itertools import takewhile

STRIKES = 3
"""The deaths a request must have been there at before it is refused."""
SMALLEST = 256
"""Requests of a lease, at least, where nothing has died and a process's even share is no less.

An engine's batch runs empty at the end of a lease, which costs the more the smaller leases are (`benchmarks/scale.py`).
"""


class Leases:
    """The requests 0..n-1 of one window, for so many processes.

    A request gets a *strike* for each death of a process that held it. After one strike leases are square roots of what
    is suspected, after two a request is asked alone: a request that kills is so found at its third death.
    """

    def __init__(self, requests: int, processes: int) -> None:
        self._waiting = deque(range(requests))
        self._strikes = [0] * requests
        self._processes = processes
        self._smallest = max(1, min(SMALLEST, math.ceil(requests / processes)))

    @property
    def waiting(self) -> bool:
        """Whether any request waits."""
        return bool(self._waiting)

    def take(self) -> list[int]:
        """The next lease, those under suspicion first; empty where nothing waits."""
        if not self._waiting:
            return []
        strikes = self._strikes[self._waiting[0]]
        size = self._size() if strikes == 0 else self._suspected(strikes)
        first = takewhile(lambda request: self._strikes[request] == strikes, islice(self._waiting, size))
        return [self._waiting.popleft() for _ in range(sum(1 for _ in first))]

    def strike(self, lease: Sequence[int]) -> None:
        """Put back what a process left unanswered when it died."""
        for request in lease:
            self._strikes[request] += 1
        self._waiting.extendleft(reversed(lease))

    def suspect(self, lease: Sequence[int]) -> int | None:
        """The only request of a lease, where it has had its strikes."""
        alone = lease[0] if len(lease) == 1 else None
        return alone if alone is not None and self._strikes[alone] >= STRIKES else None

    def refuse(self, request: int) -> int:
        """Ask a request no more; its strikes."""
        self._waiting.remove(request)
        return self._strikes[request]

    def _size(self) -> int:
        return max(self._smallest, math.ceil(len(self._waiting) / self._processes))

    def _suspected(self, strikes: int) -> int:
        """How many are asked of those with so many strikes, which stand first."""
        alike = sum(1 for _ in takewhile(lambda request: self._strikes[request] == strikes, self._waiting))
        return math.ceil(math.sqrt(alike)) if strikes == 1 else 1
