"""How many answers a judge has taken, in memory it shares with its fork server, so that one call's time can be told.

The fork server makes it before it forks. What is no judge gives its part back before a program's first line.
"""

import mmap
import struct

_COUNT = struct.Struct("=Q")
_PAGE = mmap.mmap(-1, mmap.PAGESIZE)


def advance() -> None:
    """Count one answer; the first says that the program is loaded."""
    _COUNT.pack_into(_PAGE, 0, count() + 1)


def count() -> int:
    """How many were taken since `reset`."""
    return int(_COUNT.unpack_from(_PAGE)[0])


def reset() -> None:
    """Begin with the next program."""
    _COUNT.pack_into(_PAGE, 0, 0)


def give_up() -> None:
    """Have no part in it any more."""
    _PAGE.close()
