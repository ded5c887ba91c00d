"""MultiPL-E: HumanEval's problems translated by program into 18 languages.

Cassano et al. 2022, "MultiPL-E: A Scalable and Extensible Approach to Benchmarking Neural Code Generation",
arXiv:2208.08227: prompts, doctests and tests of HumanEval made over; 154 to 161 problems each, those whose types could
be expressed. The stops are the rows' own.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.translations import MULTIPL_E
from harness.code_tasks.translations import multipl_e as translated
from harness.core import Case
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function."""
    return translated(row)


multipl_e = Benchmark(
    name="multipl_e",
    version=3,
    area="code",
    paper="arXiv:2208.08227",
    protocol="zero-shot, greedy continuation of at most 1024 tokens up to the rows' stops; all its tests must pass",
    rows=tuple(from_hub("nuprl/MultiPL-E", f"humaneval-{language}", split="test") for language in MULTIPL_E),
    strata="language",
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid()),
    size=2864,
    verified=(
        "the authors' JavaScript run of code-davinci-002, all 3,220 completions: prompt, completion and tests are "
        "joined alike, and 3,220 verdicts agree with the recorded ones; of 4,000 of their 32,200 in Python 3,981 "
        "agree; a body that only throws was run with the tests of 12 to 161 rows a language in 15 languages of a "
        "mirror: none passed, and two rows, of JavaScript and PHP, did not compile"
    ),
)


@multipl_e.cases
def test_multipl_e(case, response, record):
    record(multipl_e.score(case, response))
