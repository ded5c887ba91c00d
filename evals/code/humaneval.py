"""HumanEval: functions in Python from signature and docstring; a program must pass all tests of its problem.

Chen et al. 2021, "Evaluating Large Language Models Trained on Code", arXiv:2107.03374. 164 problems. The model
continues the prompt up to the paper's stops; under a chat template, where an answer is a turn of its own, it ends by
itself. Each assertion is a test; those whose calls the docstring shows are the examples.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.problems import completion
from harness.core import Case
from harness.metrics.n_at_k import NAtK
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.test_case_average import TestCaseAverage
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the rest of a function."""
    return completion(row)


humaneval = Benchmark(
    name="humaneval",
    version=2,
    area="code",
    paper="arXiv:2107.03374",
    protocol="zero-shot, greedy continuation of at most 1024 tokens up to the paper's stops; all tests must pass",
    rows=from_hub("openai/openai_humaneval", "openai_humaneval", split="test", key="task_id"),
    to_case=to_case,
    metrics=(PassAtK(1), NAtK(), TestCaseAverage(), SyntaxValid()),
    lm_eval_task="humaneval",
    verified=(
        "prompts and stops of lm-evaluation-harness 0.4.13 in its log of 8 cases; it runs whatever was written, "
        "here the program is pruned to what the function needs; all 164 solutions of a mirror pass their tests, "
        "run plainly"
    ),
    size=164,
)


@humaneval.cases
def test_humaneval(case, response, record):
    record(humaneval.score(case, response))
