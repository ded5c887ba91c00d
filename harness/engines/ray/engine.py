"""Leases a window to the replicas on a cluster: the pool of engine processes, whose processes are actors of Ray."""

import math
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.core import Request
from harness.core import Response
from harness.engines.descriptor import EngineSpec
from harness.engines.options import DEVICE
from harness.engines.options import STALL_LIMIT
from harness.engines.process.pool import LOADING
from harness.engines.process.pool import EnginePool
from harness.engines.ray import replica
from harness.engines.ray.cluster import Room
from harness.engines.ray.cluster import connect
from harness.engines.ray.cluster import largest
from harness.engines.ray.likeness import facts
from harness.engines.ray.options import RAY_ADDRESS
from harness.engines.ray.options import RAY_CPUS
from harness.engines.ray.options import RAY_ENGINE
from harness.engines.ray.options import RAY_REPLICAS
from harness.engines.ray.options import RAY_WAIT
from harness.engines.ray.remote import RemoteProcess
from harness.errors import EngineError
from harness.errors import UsageError

_LOOK_S = 0.5
SOONER_S = 5.0
"""Seconds by which a replica that stands still is ended before its driver would be."""


class RayEngine:
    """Answers requests with the replicas that a cluster has room for; waits for the first one to be loaded.

    Raises EngineError where there is no such cluster, or no room in time, and what keeps the first replica from
    loading: ModelError, UsageError or EngineError.
    """

    def __init__(self, spec: EngineSpec) -> None:
        connect(spec.options[RAY_ADDRESS.name])
        import ray

        self._ray: Any = ray
        self._room = Room(spec.options[RAY_CPUS.name], spec.findings["gpus"])
        _check_devices(spec)
        ray.cloudpickle.register_pickle_by_value(replica)
        remote: Any = ray.remote(replica.Replica).options(
            num_cpus=self._room.cpus, num_gpus=self._room.gpus, max_restarts=-1, scheduling_strategy="SPREAD"
        )
        expected = facts(spec.findings["libraries"])
        limit = spec.options[STALL_LIMIT.name]
        patience = limit * LOADING or math.inf
        self._replicas = tuple(
            RemoteProcess(_inner(spec), ray, remote.remote(), expected, patience)
            for _ in range(spec.options[RAY_REPLICAS.name])
        )
        self._pool = EnginePool(self._replicas, max(limit - SOONER_S, limit / 2))
        self._wait_for_room(spec.options[RAY_WAIT.name])
        self._wait_for_first()

    @property
    def steps(self) -> int:
        """The signs of progress of all replicas so far, those of loading a model among them."""
        return sum(process.signs for process in self._replicas)

    def answer(self, requests: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Yield (index, response) as the replicas answer; raises what `EnginePool` raises."""
        return self._pool.answer(requests)

    def describe(self) -> Mapping[str, Any]:
        """What the first replica said of its engine, and the cluster that it is on: builtins only."""
        machines, _ = largest()
        cluster = {
            "version": self._ray.__version__,
            "machines": machines,
            "replicas": len(self._replicas),
            "loaded": sum(process.description is not None for process in self._replicas),
            "replica": str(self._room),
        }
        return {**(self._pool.description or {}), "ray": cluster}

    def close(self) -> None:
        """Give the replicas' places back and leave the cluster; calling it twice is harmless."""
        if self._ray.is_initialized():
            self._pool.close()
            self._ray.shutdown()

    def _wait_for_room(self, seconds: float) -> None:
        """Wait until Ray has placed a replica; raises EngineError where that takes longer."""
        placed, _ = self._ray.wait([process.place for process in self._replicas], timeout=seconds)
        if not placed:
            machines, most = largest()
            raise EngineError(
                f"--engine ray: no room for a replica ({self._room}) within {seconds:g} s, on {machines} machines "
                f"with {most} at most; expected room, fewer --{RAY_CPUS.name} or a longer --{RAY_WAIT.name}"
            )

    def _wait_for_first(self) -> None:
        """Wait until the first replica has loaded its model, or raise why it has not."""
        for process in self._replicas:
            process.start()
        while True:
            for process in self._replicas:
                if process.opened(_LOOK_S / len(self._replicas)):
                    process.describe()
                    return


def _inner(spec: EngineSpec) -> EngineSpec:
    """What a replica opens."""
    settings = replace(spec.settings, engine=spec.options[RAY_ENGINE.name])
    return replace(spec, settings=settings, findings=spec.findings["engine"])


def _check_devices(spec: EngineSpec) -> None:
    """Raise UsageError where nobody chose the CPU, and the cluster has GPUs that this machine has not."""
    machines, most = largest()
    if spec.options[DEVICE.name] == "auto" and spec.settings.device == "cpu" and most.gpus:
        raise UsageError(
            f"--device auto: found no GPU on this machine, and up to {most.gpus} on one of the {machines} of the "
            "cluster; expected --device cuda or --device cpu"
        )
