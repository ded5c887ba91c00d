r"""MATH-500: 500 problems of MATH's test split, spread over its subjects and levels.

Lightman et al. 2023, "Let's Verify Step by Step", arXiv:2305.20050, who chose them; MATH is of Hendrycks et al. 2021,
arXiv:2103.03874. Protocol and columns are those of the page hendrycks_math, of lm-evaluation-harness's variants that is
minerva_math500: its prompt, its column math_verify, and with `--shots 4` its four solved problems.

The gold answer is the field `answer`; in `solution` it stands in the last box.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.metrics.math_equality import boxed_answers
from harness.sources import Row
from harness.sources import from_file
from harness.sources import from_hub
from harness.sources.minerva import solution


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """The gold answer has a field of its own."""
    level = row["level"]
    if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= 5:
        raise row.error("level", f"{level!r}; expected an integer from 1 to 5")
    return solution(row, shots, row.text("answer"), subject="subject", level=str(level))


math500 = Benchmark(
    name="math500",
    version=2,
    area="math",
    paper="arXiv:2305.20050",
    protocol="greedy, at most 1,024 tokens, zero-shot unless --shots 4; symbolic equality of the boxed answer",
    rows=from_hub("HuggingFaceH4/MATH-500", split="test", key="unique_id"),
    shots=from_file("minerva_shots.jsonl"),
    sampler="first_n",
    strata="subject",
    to_case=to_case,
    metrics=boxed_answers(),
    lm_eval_task="minerva_math500",
    verified=(
        "prompts of lm-evaluation-harness 0.4.13 on all 500 rows of a mirror, which lacks unique_id, zero- and "
        "four-shot; metrics as for hendrycks_math; "
        "all gold solutions are right"
    ),
    size=500,
)


@math500.cases
def test_math500(case, response, record):
    record(math500.score(case, response))
