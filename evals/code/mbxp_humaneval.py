"""MBXP-HumanEval: HumanEval's problems translated by program into 11 languages, and those problems in Python.

Athiwaratkun et al. 2022, "Multi-lingual Evaluation of Code Generation Models", arXiv:2210.14868, called Multi-HumanEval
by its authors later: 160 or 161 problems each, HumanEval's assertions made over. Solutions are there for Python alone.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.mxeval import MBXP_HUMANEVAL
from harness.code_tasks.mxeval import mxeval
from harness.core import Case
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function."""
    return mxeval(row)


mbxp_humaneval = Benchmark(
    name="mbxp_humaneval",
    version=1,
    area="code",
    paper="arXiv:2210.14868",
    protocol="zero-shot, greedy continuation of at most 512 tokens up to the function's end; all its tests must pass",
    rows=tuple(
        from_hub("mxeval/multi-humaneval", language, split="test", key="task_id") for language in MBXP_HUMANEVAL
    ),
    strata="language",
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid()),
    size=1934,
)


@mbxp_humaneval.cases
def test_mbxp_humaneval(case, response, record):
    record(mbxp_humaneval.score(case, response))
