"""Lines of progress: in a pipe at most one a minute, on a terminal one each ten seconds, and never the same twice."""

import time
from collections.abc import Callable

IN_A_PIPE = 60.0
ON_A_TERMINAL = 10.0


class Progressing:
    """Says which lines are written; `every` is the least time between two, in seconds of `clock`."""

    def __init__(self, every: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._every = every
        self._clock = clock
        self._last = clock()
        self._written = ""

    @property
    def is_due(self) -> bool:
        """Whether the last line, or the begin, is long enough ago."""
        return self._clock() - self._last >= self._every

    def take(self, line: str) -> bool:
        """Whether to write this line now; it counts as written then."""
        if not self.is_due or line == self._written:
            return False
        self._last, self._written = self._clock(), line
        return True
