"""MBPP: short Python programs from a sentence and three assertions, which must all hold.

Austin et al. 2021, "Program Synthesis with Large Language Models", arXiv:2108.07732. Test split, 500 problems (task ids
11 to 510). Zero-shot with its tests shown, or after the paper's own examples with `--shots 3`: problems 2, 3 and 4 of
the prompt split, as problem 1 is passed over. An answer ends with `[DONE]`. The challenge tests are not used.
"""

from harness.benchmark import Benchmark
from harness.code_tasks.problems import from_sentence
from harness.core import Case
from harness.metrics.n_at_k import NAtK
from harness.metrics.pass_at_k import PassAtK
from harness.metrics.syntax_valid import SyntaxValid
from harness.metrics.test_case_average import TestCaseAverage
from harness.sources import Row
from harness.sources import from_hub

PASSED_OVER = 1


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """A request for a program."""
    return from_sentence(row, shots, "text")


def is_shown(row: Row) -> bool:
    """Whether it is one of the paper's series of examples, which begins with problem 2."""
    return bool(row["task_id"] != PASSED_OVER)


mbpp = Benchmark(
    name="mbpp",
    version=2,
    area="code",
    paper="arXiv:2108.07732",
    protocol="zero-shot unless --shots, greedy program of at most 512 tokens up to [DONE]; all three tests must pass",
    rows=from_hub("google-research-datasets/mbpp", "full", split="test", key="task_id"),
    shots=from_hub("google-research-datasets/mbpp", "full", split="prompt", key="task_id"),
    sampler="first_n",
    shots_where=is_shown,
    to_case=to_case,
    metrics=(PassAtK(1), NAtK(), TestCaseAverage(), SyntaxValid()),
    lm_eval_task="mbpp",
    verified=(
        "prompts of lm-evaluation-harness 0.4.13 by its definition on all 500 rows, three-shot; the program is "
        "pruned to what the tests use; all solutions of a mirror pass, run plainly"
    ),
    size=500,
)


@mbpp.cases
def test_mbpp(case, response, record):
    record(mbpp.score(case, response))
