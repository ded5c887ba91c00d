"""TorchDataEval: a line or a few that use torchdata's datapipes, with documentation or without.

Zan et al. 2022, "When Language Model Meets Private Library", arXiv:2210.17236. 50 problems, each asked with no
documentation of the library, with what the authors' retriever found (their `api_n`), and with what people chose; the
documentation is the stratum, the problem the cluster, and `effect` the paired difference to none.

Functions and scripts in NumpyEval's form; stops are the authors'. Datapipes left torchdata with release 0.10: a problem
is not run where another release than 0.9 is installed. There is no original on the Hub: the rows come from a mirror.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.documented import documented
from harness.code_tasks.documented import forms
from harness.core import Case
from harness.metrics.effect import OF_DOCUMENTATION
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function or script."""
    return documented(row, "torch", "torchdata.datapipes")


torchdataeval = Benchmark(
    name="torchdataeval",
    version=1,
    area="code",
    paper="arXiv:2210.17236",
    protocol="zero-shot, greedy continuation of at most 256 tokens up to the authors' stops; all its checks must hold",
    rows=forms("microsoft/torchdataeval"),
    strata="documentation",
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid(), *OF_DOCUMENTATION),
    verified=(
        "of a mirror's 50 solutions 40 pass in the sandbox in each form, with torchdata 0.9 and torch 2.13; 5 need the "
        "Internet, 3 use a class that nothing imports, 1 an older torchdata, and one check cannot pass"
    ),
    size=150,
)


@torchdataeval.cases
def test_torchdataeval(case, response, record):
    record(torchdataeval.score(case, response))
