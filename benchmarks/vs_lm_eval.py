"""Speed and memory against lm-evaluation-harness 0.4.13: same weights, rows, threads, answers.

    python benchmarks/vs_lm_eval.py MODEL_FOLDER --data MIRROR [--env DIR] [--tasks ...] [--quick]

lm-eval runs in an environment of its own (made here if absent) once at batch 1, 4, 8 and 16; its best is repeated.
It builds the requests; the engine answers the same ones. Times are of answering alone, the median of
the repeats; loading stands apart. Answers must be equal or the script ends with status 1.
"""

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PINS = ("lm_eval==0.4.13", "torch==2.13.0", "accelerate")
TRANSFORMERS = "transformers==5.23.0"
BATCHES = (1, 4, 8, 16)
WORKLOADS = {
    "truthfulqa_mc1+mc2": (("truthfulqa_mc1", "truthfulqa_mc2"), 0),
    "boolq": (("boolq",), 0),
    "winogrande": (("winogrande",), 0),
    "gsm8k": (("gsm8k",), 0),
    "gsm8k_5shot": (("gsm8k",), 5),
    "mgsm_direct_en": (("mgsm_direct_en",), 0),
}
LIKELIHOOD_TOLERANCE = 1e-4
ROUNDING_PER_TOKEN = 2.5e-5
"""lm-eval's log_softmax sums the vocabulary in float32 in as many running sums as the CPU has lanes (8 with AVX2,
16 with AVX-512); ours always in 16, so on AVX2 the two differ by up to this much a token."""
NEAR_TIE = 1e-3


def main() -> int:
    """Measure each workload with both, print the table."""
    options = arguments()
    python = environment(options.env)
    peaks = machine(options.threads)
    peak = f"{peaks['gflops']:.0f} GFLOP/s float32 matmul, {peaks['gb_s']:.1f} GB/s read"
    print(f"{options.threads} threads: {peak}\n")
    lines, failed = [], []
    for name in options.tasks:
        with tempfile.TemporaryDirectory() as folder:
            line, problems = compare(name, options, python, Path(folder), peaks)
        lines.append(line)
        failed += [f"{name}: {problem}" for problem in problems]
        # a workload takes minutes: what is measured is shown at once
        print(table(lines[-1:]), flush=True)
    if len(lines) > 1:
        print(table(lines))
    for problem in failed:
        print(problem)
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("model", help="a folder in the Hub's format")
    parser.add_argument("--data", required=True, help="an offline mirror of the rows")
    parser.add_argument("--env", type=Path, default=Path(tempfile.gettempdir()) / "crosstask-lm-eval-0.4.13")
    parser.add_argument("--tasks", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="TASK")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES, help="lm-eval's batch sizes to try")
    parser.add_argument("--quick", action="store_true", help="8 cases, one repeat, lm-eval at batch 8 only")
    options = parser.parse_args()
    if options.quick:
        options.cases, options.repeats, options.batches = 8, 1, (8,)
    return options


def environment(folder: Path) -> Path:
    """The interpreter of lm-eval's own environment, made at the first use."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        constraints = HERE.parent / "constraints.txt"
        pinned = ["-c", str(constraints), "transformers"] if constraints.exists() else [TRANSFORMERS]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINS, *pinned], check=True)
    return python


def compare(
    name: str, options: argparse.Namespace, python: Path, folder: Path, peaks: dict[str, float]
) -> tuple[dict[str, Any], list[str]]:
    """One workload with both; returns the table's line and what is wrong."""
    tasks, shots = WORKLOADS[name]
    job = {
        "model": str(Path(options.model).resolve()), "data": str(Path(options.data).resolve()), "tasks": tasks,
        "shots": shots, "cases": options.cases, "repeats": options.repeats, "threads": options.threads,
        "max_tokens": options.max_tokens,
    }  # fmt: skip

    def peer(batch: int, repeats: int) -> dict[str, Any]:
        out = folder / f"peer-{batch}.json"
        asked = json.dumps({**job, "batch": batch, "repeats": repeats})
        run([python, HERE / "peer_lm_eval.py", asked, out], options.threads)
        return {"batch": batch, **json.loads(out.read_text("utf-8"))}

    best = min((peer(batch, 1) for batch in options.batches), key=lambda trial: min(trial["seconds"]))
    if options.repeats > 1:
        best = peer(best["batch"], options.repeats)
    asked, out = folder / "asked.json", folder / "ours.json"
    asked.write_text(json.dumps(best), "utf-8")
    run([sys.executable, Path(__file__), "--child", json.dumps(job), asked, out], options.threads)
    ours = json.loads(out.read_text("utf-8"))
    return {"name": name, "peer": best, "ours": ours, "floor": floor(ours["work"], peaks)}, ours["problems"]


