"""MBXP: MBPP's problems translated by program into 12 languages, and those problems in Python.

Athiwaratkun et al. 2022, "Multi-lingual Evaluation of Code Generation Models", arXiv:2210.14868: a sentence, examples
and a signature in each language, and MBPP's assertions made over; 848 to 973 problems each. Solutions that a model
wrote are there for nine languages, not for every row. The row MBPP/64 is left out: its prompt is no Python, whatever
stands behind it. The tests of MBPP/367, 601 and 927 read what neither they nor the prompt make. A
language whose compiler is missing is not run, which is never a wrong answer.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.mxeval import MBXP
from harness.code_tasks.mxeval import mxeval
from harness.core import Case
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub

NO_PYTHON = "MBPP/64"


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function."""
    return mxeval(row)


mbxp = Benchmark(
    name="mbxp",
    version=1,
    area="code",
    paper="arXiv:2210.14868",
    protocol="zero-shot, greedy continuation of at most 512 tokens up to the function's end; all its tests must pass",
    rows=tuple(from_hub("mxeval/mbxp", language, split="test", key="task_id") for language in MBXP),
    strata="language",
    only=lambda row: row["task_id"] != NO_PYTHON,
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid()),
    verified=(
        "of 40 drawn solutions of a mirror a language, run: all pass in C++, C#, Python and Ruby, 39 in Java and "
        "Kotlin, 35 in JavaScript, 33 in PHP, 18 in TypeScript; those of the others that were looked at are broken off "
        "in the row, or wrong by its own tests"
    ),
    size=12424,
)


@mbxp.cases
def test_mbxp(case, response, record):
    record(mbxp.score(case, response))
