"""MBPP, sanitized: the problems of MBPP that its authors verified by hand, their sentences made clearer.

Austin et al. 2021, "Program Synthesis with Large Language Models", arXiv:2108.07732. Test split, 257 problems; prompt,
stop and budget are those of MBPP. Examples for `--shots` are the first of the prompt split.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.problems import from_sentence
from harness.core import Case
from harness.metrics.n_at_k import NAtK
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.test_case_average import TestCaseAverage
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """A request for a program."""
    return from_sentence(row, shots, "prompt")


mbpp_sanitized = Benchmark(
    name="mbpp_sanitized",
    version=2,
    area="code",
    paper="arXiv:2108.07732",
    protocol="zero-shot unless --shots, greedy program of at most 512 tokens up to [DONE]; all its tests must pass",
    rows=from_hub("google-research-datasets/mbpp", "sanitized", split="test", key="task_id"),
    shots=from_hub("google-research-datasets/mbpp", "sanitized", split="prompt", key="task_id"),
    sampler="first_n",
    to_case=to_case,
    metrics=(PassAtK(1), NAtK(), TestCaseAverage(), SyntaxValid()),
    verified=("all 257 solutions of a mirror pass, run plainly; no other tool's log was compared"),
    size=257,
)


@mbpp_sanitized.cases
def test_mbpp_sanitized(case, response, record):
    record(mbpp_sanitized.score(case, response))
