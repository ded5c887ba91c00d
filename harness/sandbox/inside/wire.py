"""Framed JSON messages with file descriptors over a Unix socket, between a slot and its keepers."""

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

_LENGTH = struct.Struct("!I")
_MOST_DESCRIPTORS = 64


class Channel:
    """One end; `receive` gives None at the other end's end."""

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened

    def fileno(self) -> int:
        """For poll."""
        return self.socket.fileno()

    def send(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Send one message; raises OSError where nobody listens."""
        content = json.dumps(message).encode()
        head = _LENGTH.pack(len(content))
        if descriptors:
            socket.send_fds(self.socket, [head], list(descriptors))
        else:
            self.socket.sendall(head)
        self.socket.sendall(content)

    def receive(self) -> tuple[dict[str, Any], list[int]] | None:
        """The next message and its descriptors, which are the caller's to close."""
        head, descriptors, _flags, _from = socket.recv_fds(self.socket, _LENGTH.size, _MOST_DESCRIPTORS)
        while head and len(head) < _LENGTH.size:
            head += self._exactly(_LENGTH.size - len(head))
        if not head:
            return None
        content = self._exactly(_LENGTH.unpack(head)[0])
        return json.loads(content), list(descriptors)

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = self.socket.recv(min(size, 1 << 20))
            if not part:
                raise ConnectionResetError("the other end is gone")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """End it; the other end notices."""
        self.socket.close()
