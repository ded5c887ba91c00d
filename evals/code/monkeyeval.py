"""MonkeyEval: PandasEval's problems for `monkey`, which is pandas under other names.

Zan et al. 2022, "When Language Model Meets Private Library", arXiv:2210.17236. 101 problems, each asked with no
documentation of the library, with what the authors' retriever found (their `api_n`), and with what people chose; the
documentation is the stratum, the problem the cluster, and `effect` the paired difference to none.

A program is written in monkey's words, and put back into those of pandas before it runs; tests run as they are. One
that uses a name of pandas is wrong, as it is by the authors (`harness.code_tasks.extraction.private`). Stops are the
authors'. There is no original on the Hub: the rows come from a mirror.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.documented import forms
from harness.code_tasks.documented import renamed
from harness.core import Case
from harness.metrics.effect import OF_DOCUMENTATION
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function or script."""
    return renamed(row, "monkey", "pandas")


monkeyeval = Benchmark(
    name="monkeyeval",
    version=1,
    area="code",
    paper="arXiv:2210.17236",
    protocol="zero-shot, greedy continuation of at most 256 tokens up to the authors' stops; all its checks must hold",
    rows=forms("microsoft/monkeyeval"),
    strata="documentation",
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid(), *OF_DOCUMENTATION),
    verified=(
        "the words are the authors'; of a mirror's 101 solutions 83 pass in the sandbox in each form, with pandas 3.1 "
        "and NumPy 2.4: all but those that do not pass in PandasEval"
    ),
    size=303,
)


@monkeyeval.cases
def test_monkeyeval(case, response, record):
    record(monkeyeval.score(case, response))
