"""How far one run scales over replicas of an engine, and what becomes the limit.

    python benchmarks/scale.py [--cases 20000] [--requests 1000000] [--replicas 1,10,100,1000]
                               [--seconds 6] [--slots 64] [--mean-life HOURS] [--load 120] [--seed 0]

The costs of the run itself are measured on the real code, fed by engines that answer at once:

plan     a case until the first request can be asked: collecting it, its fingerprints, the exchange
ask      a request in the process that owns the engines: reading it, the pipe there and back, the answers' store
record   a case in the process that tests it: its scores, the journal
report   a case in summary and report

Then a simulation of discrete events, seeded, asks so many requests of so many replicas. A replica has `--slots`
requests in flight. A request takes a log-normal time whose mean is `--seconds`. Windows and leases are those of the
real code. The owner takes one answer after the other, each at the measured cost. Replicas die after exponential times
of `--mean-life`, and load for `--load` seconds; what they left is leased again. `busy` is the share of slots at work,
`owner` that of the owner's thread. `whole` adds the plan and the report, and is at least what one process needs to test
all cases. `limit` names the part that takes longest by itself.
"""

import argparse
import heapq
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from harness.core import Generate
from harness.engines.descriptor import EngineSpec
from harness.engines.process import EngineProcess
from harness.engines.process.leases import Leases
from harness.engines.process.pool import EnginePool
from harness.models import Card
from harness.models import Settings
from harness.models import Weights
from harness.session.engine_loop import WINDOW
from harness.session.engine_loop import Asker
from harness.session.engine_loop import Source
from harness.session.exchange import publish
from harness.store.answers import Answers

sys.path.insert(0, str(Path(__file__).parent))
from overhead import prepare

SPREAD = 0.8
"""The standard deviation of the logarithm of a request's seconds: the longest of 64 is about six times the median."""


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds: of a case for plan, record and report, of a request for asking."""

    plan: float
    ask: float
    record: float
    report: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """Replicas alike: requests in flight, mean seconds a request, mean hours until one dies, seconds to load again."""

    replicas: int
    slots: int
    seconds: float
    mean_life: float
    load: float


@dataclass(slots=True)
class Outcome:
    """What a simulated asking came to: seconds, of slots at work, of the owner at work, and what died."""

    wall: float = 0.0
    slots: float = 0.0
    owner: float = 0.0
    deaths: int = 0
    again: int = 0


def measured(cases: int) -> Costs:
    """The costs on this machine; each process has one thread."""
    ask = _asking(cases)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, cases)
        env = os.environ | {"CROSSTASK_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
        arguments = ["pages", "--engine", "scripted", "--run-dir", str(folder / "run")]
        nothing = _pytest(folder, ["--version"], env)
        plan = _pytest(folder, ["pages", "--engine", "scripted", "--collect-only"], env) - nothing
        whole = _pytest(folder, arguments, env) - nothing
        report = _cpu([str(Path(sys.executable).parent / "crosstask"), "report", str(folder / "run")], folder, env)
    return Costs(plan / cases, ask, max(0.0, whole - plan - report) / cases - ask, report / cases)


def _asking(requests: int) -> float:
    """CPU seconds a request of the process that owns the engines; an engine process answers at once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prompts = (Generate(f"Question {number}: what is the smallest odd number?") for number in range(requests))
        publish(folder, {}, (("toy", f"{number:064x}", prompt) for number, prompt in enumerate(prompts)))
        engine = EnginePool([EngineProcess(EngineSpec(Weights(Card("toy"), ""), Settings("scripted")))])
        asker = Asker(folder, {"toy": Source(engine, folder / "answers.sqlite", "-")}, lambda _: False, refresh=False)
        next(iter(engine.answer((Generate("before"),))))
        start = time.process_time()
        asker.start()
        while asker.asked < requests and asker.broken is None:
            time.sleep(0.05)
        spent = time.process_time() - start
        asker.stop()
        kept = Answers(folder / "answers.sqlite", "-")
        missing = kept.missing([f"{number:064x}" for number in range(requests)])
        kept.close()
    if asker.broken is not None or missing:
        raise SystemExit(f"asking: {asker.broken or f'{len(missing)} answers missing'}; expected all of {requests}")
    return spent / requests


def _pytest(folder: Path, arguments: Sequence[str], env: dict[str, str]) -> float:
    return _cpu([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments], folder, env)


