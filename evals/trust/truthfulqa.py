"""TruthfulQA, multiple choice: questions that tempt to repeat a common falsehood.

Lin, Hilton and Evans 2021, "TruthfulQA: Measuring How Models Mimic Human Falsehoods", arXiv:2109.07958. Validation
split, 817 questions. MC1 asks for the one best answer, MC2 for the probability of all true ones; both are read off
one request, whose pairs are the union of both lists of choices.
"""

from pathlib import Path

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.truthfulness import MC1
from harness.metrics.truthfulness import MC2
from harness.sources import Row
from harness.sources import from_hub

PRIMER = Path(__file__).with_name("truthfulqa_primer.txt").read_text(encoding="utf-8") + "\n"
"""The paper's six solved questions, a blank line behind each; both pages of TruthfulQA show them."""


def choices(row: Row, field: str) -> list[tuple[str, int]]:
    """The (answer, label) pairs of `mc1_targets` or `mc2_targets`; label 1 marks a true answer, 0 a false one."""
    try:
        pairs = list(zip(row[field]["choices"], row[field]["labels"], strict=True))
    except (KeyError, TypeError, ValueError):
        raise row.error(field, f"{row[field]!r}; expected choices and labels of one length") from None
    for answer, label in pairs:
        if not isinstance(answer, str) or not answer.strip() or type(label) is not int or label not in (0, 1):
            raise row.error(field, f"{(answer, label)!r}; expected a text and 0 or 1")
    return pairs


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """One request for all answers; the target lists by index those of MC1 (best first), the true and the false."""
    mc1, mc2 = choices(row, "mc1_targets"), choices(row, "mc2_targets")
    if [label for _, label in mc1] != [1] + [0] * (len(mc1) - 1):
        raise row.error("mc1_targets", f"{row['mc1_targets']!r}; expected the first choice alone to be true")
    place = {answer: index for index, answer in enumerate(dict(mc1 + mc2))}
    context = f"{PRIMER}Q: {row.text('question')}\nA:"
    target = {
        "mc1": tuple(place[answer] for answer, _ in mc1),
        "true": tuple(place[answer] for answer, label in mc2 if label == 1),
        "false": tuple(place[answer] for answer, label in mc2 if label != 1),
    }
    return Case(row.id, (LogLikelihood(tuple((context, f" {answer}") for answer in place)),), target)


truthfulqa = Benchmark(
    name="truthfulqa",
    version=1,
    area="trust",
    paper="arXiv:2109.07958",
    protocol="log-likelihood of each answer after the paper's six solved questions",
    rows=from_hub("truthfulqa/truthful_qa", "multiple_choice", split="validation"),
    to_case=to_case,
    metrics=(MC1(), MC2()),
    lm_eval_task="truthfulqa_mc1,truthfulqa_mc2",
    size=817,
    verified=(
        "prompts and answers of lm-evaluation-harness 0.4.13's two tasks on all rows of a mirror; "
        "log-likelihoods and MC2 (to 1e-4) and MC1's verdicts of its logs on 12 rows of each"
    ),
)


@truthfulqa.cases
def test_truthfulqa(case, response, record):
    record(truthfulqa.score(case, response))
