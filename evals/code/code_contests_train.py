"""CodeContests' training problems as cases, for machines whose mirror has none of the test split.

Li et al. 2022, arXiv:2203.07814. A mirror has 300 of them with about ten tests each. Models may have been trained on
them: a number here is no CodeContests score. Prompt, tests and rules are those of `code_contests`.
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


code_contests_train = Benchmark(
    name="code_contests_train",
    version=1,
    area="code",
    paper="arXiv:2203.07814",
    protocol="zero-shot, greedy program of at most 1024 tokens; training problems, no CodeContests score",
    rows=from_hub("deepmind/code_contests", split="train", key="name"),
    to_case=to_case,
    metrics=(PassAtK(1), NAtK(), TestCaseAverage(), SyntaxValid()),
    verified=(
        "of a mirror's 300 solutions, 258 pass their tests; 28 give another of several right answers, 6 have tests of "
        "another problem, 3 want line breaks that the mirror lacks, 2 are interactive, 1 is near enough for its own "
        "judge, 2 take more than 10 s; a plain interpreter says the same of 36 of the 37 that were run in one"
    ),
    size=300,
)


@code_contests_train.cases
def test_code_contests_train(case, response, record):
    record(code_contests_train.score(case, response))
