"""APPS: coding problems from contests and interviews; a program reads and prints, or a function is called.

Hendrycks et al. 2021, "Measuring Coding Challenge Competence With APPS", arXiv:2105.09938. The 5,000 problems of the
test split, in three levels; test-case average and strict accuracy are those of section 4. Outputs are compared as
leniently as the authors do it, down to sets of words. Where several answers are right the data has no checker, and a
program that prints another one is wrong, as upstream.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.apps import problem
from harness.core import Case
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.strict_accuracy import StrictAccuracy
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.test_case_average import TestCaseAverage
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for a program or a function."""
    return problem(row)


apps = Benchmark(
    name="apps",
    version=1,
    area="code",
    paper="arXiv:2105.09938",
    protocol="zero-shot, greedy program of at most 1024 tokens in the authors' form; all its tests must pass",
    rows=from_hub("codeparrot/apps", "all", split="test", key="problem_id"),
    strata="level",
    to_case=to_case,
    metrics=(StrictAccuracy(), TestCaseAverage(), PassAtK(1), SyntaxValid()),
    verified="the sample only; `apps_train` says what became of 5 training problems",
    size=5000,
)


@apps.cases
def test_apps(case, response, record):
    record(apps.score(case, response))