def _cpu(command: Sequence[str], folder: Path, env: dict[str, str]) -> float:
    """CPU seconds of a process that must end well."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=env)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: status {os.waitstatus_to_exitcode(status)}; expected 0")
    return usage.ru_utime + usage.ru_stime


@dataclass(slots=True)
class Simulation:
    """One asking of a fleet; times are seconds from its begin."""

    fleet: Fleet
    ask: float
    draw: random.Random
    outcome: Outcome = field(default_factory=Outcome)
    ready: list[float] = field(default_factory=list)
    dies: list[float] = field(default_factory=list)
    owner_free: float = 0.0

    def run(self, requests: int) -> Outcome:
        """Ask all, window by window, as the owner does."""
        self.ready = [0.0] * self.fleet.replicas
        self.dies = [self._life() for _ in self.ready]
        at_once = WINDOW.most * self.fleet.replicas
        for first in range(0, requests, at_once):
            self._window(min(at_once, requests - first))
        self.outcome.wall = self.owner_free
        return self.outcome

    def _window(self, requests: int) -> None:
        """One window; the next begins when the owner has taken its last answer."""
        leases, begun, without = Leases(requests, self.fleet.replicas), self.owner_free, []
        events: list[tuple[float, int, list[int], str]] = []
        idle = [(max(begun, ready), place) for place, ready in enumerate(self.ready)]
        heapq.heapify(idle)
        while idle or events:
            if idle and (not events or idle[0][0] <= events[0][0]):
                now, place = heapq.heappop(idle)
                if self.dies[place] <= now:
                    heapq.heappush(idle, (max(now, self._die(place)), place))
                elif lease := leases.take():
                    for event in self._work(now, place, lease):
                        heapq.heappush(events, event)
                else:
                    without.append(place)
                continue
            now, place, left, what = heapq.heappop(events)
            if what == "answer":
                self._take(now)
                continue
            if what == "death":
                leases.strike(left)
                self.outcome.again += len(left)
                self.ready[place] = self._die(place)
                for other in without:
                    heapq.heappush(idle, (max(now, self.ready[other]), other))
                without.clear()
            else:
                self.ready[place] = max(now, self.owner_free)
            heapq.heappush(idle, (self.ready[place], place))

    def _die(self, place: int) -> float:
        """When a replica that dies is there again."""
        again = self.dies[place] + self.fleet.load
        self.dies[place] = again + self._life()
        self.outcome.deaths += 1
        return again

    def _work(self, now: float, place: int, lease: Sequence[int]) -> Iterator[tuple[float, int, list[int], str]]:
        """The answers of a lease, and its end or the death before it."""
        slots = [now] * min(self.fleet.slots, len(lease))
        left, last = [], now
        for request in lease:
            seconds = self._seconds()
            end = slots[0] + seconds
            heapq.heapreplace(slots, end)
            if end > self.dies[place]:
                left.append(request)
                continue
            last = max(last, end)
            self.outcome.slots += seconds
            yield end, place, [], "answer"
        yield (self.dies[place], place, left, "death") if left else (last, place, [], "end")

    def _take(self, now: float) -> None:
        self.owner_free = max(self.owner_free, now) + self.ask
        self.outcome.owner += self.ask

    def _seconds(self) -> float:
        return self.draw.lognormvariate(math.log(self.fleet.seconds) - SPREAD**2 / 2, SPREAD)

    def _life(self) -> float:
        return self.draw.expovariate(1 / (3600 * self.fleet.mean_life)) if self.fleet.mean_life else math.inf


def rows(costs: Costs, arguments: argparse.Namespace) -> Iterator[str]:
    """One Markdown row a number of replicas."""
    n = arguments.requests
    for replicas in map(int, arguments.replicas.split(",")):
        fleet = Fleet(replicas, arguments.slots, arguments.seconds, arguments.mean_life, arguments.load)
        outcome = Simulation(fleet, costs.ask, random.Random(arguments.seed)).run(n)
        ideal = n * fleet.seconds / (replicas * fleet.slots)
        asking = n * costs.plan + outcome.wall
        whole = max(asking, n * (costs.plan + costs.ask + costs.record)) + n * costs.report
        parts = {"replicas": ideal, "owner": n * costs.ask, "tests": n * (costs.plan + costs.ask + costs.record)}
        yield (
            f"| {replicas} | {ideal / 3600:.2f} | {outcome.wall / 3600:.2f} | {whole / 3600:.2f} "
            f"| {100 * outcome.slots / (outcome.wall * replicas * fleet.slots):.0f} % "
            f"| {100 * outcome.owner / outcome.wall:.0f} % | {outcome.deaths} | {outcome.again} "
            f"| {max(parts, key=lambda name: parts[name])} |"
        )


def main() -> None:
    """Print the measured costs and the simulated table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000, help="cases that the costs are measured on")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--replicas", default="1,10,100,1000")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--mean-life", type=float, default=100.0, help="hours; 0: none dies")
    parser.add_argument("--load", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    costs = measured(arguments.cases)
    parts = ", ".join(f"{name} {1000 * getattr(costs, name):.3f}" for name in Costs.__slots__)
    print(f"CPU milliseconds a case or request: {parts}\n")
    print("| replicas | ideal h | asking h | whole h | busy | owner | deaths | asked again | limit |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows(costs, arguments):
        print(row, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{peak:.0f} MB of the simulation, Python {sys.version.split()[0]}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
