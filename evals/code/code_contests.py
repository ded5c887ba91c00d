"""CodeContests: problems of programming contests; a program reads the input of each test and prints the answer.

Li et al. 2022, "Competition-Level Code Generation with AlphaCode", arXiv:2203.07814. The 165 problems of the test
split, which the paper reports. `10@k` filters samples by the example tests, without the paper's clustering. Where
several answers are right the data has no checker, and a program that prints another one is wrong, as upstream.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.contests import contest
from harness.core import Case
from harness.metrics.n_at_k import NAtK
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.test_case_average import TestCaseAverage
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for a program in Python 3."""
    return contest(row)


code_contests = Benchmark(
    name="code_contests",
    version=1,
    area="code",
    paper="arXiv:2203.07814",
    protocol="zero-shot, greedy program of at most 1024 tokens; its output must be right for all tests, word by word",
    rows=from_hub("deepmind/code_contests", split="test", key="name"),
    to_case=to_case,
    metrics=(PassAtK(1), NAtK(), TestCaseAverage(), SyntaxValid()),
    verified="the sample only; `code_contests_train` says what became of 300 training problems",
    size=165,
)


@code_contests.cases
def test_code_contests(case, response, record):
    record(code_contests.score(case, response))
