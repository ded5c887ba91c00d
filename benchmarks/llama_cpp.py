"""Tokens per second of the engine `llama.cpp` against llama.cpp's own server, on the same file and in the same run.

`python benchmarks/llama_cpp.py FILE.gguf [--streams 1 8] [--rounds 3] [--threads 1]`. Both are loaded with the same
context, slots and threads, and write the same greedy texts of a fixed length alternately: the engine in this process,
the server in a process of its own, asked over HTTP by as many connections as there are streams. Printed are the
medians, by the clock and by the CPU time of the process that computes, which other programs on the machine disturb
less, and the median ratio of neighbours in time.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import psutil

from harness.core import Completions
from harness.core import Generate
from harness.engines.llama_cpp.bindings import Load
from harness.engines.llama_cpp.bindings import load
from harness.engines.llama_cpp.engine import LlamaCppEngine
from harness.models import Settings

SERVE = """
import sys, xllamacpp
path, context, slots, threads = sys.argv[1], *map(int, sys.argv[2:])
params = xllamacpp.CommonParams()
params.model.path, params.n_ctx, params.n_parallel, params.port = path, context * slots, slots, 0
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
params.n_threads_http, params.verbosity = slots + 2, 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""
TOPICS = ("rivers", "mountains", "engines", "bread", "schools", "trains", "gardens", "markets")
TOKENS, CONTEXT = 64, 512


def main() -> None:
    """Measure and print a row for each number of streams."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    print("streams  tokens a second of  engine  server  ratio (least, most)  equal texts")
    for streams in asked.streams:
        for line in rows(asked.file, streams, asked.rounds, asked.threads):
            print(line, flush=True)


def rows(file: str, streams: int, rounds: int, threads: int) -> Iterator[str]:
    """A line by the clock and one by CPU time: medians of the rounds."""
    prompts = [f"Write a long text about {topic}, their history and their use." for topic in TOPICS]
    loaded = Load(file, CONTEXT, streams, threads)
    engine = LlamaCppEngine(load(loaded), loaded, Settings("llama.cpp", dtype="as stored"))
    ours, theirs = [], []
    with served(file, streams, threads) as url, ThreadPoolExecutor(streams) as pool:
        server = psutil.Process(listener(url))
        for number in range(rounds + 1):
            ways = [
                (ours, psutil.Process(), lambda: by_engine(engine, prompts)),
                (theirs, server, lambda: list(pool.map(partial(by_server, url), prompts))),
            ]
            for found, process, way in ways if number % 2 else ways[::-1]:
                found.append(measured(process, way))
    engine.close()
    equal = sum(text == other for text, other in zip(ours[-1].texts, theirs[-1].texts, strict=True))
    for name in ("second", "CPU second"):
        pairs = [(one.rate(name), other.rate(name)) for one, other in zip(ours[1:], theirs[1:], strict=True)]
        first, second = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratios = [one / other for one, other in pairs]
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}, {max(ratios):.2f})"
        yield f"{streams:7}  {name:18}  {first:6.1f}  {second:6.1f}  {ratio:19}  {equal} of {len(prompts)}"


@dataclass(frozen=True)
class Measured:
    """What a way wrote, and in what time."""

    texts: list[str]
    tokens: int
    seconds: float
    cpu: float

    def rate(self, name: str) -> float:
        """Tokens per second, or per CPU second."""
        return self.tokens / (self.seconds if name == "second" else self.cpu)


def measured(process: psutil.Process, way: Callable[[], list[tuple[str, int]]]) -> Measured:
    """One way, by the clock and by the CPU time of the process that computes."""
    before, start = sum(process.cpu_times()[:2]), time.perf_counter()
    answers = way()
    seconds, cpu = time.perf_counter() - start, sum(process.cpu_times()[:2]) - before
    return Measured([text for text, _ in answers], sum(tokens for _, tokens in answers), seconds, cpu)


def by_engine(engine: LlamaCppEngine, prompts: list[str]) -> list[tuple[str, int]]:
    """The texts and their tokens."""
    answers = dict(engine.answer([Generate(prompt, TOKENS) for prompt in prompts]))
    found = [answers[index] for index in range(len(prompts))]
    written = [answer.completions[0] for answer in found if isinstance(answer, Completions)]
    return [(one.text, one.tokens) for one in written]


def listener(url: str) -> int:
    """The process of this one's children that listens at an address."""
    port = int(url.rpartition(":")[2])
    for child in psutil.Process().children():
        if any(one.laddr.port == port for one in child.net_connections()):
            return child.pid
    raise RuntimeError(f"{url}: no child listens there")


def by_server(url: str, prompt: str) -> tuple[str, int]:
    """One greedy completion over HTTP: its text and its tokens."""
    body = {"prompt": prompt, "max_tokens": TOKENS, "temperature": 0.0, "cache_prompt": False}
    request = urllib.request.Request(
        f"{url}/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        found = json.load(answer)
    choice, tokens = found["choices"][0], found["usage"]["completion_tokens"]
    return choice["text"], tokens - (choice["finish_reason"] == "stop")


@contextmanager
def served(file: str, slots: int, threads: int) -> Iterator[str]:
    """The address of llama.cpp's server."""
    command = [sys.executable, "-c", SERVE, file, str(CONTEXT), str(slots), str(threads)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield next(line.strip() for line in server.stdout if line.startswith("http"))
        server.kill()


if __name__ == "__main__":
    main()
