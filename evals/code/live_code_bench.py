"""LiveCodeBench: problems of programming contests with the date of each, so that those after a model's cutoff are told.

Jain et al. 2024, "LiveCodeBench: Holistic and Contamination Free Evaluation of Large Language Models for Code",
arXiv:2403.07974. The task of code generation, in the pruned form with fewer tests. Problems of LeetCode ask for a
method, others for a program that reads and prints. No row was seen here: the format is that of the authors' reader. On
the Hub the dataset is a script, which is never run: its rows can come from a mirror alone. Where several answers are
right the data has no checker, and a program that prints another one is wrong, as upstream.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.live_code_bench import problem
from harness.core import Case
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for a program or a method."""
    return problem(row)


live_code_bench = Benchmark(
    name="live_code_bench",
    version=1,
    area="code",
    paper="arXiv:2403.07974",
    protocol="zero-shot, greedy program of at most 2048 tokens after the authors' prompt; all its tests must pass",
    rows=from_hub("livecodebench/code_generation_lite", split="test", key="question_id"),
    strata="platform",
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid()),
    verified="the sample only",
)


@live_code_bench.cases
def test_live_code_bench(case, response, record):
    record(live_code_bench.score(case, response))
