"""plus: functions of one argument."""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.core import Trial
from harness.metrics.n_at_k import NAtK
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.verdict_stability import VerdictStability
from harness.sources import from_file


def to_case(row, _shots):
    prompt = row.text("prompt")
    trial = Trial(
        "python", "continuation", prompt=prompt, tests=tuple(row["tests"]), style="calls", names=("f",), examples=1
    )
    return Case(row.id, (Generate(prompt, max_tokens=64),), None, trial=trial)


plus = Benchmark(
    name="plus",
    version=1,
    area="programs",
    paper="none",
    protocol="greedy",
    rows=from_file("plus.jsonl"),
    to_case=to_case,
    metrics=(PassAtK(), NAtK(2), SyntaxValid(), VerdictStability()),
)


@plus.cases
def test_plus(case, response, record):
    record(plus.score(case, response))
