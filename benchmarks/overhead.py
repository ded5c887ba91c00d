"""The suite's own cost a case: scripted answers against an empty parametrised pytest case.

    python benchmarks/overhead.py [--sizes 1000,10000,100000] [--repeats 3]

Each run is a process of its own. `pytest` is a test function parametrised over strings whose body is empty;
`crosstask` a page over as many rows that generates, scores, records, and writes the whole report. CPU seconds (user
and system) and the peak of resident memory are the process's (getrusage of the child), wall seconds stand beside them.
The goal is a share of at most 1.0x on top of pytest's own, linear in the number of cases.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EMPTY = """
import pytest


@pytest.mark.parametrize("case", [f"m-rows-{{k}}" for k in range({size})])
def test_empty(case):
    pass
"""
PAGE = '''
"""rows: one short question a row."""
from harness.benchmark import Benchmark
from harness.core import Case, Generate
from harness.extract import last_number, plain_number
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_file


def to_case(row, shots):
    return Case(row.id, (Generate(row.text("question"), max_tokens=8),), "1")


rows = Benchmark(
    name="rows", version=1, area="none", paper="none", protocol="greedy", rows=from_file("rows.jsonl"),
    to_case=to_case, metrics=(ExactMatch(last_number, plain_number, "exact"),),
)


@rows.cases
def test_rows(case, response, record):
    record(rows.score(case, response))
'''


def prepare(folder: Path, size: int) -> None:
    """A repository with an empty test file and a page of as many cases."""
    (folder / "pages").mkdir()
    (folder / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\n')
    (folder / "test_empty.py").write_text(EMPTY.format(size=size))
    (folder / "pages/rows.py").write_text(PAGE)
    with (folder / "pages/rows.jsonl").open("w") as rows:
        for number in range(size):
            rows.write(json.dumps({"question": f"Question {number}: what is the smallest odd number?"}) + "\n")


def run(folder: Path, arguments: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MB of one pytest process."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    start = time.perf_counter()
    alone = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=alone)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}; expected 0")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(size: int, repeats: int) -> dict[str, tuple[float, float, float]]:
    """The median of each figure, the runs taken in turns; a cache of its own each time, so that every case is asked."""
    found: dict[str, list[tuple[float, float, float]]] = {"pytest": [], "crosstask": [], "again": []}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare(folder, size)
            os.environ["CROSSTASK_CACHE"] = str(folder / "cache")
            found["pytest"].append(run(folder, ["test_empty.py", "-p", "no:crosstask"]))
            found["crosstask"].append(run(folder, ["pages", "--engine", "scripted"]))
            found["again"].append(run(folder, ["pages", "--engine", "scripted"]))
    return {name: tuple(map(statistics.median, zip(*runs, strict=True))) for name, runs in found.items()}


def main() -> None:
    """Print one Markdown row a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print(
        "| cases | pytest CPU s | crosstask CPU s | on top | again CPU s | pytest wall s | crosstask wall s "
        "| our CPU ms/case | pytest MB | our MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for size in map(int, arguments.sizes.split(",")):
        found = measure(size, arguments.repeats)
        plain, ours, again = found["pytest"], found["crosstask"], found["again"]
        extra = ours[1] - plain[1]
        print(
            f"| {size} | {plain[1]:.1f} | {ours[1]:.1f} | {extra / plain[1]:.2f}x | {again[1]:.1f} | {plain[0]:.1f} "
            f"| {ours[0]:.1f} | {1000 * extra / size:.2f} | {plain[2]:.0f} | {ours[2]:.0f} |",
            flush=True,
        )
    print(f"\n{resource.getpagesize()} B pages, Python {sys.version.split()[0]}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
