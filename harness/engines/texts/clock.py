"""Seconds that an answer takes, by a clock that never goes back."""

import time

_MICROSECOND = 1e-6


def now() -> float:
    """A moment, in seconds from one that has no meaning."""
    return time.perf_counter()


def since(began: float) -> float:
    """Seconds since a moment that `now` gave, in whole microseconds and at least one."""
    return max(_MICROSECOND, round(time.perf_counter() - began, 6))
