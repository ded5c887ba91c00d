"""MultiPL-E's MBPP: problems of MBPP translated by program into 21 languages, and those problems in Python.

Cassano et al. 2022, "MultiPL-E: A Scalable and Extensible Approach to Benchmarking Neural Code Generation",
arXiv:2208.08227: a sentence and a signature in each language, with the assertions of MBPP made over; 354 to 399
problems each, those whose types could be expressed. The stops are the rows' own. No program passes a row in
Elixir: its tests hand on a function's name as a variable that nothing has.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.translations import MULTIPL_MBPP
from harness.code_tasks.translations import multipl_e as translated
from harness.core import Case
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function."""
    return translated(row)


multipl_mbpp = Benchmark(
    name="multipl_mbpp",
    version=1,
    area="code",
    paper="arXiv:2208.08227",
    protocol="zero-shot, greedy continuation of at most 1024 tokens up to the rows' stops; all its tests must pass",
    rows=tuple(from_hub("nuprl/MultiPL-E", f"mbpp-{language}", split="test") for language in MULTIPL_MBPP),
    strata="language",
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid()),
    size=8522,
    verified=(
        "a body that only throws was run with the tests of 8 to 399 rows a language in 19 languages of a mirror: none "
        "passed, and what did not compile is the row's; no other tool's log was compared"
    ),
)


@multipl_mbpp.cases
def test_multipl_mbpp(case, response, record):
    record(multipl_mbpp.score(case, response))
