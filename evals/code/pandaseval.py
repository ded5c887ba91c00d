"""PandasEval: a line or a few that use pandas, after a comment that says what is wanted.

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
    return library_line(row, "pandas")


pandaseval = Benchmark(
    name="pandaseval",
    version=2,
    area="code",
    paper="arXiv:2206.06888",
    protocol="zero-shot, greedy continuation of at most 256 tokens up to the authors' stops; all its checks must hold",
    rows=from_hub("microsoft/pandaseval", split="test", key="task_id"),
    to_case=to_case,
    metrics=(PassAtK(1), TestCaseAverage(), SyntaxValid()),
    verified=(
        "of a mirror's 101 solutions 83 pass in the sandbox with pandas 3.1 and NumPy 2.4; two checks do not parse "
        "and one names a variable there is not, the others mostly use what pandas 3 has not"
    ),
    size=101,
)


@pandaseval.cases
def test_pandaseval(case, response, record):
    record(pandaseval.score(case, response))
