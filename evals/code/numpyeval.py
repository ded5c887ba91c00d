"""NumpyEval: a line or a few that use NumPy, after a comment that says what is wanted.

Zan et al. 2022, "CERT: Continual Pre-Training on Sketches for Library-Oriented Code Generation", arXiv:2206.06888. 101
problems, functions and scripts; the checks of scripts read their variables, so all tests run with the program. Stops
are the authors'. There is no original on the Hub: the rows come from a mirror.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.problems import library_line
from harness.core import Case
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.test_case_average import TestCaseAverage
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function or script."""
    return library_line(row, "numpy")


numpyeval = Benchmark(
    name="numpyeval",
    version=2,
    area="code",
    paper="arXiv:2206.06888",
    protocol="zero-shot, greedy continuation of at most 256 tokens up to the authors' stops; all its checks must hold",
    rows=from_hub("microsoft/numpyeval", split="test", key="task_id"),
    to_case=to_case,
    metrics=(PassAtK(1), TestCaseAverage(), SyntaxValid()),
    verified=(
        "of a mirror's 101 solutions 93 pass in the sandbox with NumPy 2.4 and pandas 3.1; 17 names a variable there is"
        " not, the others use what NumPy 2 has not"
    ),
    size=101,
)


@numpyeval.cases
def test_numpyeval(case, response, record):
    record(numpyeval.score(case, response))
