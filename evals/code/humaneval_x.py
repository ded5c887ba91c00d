"""HumanEval-X: HumanEval's problems in C++, Go, Java, JavaScript and Rust; a program must pass its problem's test.

Zheng et al. 2023, "CodeGeeX: A Pre-Trained Model for Code Generation with Multilingual Benchmarking on HumanEval-X",
arXiv:2303.17568: the 164 problems solved and tested by hand in each language. Its Python is HumanEval itself, a page of
its own, and no part of this one. A program that wants a package which is not there (`boost`, `md5`, `regex`, `js-md5`)
is not run, and neither is a language whose compiler is missing: that is never a wrong answer.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.translations import LANGUAGES
from harness.code_tasks.translations import humaneval_x as translated
from harness.core import Case
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function."""
    return translated(row)


humaneval_x = Benchmark(
    name="humaneval_x",
    version=2,
    area="code",
    paper="arXiv:2303.17568",
    protocol="zero-shot, greedy continuation of at most 1024 tokens up to the function's end; its test must pass",
    rows=tuple(from_hub("THUDM/humaneval-x", language, split="test") for language in LANGUAGES),
    strata="language",
    to_case=to_case,
    metrics=(PassAtK(1), SyntaxValid()),
    size=820,
    verified=(
        "solutions of a mirror, run: 162 of 164 pass in C++, 164 in Java, 161 in JavaScript, 162 in Rust; 2 of "
        "JavaScript are wrong by their own tests, the others want packages that are not there and are not run; 164 of "
        "Go pass outside of the sandbox; the Rust completions that CodeGeeX publishes are these solutions, and have no "
        "verdicts"
    ),
)


@humaneval_x.cases
def test_humaneval_x(case, response, record):
    record(humaneval_x.score(case, response))
