"""A network that leads nowhere, and that no program of a slot has used before.

To make one for each program would cost each 0.6 ms and the kernel as much again to take it down; most use none. So a
fork server compares the kernel's counters of its network with those it began with, and makes a new one where a socket
was ever used: a port in TIME_WAIT, a counter, an abstract name cannot be left for the next.
"""

import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

from harness.sandbox.inside import kernel

_IFF_UP = 1
_MOST = 1 << 16
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_COUNTERS = ("snmp", "snmp6", "netstat", "sockstat", "sockstat6", "unix")
"""Not `tcp`, which takes a millisecond: there is nothing in it that none of these counts."""


class Network:
    """The network namespace this process is in, as it was when nobody had used it; raises OSError."""

    def __init__(self) -> None:
        _loopback()
        self._files = list(_opened())
        self._began = self._counters()

    def renewed(self) -> "Network":
        """This one, or where it was used another that this process is in from now on; raises OSError."""
        if self._counters() == self._began:
            return self
        for file in self._files:
            os.close(file)
        kernel.unshare(kernel.CLONE_NEWNET)
        return Network()

    def _counters(self) -> list[bytes]:
        # opened once: to find and open a file takes as long as to read it
        return [os.pread(file, _MOST, 0) for file in self._files]


def _loopback() -> None:
    """Bring up the loopback: honest programs serve themselves there."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        name = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(opened, _SIOCGIFFLAGS, name))[1]
        fcntl.ioctl(opened, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def _opened() -> Iterator[int]:
    for name in _COUNTERS:
        with suppress(FileNotFoundError):
            yield os.open(f"/proc/self/net/{name}", os.O_RDONLY | os.O_CLOEXEC)
