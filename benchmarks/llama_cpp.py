"""Tokens per second of the engine `llama.cpp` against llama.cpp's own server, on the same file and in the same run.

`python benchmarks/llama_cpp.py FILE.gguf [--streams 1 8] [--rounds 3] [--threads 1]`. Both are loaded with the same
context, slots and threads, and write the same greedy texts of a fixed length alternately: the engine in this process,
the server in a process of its own, asked over HTTP by as many connections as there are streams. Printed are the
median of each, and the median ratio of neighbours in time.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

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
    print("streams  engine tokens/s  server tokens/s  ratio (least, most)  equal texts")
    for streams in asked.streams:
        print(row(asked.file, streams, asked.rounds, asked.threads), flush=True)


def row(file: str, streams: int, rounds: int, threads: int) -> str:
    """One line: medians of the rounds."""
    prompts = [f"Write a long text about {topic}, their history and their use." for topic in TOPICS]
    engine = LlamaCppEngine(load(Load(file, CONTEXT, streams, threads)), Load(file, CONTEXT, streams), SETTINGS)
    pairs, equal = [], 0
    with served(file, streams, threads) as url:
        by_engine(engine, prompts[:1])
        by_server(url, prompts[:1], 1)
        for number in range(rounds):
            ways = [lambda: by_engine(engine, prompts), lambda: by_server(url, prompts, streams)]
            measured = [way() for way in (ways if number % 2 == 0 else ways[::-1])]
            (ours, texts), (theirs, others) = measured if number % 2 == 0 else measured[::-1]
            pairs.append((ours, theirs))
            equal = sum(text == other for text, other in zip(texts, others, strict=True))
    engine.close()
    ratios = [ours / theirs for ours, theirs in pairs]
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}, {max(ratios):.2f})"
    return f"{streams:7}  {ours:15.1f}  {theirs:15.1f}  {ratio:19}  {equal} of {len(prompts)}"


def by_engine(engine: LlamaCppEngine, prompts: list[str]) -> tuple[float, list[str]]:
    """Tokens per second, and the texts."""
    start = time.perf_counter()
    answers = dict(engine.answer([Generate(prompt, TOKENS) for prompt in prompts]))
    seconds = time.perf_counter() - start
    found = [answers[index] for index in range(len(prompts))]
    written = [answer.completions[0] for answer in found if isinstance(answer, Completions)]
    return sum(one.tokens for one in written) / seconds, [one.text for one in written]


def by_server(url: str, prompts: list[str], streams: int) -> tuple[float, list[str]]:
    """The same of a server."""
    start = time.perf_counter()
    with ThreadPoolExecutor(streams) as pool:
        answers = list(pool.map(lambda prompt: asked_over_http(url, prompt), prompts))
    seconds = time.perf_counter() - start
    return sum(tokens for _, tokens in answers) / seconds, [text for text, _ in answers]


def asked_over_http(url: str, prompt: str) -> tuple[str, int]:
    """One greedy completion: its text and its tokens."""
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


SETTINGS = Settings("llama.cpp", dtype="as stored")

if __name__ == "__main__":
    main()
