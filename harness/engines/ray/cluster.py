"""The connection to a Ray cluster, and what it has room for.

`ray.init` and the environment that it reads: https://docs.ray.io/en/latest/ray-core/api/doc/ray.init.html. It waits for
a cluster that is gone as long as it likes, and takes the handler of SIGTERM on the main thread: so it has another one.
"""

import logging
import os
import platform
import queue
import socket
import threading
from dataclasses import dataclass
from typing import Any

from harness.errors import EngineError

REACH_S = 10.0
"""Seconds in which the head of a cluster must take a connection."""
JOIN_S = 60.0
"""Seconds in which this process must be part of the cluster."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a replica takes of one machine: CPUs, and GPUs."""

    cpus: int
    gpus: int

    def __str__(self) -> str:
        return ", ".join(
            f"{number} {name}{'s' * (number != 1)}" for number, name in ((self.cpus, "CPU"), (self.gpus, "GPU"))
        )


def connect(address: str) -> None:
    """Make this process part of a cluster, without its logs and its statistics of use.

    Raises EngineError, within `REACH_S` and `JOIN_S`, where there is no such cluster, or none of this version of Ray.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    place = os.environ.get("RAY_ADDRESS", address) if address == "auto" else address
    expected = f"expected a cluster of Ray {ray.__version__} and Python {platform.python_version()} on this machine"
    _reach(place, expected)
    ended: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
    threading.Thread(target=_join, args=(ray, place, ended), daemon=True).start()
    try:
        error = ended.get(timeout=JOIN_S)
    except queue.Empty:
        raise EngineError(f"--ray-address {place}: no answer in {JOIN_S:g} s; {expected}") from None
    if error is not None:
        raise EngineError(f"--ray-address {place}: {_reason(error)}; {expected}") from error


def largest() -> tuple[int, Room]:
    """How many machines the cluster has, and the most CPUs and the most GPUs of one of them."""
    import ray

    there: list[dict[str, Any]] = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    most = [int(max((node.get(kind, 0) for node in there), default=0)) for kind in ("CPU", "GPU")]
    return len(there), Room(*most)


def _reach(place: str, expected: str) -> None:
    """Raise EngineError where nobody takes a connection; what Ray finds by itself is Ray's to reach."""
    if place == "auto":
        return
    host, _, port = place.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACH_S).close()
    except (OSError, ValueError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise EngineError(f"--ray-address {place}: {why}; {expected}") from error


def _join(ray: Any, place: str, ended: "queue.SimpleQueue[Exception | None]") -> None:
    try:
        ray.init(address=place, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # noqa: BLE001 - Ray raises of many kinds, and whoever waits must be told
        ended.put(error)
    else:
        ended.put(None)


def _reason(error: Exception) -> str:
    """What Ray says of an error, and of what caused it, without line breaks and full stop."""
    cause = f": {error.__cause__}" if error.__cause__ is not None else ""
    return " ".join(f"{error}{cause}".split()).rstrip(".")
