"""How deep a program may recurse: as deep as one that an interpreter was started for, whatever stands below it here."""

import sys

OF_A_SCRIPT = 3
"""Frames of ours between an entry and the program in style "script"."""
OF_A_CALL = 3
"""The same in style "calls", and the `<module>` that a test would be."""
OF_A_STREAM = 2
"""The same in style "stdio"."""


def make_room(above: int) -> None:
    """Raise the limit by the frames below the caller, and the `above` that will stand between it and the program."""
    frame, below = sys._getframe(1), 0  # noqa: SLF001 - there is no other way to count frames
    while frame is not None:
        frame, below = frame.f_back, below + 1  # type: ignore[assignment]
    sys.setrecursionlimit(sys.getrecursionlimit() + below + above)
