"""Tries what a jail must deny. Run once inside and once outside: what fails in both proves nothing."""

import contextlib
import ctypes
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

_TIMEOUT_S = 0.5


def main(_options: dict[str, Any], setup: int) -> None:
    """Read where the bait lies from descriptor 3, write what could be done to 4."""
    os.close(setup)
    bait = json.loads(os.read(3, 1 << 16))
    os.write(4, json.dumps(tried(bait)).encode())


def tried(bait: dict[str, Any]) -> dict[str, bool]:
    """For each property, whether the deed that it should deny succeeded."""
    return {name: _succeeds(attempt, bait) for name, attempt in ATTEMPTS.items()}


def _succeeds(attempt: Callable[[dict[str, Any]], object], bait: dict[str, Any]) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return bool(attempt(bait))
    return False


def _read(bait: dict[str, Any]) -> object:
    with open(f"{bait['folder']}/secret", encoding="ascii") as file:
        return file.read() == "secret"


def _write(bait: dict[str, Any]) -> object:
    with open(f"{bait['folder']}/victim", "w", encoding="ascii") as file:
        return file.write("x")


def _connect(bait: dict[str, Any]) -> object:
    with socket.socket() as opened:
        opened.settimeout(_TIMEOUT_S)
        return not opened.connect_ex(("127.0.0.1", bait["port"]))


def _connect_unix(bait: dict[str, Any]) -> object:
    with socket.socket(socket.AF_UNIX) as opened:
        return not opened.connect_ex(bait["abstract"])


def _signal(bait: dict[str, Any]) -> object:
    os.kill(bait["pid"], 0)
    with open(f"/proc/{bait['pid']}/cmdline", "rb") as file:
        return bait["marker"].encode() in file.read()


def _kill(bait: dict[str, Any]) -> object:
    os.kill(bait["pid"], 0)
    return True


def _environment(bait: dict[str, Any]) -> object:
    pid = os.getpid()
    for _ in range(8):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
            if bait["marker"].encode() in file.read():
                return True
        with open(f"/proc/{pid}/stat", "rb") as file:
            pid = int(file.read().rpartition(b")")[2].split()[1])
    return False


def _namespace(_bait: dict[str, Any]) -> object:
    new_user = 0x10000000
    return ctypes.CDLL(None).unshare(new_user) == 0


def _privilege_by_call(_bait: dict[str, Any]) -> object:
    get_no_new_privs = 39
    return ctypes.CDLL(None).prctl(get_no_new_privs, 0, 0, 0, 0) == 0


ATTEMPTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "files are not read": _read,
    "files are not written": _write,
    "no network": _connect,
    "no sockets of others": _connect_unix,
    "processes are not signalled": _kill,
    "processes are not seen": _signal,
    "environments are not seen": _environment,
    "no new namespaces": _namespace,
    "no new privileges": _privilege_by_call,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(tried(json.loads(sys.argv[1]))))
