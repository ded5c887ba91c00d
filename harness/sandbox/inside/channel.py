"""Messages with file descriptors over a Unix socket, between a slot and its fork servers.

A length stands before each, so that the descriptors which come with its first byte are told from another message's.
"""

import socket
import struct
from collections.abc import Sequence
from typing import Any

from harness.processes import wire

_LENGTH = struct.Struct("!I")
_MOST_DESCRIPTORS = 64


class Channel:
    """One end."""

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened

    def fileno(self) -> int:
        """For poll."""
        return self.socket.fileno()

    def send(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Send one message; raises OSError where nobody listens."""
        content = wire.encode(message)
        head = _LENGTH.pack(len(content))
        if descriptors:
            socket.send_fds(self.socket, [head], list(descriptors))
        else:
            self.socket.sendall(head)
        self.socket.sendall(content)

    def receive(self, forms: Sequence[wire.Form]) -> tuple[dict[str, Any], list[int]] | None:
        """The next message and its descriptors, which are the caller's to close; None at the other end's end.

        Raises Malformed, and OSError where it ends within a message.
        """
        head, descriptors, _flags, _from = socket.recv_fds(self.socket, _LENGTH.size, _MOST_DESCRIPTORS)
        while head and len(head) < _LENGTH.size:
            head += wire.exactly(self.socket.recv, _LENGTH.size - len(head))
        if not head:
            return None
        (size,) = _LENGTH.unpack(head)
        if size > wire.LONGEST:
            raise wire.Malformed(f"message: {size} bytes; expected at most {wire.LONGEST}")
        return wire.decode(wire.exactly(self.socket.recv, size), forms), list(descriptors)

    def close(self) -> None:
        """End it; the other end notices."""
        self.socket.close()
