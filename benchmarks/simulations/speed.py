"""Speed and memory: 10,000 paired resamples, each in a process of its own, beside sacrebleu's paired bootstrap."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from tables import Figures
from tables import beyond

RESAMPLES = 10_000
SENTENCES = 3000
CASES = 14_042
WORDS = [f"w{number}" for number in range(400)]


def corpus() -> tuple[list[str], list[str], list[str]]:
    """References and two systems that miss a quarter of their words."""
    generator = np.random.default_rng(6000)
    references, systems = [], ([], [])
    for _ in range(SENTENCES):
        words = generator.choice(WORDS, size=generator.integers(8, 30))
        references.append(" ".join(words))
        for system in systems:
            missed = generator.random(len(words)) < 0.25
            system.append(" ".join(np.where(missed, generator.choice(WORDS, size=len(words)), words)))
    return references, *systems


def masses() -> Callable[[], object]:
    """The paired bootstrap of 14,042 cases whose scores are all different."""
    from harness.statistics import Draws
    from harness.statistics import pair

    values = np.random.default_rng(6001).random((2, CASES))
    first, second = (np.stack([one, np.ones(CASES)], axis=1) for one in values)
    return lambda: pair(first, second, "mean").differences(Draws(resamples=RESAMPLES))


def verdicts() -> Callable[[], object]:
    """The whole comparison of 14,042 verdicts: interval, bootstrap, sign flips, McNemar, wins."""
    from harness.statistics import paired

    right = np.random.default_rng(6002).random((2, CASES)) < 0.6
    first, second = (np.stack([one, np.ones(CASES)], axis=1).astype(float) for one in right)
    return lambda: paired(first, second, "proportion")


def bleu() -> Callable[[], object]:
    """The paired bootstrap of corpus BLEU, from sufficient statistics."""
    from sacrebleu.metrics import BLEU

    from harness.statistics import Draws
    from harness.statistics import pair

    references, *systems = corpus()
    tables = [np.array(BLEU()._extract_corpus_statistics(one, [references]), dtype=float) for one in systems]  # noqa: SLF001
    return lambda: pair(*tables, "bleu").differences(Draws(resamples=RESAMPLES))


def sacrebleu() -> Callable[[], object]:
    """Sacrebleu's own paired bootstrap of the same systems, its statistics worked out beforehand as well."""
    from sacrebleu.metrics import BLEU
    from sacrebleu.significance import Result
    from sacrebleu.significance import _paired_bs_test

    references, *systems = corpus()

    class Ready(BLEU):
        """BLEU whose statistics are there already."""

        def _extract_corpus_statistics(self, *_: object) -> list[list[int]]:
            return kept

    kept, baseline = (BLEU()._extract_corpus_statistics(one, [references]) for one in systems)  # noqa: SLF001
    result = Result(BLEU()._aggregate_and_compute(baseline).score)  # noqa: SLF001
    metric = {"BLEU": Ready()}
    return lambda: _paired_bs_test({"BLEU": (baseline, result)}, "s", [""] * SENTENCES, None, metric, RESAMPLES, -1, 1)


WORK = {"masses": masses, "verdicts": verdicts, "bleu": bleu, "sacrebleu": sacrebleu}
ROWS = (
    ("masses", f"paired bootstrap, {CASES:,} cases, all scores different"),
    ("verdicts", f"whole comparison, {CASES:,} verdicts"),
    ("bleu", f"paired bootstrap, corpus BLEU, {SENTENCES:,} sentences"),
    ("sacrebleu", "the same by sacrebleu 2.6.0 (`_paired_bs_test`)"),
)


def child(name: str) -> None:
    """Print wall and CPU seconds, and the peak of the whole process's memory (MB), libraries included."""
    work = WORK[name]()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps((wall, cpu, _peak())))


def _peak() -> float:
    """Megabytes; from Linux itself, since getrusage's peak is at least that of the process this one was started by."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def measure(repeats: int) -> Figures:
    """The median of each figure, the workloads taken in turns."""
    one_core = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in WORK}
    for _ in range(repeats):
        for name in WORK:
            command = [sys.executable, str(Path(__file__)), name]
            answer = subprocess.run(command, env=one_core, check=True, capture_output=True, text=True)
            found[name].append(tuple(json.loads(answer.stdout)))
    middle = {name: tuple(median(column) for column in zip(*runs, strict=True)) for name, runs in found.items()}
    rows = tuple(
        (words, *(f"{value:.2f}" for value in middle[name][:2]), f"{middle[name][2]:.0f}") for name, words in ROWS
    )
    factor = middle["sacrebleu"][1] / middle["bleu"][1]
    rows += (("sacrebleu / this, CPU time", "", f"{factor:.0f}x", ""),)
    missed = beyond("speed against sacrebleu", factor, least=10, most=np.inf)
    for name in ("masses", "bleu"):
        missed += beyond(f"seconds, {name}", middle[name][1], most=1.0)
        missed += beyond(f"megabytes, {name}", middle[name][2], most=200)
    return Figures("speed", ("10,000 resamples", "wall s", "CPU s", "peak MB of the process"), rows, missed)


if __name__ == "__main__":
    child(sys.argv[1])