def run(command: list[Any], threads: int) -> None:
    """Run a child with the same number of threads for every library in it."""
    quiet = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    subprocess.run(
        [str(part) for part in command], check=True, env={**os.environ, **quiet, "OMP_NUM_THREADS": str(threads)}
    )


def machine(threads: int) -> dict[str, float]:
    """Measured peaks: a large float32 matrix product and a read of 512 MB, best of 7."""
    import torch

    torch.set_num_threads(threads)
    square, large = torch.randn(2048, 2048), torch.ones(128 * 2**20)

    def best(work: Callable[[], object]) -> float:
        spans = []
        for _ in range(7):
            started = time.perf_counter()
            work()
            spans.append(time.perf_counter() - started)
        return min(spans)

    return {
        "gflops": 2 * 2048**3 / best(lambda: square @ square) / 1e9,
        "gb_s": large.numel() * 4 / best(large.sum) / 1e9,
    }


def floor(work: dict[str, int], peaks: dict[str, float]) -> float:
    """The seconds the machine needs at its measured peaks: products at scoring, weights or products at each step."""
    rate, bandwidth = peaks["gflops"] * 1e9, peaks["gb_s"] * 1e9
    read = 2 * (work["body"] * work["distinct"] + work["head"] * work["scored"]) / rate
    width = work["slot_tokens"] / work["steps"] if work["steps"] else 0
    parameters = work["body"] + work["head"]
    return read + work["steps"] * max(4 * parameters / bandwidth, 2 * parameters * width / rate)


def table(lines: list[dict[str, Any]]) -> str:
    """A Markdown table: medians in seconds, ratios, peak memory, and how far each is from the floor."""
    heads = ["workload", "requests", "lm-eval (batch)", "crosstask", "faster", "peak MB", "load", "useful tokens/s"]
    heads += ["x floor", "largest difference"]
    rows = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for line in lines:
        peer, ours = line["peer"], line["ours"]
        theirs, mine = statistics.median(peer["seconds"]), statistics.median(ours["seconds"])
        written = ours["work"]["written"]
        rate = f"{written / theirs:.1f} / {written / mine:.1f}" if written else "-"
        rows.append(
            f"| {line['name']} | {len(peer['requests'])} | {theirs:.2f} s ({peer['batch']}) | {mine:.2f} s "
            f"| **{theirs / mine:.1f}x** | {peer['peak_mb']:.0f} / {ours['peak_mb']:.0f} "
            f"| {peer['load']:.1f} / {ours['load']:.1f} s | {rate} "
            f"| {theirs / line['floor']:.1f} / {mine / line['floor']:.1f} | {ours['difference']} |"
        )
    return "\n".join(rows)


