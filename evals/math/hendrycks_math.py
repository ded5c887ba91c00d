r"""MATH: problems of mathematics competitions, the final answer in a box.

Hendrycks et al. 2021, "Measuring Mathematical Problem Solving With the MATH Dataset", arXiv:2103.03874. Test split,
5,000 problems of seven subjects and five levels. Of lm-evaluation-harness's variants this is minerva_math (Lewkowycz et
al. 2022, arXiv:2206.14858): its prompt, its column math_verify, and with `--shots 4` its four solved problems. Its
column exact_match, which wants Minerva's sentence "Final Answer: The final answer is", is not here. The budget is 1,024
tokens, as the default of 256 is shorter than 29 % of the gold solutions (SmolLM2's tokens).

`boxed` judges the last `\boxed{}` alone, by symbolic equality; `math_verify` what math-verify finds in the whole text;
`is_equiv` compares the last box as MATH's authors do, text by text.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.extract import last_boxed
from harness.metrics.math_equality import boxed_answers
from harness.sources import Row
from harness.sources import from_file
from harness.sources import from_hub
from harness.sources.minerva import solution

SUBJECTS = (
    "algebra",
    "counting_and_probability",
    "geometry",
    "intermediate_algebra",
    "number_theory",
    "prealgebra",
    "precalculus",
)
LEVELS = tuple(f"Level {level}" for level in (*range(1, 6), "?"))


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """The gold answer is what stands in the last box of the gold solution."""
    answer = last_boxed(row.text("solution"))
    if answer is None:
        raise row.error("solution", r"no \boxed{} with an answer; expected one")
    level = row.one_of("level", LEVELS).removeprefix("Level ")
    return solution(row, shots, answer, subject="type", level=level)


hendrycks_math = Benchmark(
    name="hendrycks_math",
    version=2,
    area="math",
    paper="arXiv:2103.03874",
    protocol="greedy, at most 1,024 tokens, zero-shot unless --shots 4; symbolic equality of the boxed answer",
    rows=tuple(from_hub("EleutherAI/hendrycks_math", subject, split="test") for subject in SUBJECTS),
    shots=from_file("minerva_shots.jsonl"),
    sampler="first_n",
    strata="subject",
    to_case=to_case,
    metrics=boxed_answers(),
    lm_eval_task="minerva_math",
    verified=(
        "prompts of lm-evaluation-harness 0.4.13 on all 5,000 rows of a mirror, whose order need not be the Hub's, "
        "zero- and four-shot; math_verify beside its minerva_math on 35,000 answers made of the gold ones, is_equiv "
        "beside its hendrycks_math on the 25,000 with a box: 14 verdicts of math_verify differ, per cent signs not "
        "read under the ANTLR 4.11 it wants; all gold solutions are right"
    ),
    size=5000,
)


@hendrycks_math.cases
def test_hendrycks_math(case, response, record):
    record(hendrycks_math.score(case, response))
