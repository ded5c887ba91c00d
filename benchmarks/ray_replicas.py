"""Two replicas on a Ray cluster beside two bare engine processes, on the same cores and with the same requests.

    python benchmarks/ray_replicas.py MODEL [--rounds 3] [--windows 3] [--cases 48]

`transformers` on the CPU with one thread a process. A bare engine is pinned to core 0, another to core 1; so are the
two machines of a cluster that runs here, with all their processes. A round opens both engines of one kind, asks windows
that are not counted until both have answered, then those that are; kinds alternate. `seconds` are those of a window,
`CPU seconds` those of all processes of the kind, Ray's own among them, and `of the models` those of the engines alone.
The goal is a ratio of at most 1.05.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Request
from harness.engines.descriptor import Choice
from harness.engines.descriptor import EngineSpec
from harness.engines.process import EngineProcess
from harness.engines.process import Launch
from harness.engines.process.pool import EnginePool
from harness.engines.ray import ENGINE
from harness.engines.ray import INNER

CORES = (0, 1)
GOAL = 1.05
CLUSTER = """
import os, sys
from ray.cluster_utils import Cluster
said, sys.stdout = sys.stdout, sys.stderr
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
for core in map(int, sys.argv[1:]):
    os.sched_setaffinity(0, {core})
    cluster.add_node(num_cpus=1)
print(cluster.address, file=said, flush=True)
sys.stdin.read()
cluster.shutdown()
"""


def requests(cases: int) -> tuple[Request, ...]:
    """A text of 48 tokens and a question of two choices for each case."""
    texts = [Generate(f"Question {n}: Tom has {n} apples and buys {n + 3} more.\nAnswer:", 48) for n in range(cases)]
    story = "The ferry crosses the fjord every forty minutes, and takes cars from April to October. " * 4
    pairs = [
        ((f"{story}It has {n} cabins. Is that many?\nAnswer:", word) for word in (" no", " yes")) for n in range(cases)
    ]
    return (*texts, *(LogLikelihood(tuple(pair)) for pair in pairs))


def spec_of(model: str, name: str, options: dict[str, object]) -> EngineSpec:
    """What an engine is told to open."""
    descriptor = ENGINE if name == "ray" else INNER[name]
    values = {option.name: option.default for option in descriptor.options} | options | {"device": "cpu"}
    choice = Choice(name, descriptor, values, "off")
    prepared = descriptor.prepare(descriptor.resolve(model), choice)
    return EngineSpec(prepared.weights, prepared.settings, 0, values, prepared.findings)


@contextmanager
def bare(model: str, folder: Path) -> Iterator[EnginePool]:
    """Two engine processes, each on its core."""
    spec = spec_of(model, "transformers", {})
    launches = [Launch(log=folder / f"bare-{core}.log", env={"OMP_NUM_THREADS": "1"}) for core in CORES]
    processes = [EngineProcess(spec, launch) for launch in launches]
    mine = os.sched_getaffinity(0)
    for core, process in zip(CORES, processes, strict=True):
        os.sched_setaffinity(0, {core})  # the process inherits it
        process.start()
    os.sched_setaffinity(0, mine)
    pool = EnginePool(processes)
    try:
        yield pool
    finally:
        pool.close()


@contextmanager
def on_ray(model: str, folder: Path) -> Iterator[EnginePool]:
    """Two replicas on a cluster of two machines, each on its core; the head has no CPU to give."""
    with tempfile.TemporaryDirectory(prefix="ct-", dir="/tmp") as short:
        (Path(short) / "ray").mkdir()
        env = {**os.environ, "RAY_TMPDIR": short, "RAY_USAGE_STATS_ENABLED": "0"}
        command = [sys.executable, "-c", CLUSTER, *map(str, CORES)]
        with (folder / "cluster.log").open("w") as log:
            cluster = subprocess.Popen(
                command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert cluster.stdin is not None
        assert cluster.stdout is not None
        address = cluster.stdout.readline().strip()
        spec = spec_of(model, "ray", {"ray-address": address, "ray-replicas": len(CORES)})
        pool = EnginePool([EngineProcess(spec, Launch(log=folder / "ray.log", env={"RAY_TMPDIR": short}))])
        try:
            yield pool
        finally:
            pool.close()
            cluster.stdin.close()
            cluster.wait()


def cpu_seconds() -> dict[str, float]:
    """User and system time of all that this process has started, and of the engine processes with a model alone."""
    used = {"CPU seconds": 0.0, "of the models": 0.0}
    processes = psutil.Process().children(recursive=True)
    for process in processes:
        try:
            times, command = process.cpu_times(), process.cmdline()
            leaf = not process.children()
        except psutil.Error:
            continue
        used["CPU seconds"] += times.user + times.system
        used["of the models"] += (
            times.user + times.system if leaf and "harness.engines.process.worker" in command else 0.0
        )
    return used


def loaded(pool: EnginePool) -> int:
    """How many engines of a pool have loaded their model."""
    said = dict(pool.description or {})
    return int(said["ray"]["loaded"]) if "ray" in said else sum(process.answered > 0 for process in pool.processes)


def measured(kind: str, model: str, windows: int, asked: tuple[Request, ...]) -> tuple[list[dict[str, float]], object]:
    """Seconds and CPU seconds of each window, and the texts of the last."""
    found = []
    with tempfile.TemporaryDirectory() as folder, {"bare": bare, "ray": on_ray}[kind](model, Path(folder)) as pool:
        while loaded(pool) < len(CORES):
            answers = dict(pool.answer(asked))
        answers = dict(pool.answer(asked))  # the first window of an engine looks for the fastest way
        for _ in range(windows):
            started, before = time.perf_counter(), cpu_seconds()
            answers = dict(pool.answer(asked))
            seconds, after = time.perf_counter() - started, cpu_seconds()
            found.append({"seconds": seconds} | {name: after[name] - before[name] for name in after})
    texts = [[completion.text for completion in answers[index].completions] for index in range(len(asked) // 2)]
    return found, texts


def main() -> int:
    """Print a table; status 1 where texts differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--cases", type=int, default=48)
    given = parser.parse_args()
    asked = requests(given.cases)
    seen: dict[str, list[dict[str, float]]] = {"bare": [], "ray": []}
    texts: dict[str, object] = {}
    for number in range(given.rounds):
        for kind in seen if number % 2 == 0 else reversed(seen):
            found, texts[kind] = measured(kind, given.model, given.windows, asked)
            seen[kind] += found
            print(json.dumps({"round": number, "kind": kind, "load": os.getloadavg()[0], "windows": found}), flush=True)
    print("\n| measure | bare | ray | ratio | goal |\n|---|---|---|---|---|")
    for measure in ("seconds", "CPU seconds", "of the models"):
        here, there = (statistics.median(window[measure] for window in seen[kind]) for kind in ("bare", "ray"))
        print(f"| {measure} | {here:.2f} | {there:.2f} | {there / here:.3f} | {GOAL} |")
    same = texts["bare"] == texts["ray"]
    print(f"\n{len(asked)} requests, {len(seen['ray'])} windows of each; texts {'equal' if same else 'DIFFER'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