def child(job: dict[str, Any], asked: dict[str, Any], out: str) -> None:
    """Our half, in a process of its own: answer what lm-eval asked, compare, measure."""
    started = time.perf_counter()
    import torch

    from harness.core import Generate
    from harness.core import LogLikelihood
    from harness.engines.transformers.engine import TransformersEngine
    from harness.models import Card
    from harness.models import Settings
    from harness.models import Weights

    torch.set_num_threads(job["threads"])
    engine = TransformersEngine(Weights(Card("model"), job["model"]), Settings("transformers"))
    load = time.perf_counter() - started
    scoring = asked["kind"] == "loglikelihood"
    if scoring:
        requests = [LogLikelihood(((context, continuation),)) for context, continuation in asked["requests"]]
    else:
        requests = [
            Generate(context, max_tokens=options["max_gen_toks"], stop=tuple(options["until"]))
            for context, options in asked["requests"]
        ]
    seconds = []
    for _ in range(job["repeats"]):
        # Nothing of one repeat may help the next.
        engine.packer.forget()
        engine.decoder.steps = engine.decoder.slot_tokens = 0
        begun = time.perf_counter()
        found = dict(engine.answer(requests))
        seconds.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    judge = likelihood_differences if scoring else generation_differences
    difference, problems = judge(engine, asked, found)
    work = amount(engine, requests, found, scoring=scoring)
    Path(out).write_text(
        json.dumps(
            {
                "seconds": seconds,
                "load": load,
                "peak_mb": peak,
                "difference": difference,
                "problems": problems,
                "work": work,
            }
        ),
        "utf-8",
    )


def likelihood_differences(_: Any, asked: dict[str, Any], found: dict[int, Any]) -> tuple[str, list[str]]:
    """The largest difference, and the requests where it is more than rounding explains."""
    worst, problems = 0.0, []
    for index, (value, greedy) in enumerate(asked["answers"]):
        ours = found[index]
        apart = abs(ours.values[0] - value)
        worst = max(worst, apart)
        if apart > LIKELIHOOD_TOLERANCE + ROUNDING_PER_TOKEN * ours.tokens[0] or ours.greedy[0] != greedy:
            problems.append(f"request {index}: log P {ours.values[0]:.7f}, lm-eval {value:.7f}, greedy {greedy}")
    return f"{worst:.1e} nats", problems


def generation_differences(engine: Any, asked: dict[str, Any], found: dict[int, Any]) -> tuple[str, list[str]]:
    """How many texts differ, and those whose first difference is no near-tie of the two best logits."""
    import torch

    unequal, problems = 0, []
    for index, (text, (context, _)) in enumerate(zip(asked["answers"], asked["requests"], strict=True)):
        ours = found[index].completions[0].text
        if ours == text:
            continue
        unequal += 1
        same = [one == other for one, other in zip(ours, text, strict=False)]
        shared = ours[: same.index(False) if False in same else len(same)]
        logits = engine.model(input_ids=torch.tensor([engine.tokens.encode(context + shared)])).logits[0, -1]
        gap = float(logits.topk(2).values.diff().abs())
        if not math.isfinite(gap) or gap > NEAR_TIE:
            problems.append(f"request {index}: differs behind {shared[-40:]!r}, logits {gap:.4f} apart")
    return f"{unequal} of {len(found)} texts", problems


def amount(engine: Any, requests: list[Any], found: dict[int, Any], *, scoring: bool) -> dict[str, int]:
    """What had to be computed at least: distinct tokens, projected rows, decoding steps."""
    from harness.engines.transformers.prefix_tree import PrefixTree

    if scoring:
        sequences = [engine.tokens.pair(*pair) for request in requests for pair in request.pairs]
        texts = [sequence.inputs for sequence in sequences]
        targets = [sequence.targets for sequence in sequences]
    else:
        texts, targets = [engine.tokens.encode(request.prompt) for request in requests], [1] * len(requests)
    tree = PrefixTree(texts)
    rows = {int(node) for path, count in zip(tree.paths, targets, strict=True) for node in path[len(path) - count :]}
    config = engine.model.config.get_text_config()
    head = config.vocab_size * config.hidden_size
    total = engine.model.num_parameters()
    tied = config.tie_word_embeddings
    return {
        "distinct": len(tree),
        "scored": len(rows),
        "body": total - head - (0 if tied else head),
        "head": head,
        "steps": engine.decoder.steps,
        "slot_tokens": engine.decoder.slot_tokens,
        "written": 0 if scoring else sum(response.completions[0].tokens for response in found.values()),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(json.loads(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text("utf-8")), sys.argv[4])
    else:
        sys.exit(main())
