"""APPS' training problems as cases, for machines whose mirror has none of the test split.

Hendrycks et al. 2021, arXiv:2105.09938. Models may have been trained on them: a number here is no APPS score. Prompt,
tests and rules are those of `apps`.
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


apps_train = Benchmark(
    name="apps_train",
    version=1,
    area="code",
    paper="arXiv:2105.09938",
    protocol="zero-shot, greedy program of at most 1024 tokens; training problems, no APPS score",
    rows=from_hub("codeparrot/apps", "all", split="train", key="problem_id"),
    strata="level",
    to_case=to_case,
    metrics=(StrictAccuracy(), TestCaseAverage(), PassAtK(1), SyntaxValid()),
    verified="the first solutions of a mirror's 5 problems pass; no other tool's log was compared",
    size=5000,
)


@apps_train.cases
def test_apps_train(case, response, record):
    record(apps_train.score(case, response))
