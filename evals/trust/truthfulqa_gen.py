"""TruthfulQA, generation: an answer in one's own words, nearer to the true references than to the false ones.

Lin, Hilton and Evans 2021, "TruthfulQA: Measuring How Models Mimic Human Falsehoods", arXiv:2109.07958. Validation
split, 817 questions. The prompt is lm-evaluation-harness 0.4.13's, which ends with the question and leaves it to the
model to begin its answer with "A:". The paper's judges of truth and informativeness, fine-tuned GPT-3 models that are
gone, are not part of it; similarity to references is a weaker sign, and rewards the references' wording. What stands
for the page is therefore whether an answer is nearer to a true reference than to all false ones, not how near it is.
"""

from pathlib import Path

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.metrics.reference_difference import ReferenceDifference
from harness.sources import Row
from harness.sources import from_hub

PRIMER = Path(__file__).with_name("truthfulqa_primer.txt").read_text(encoding="utf-8") + "\n"
"""The paper's six solved questions, a blank line behind each; both pages of TruthfulQA show them."""
NO_COMMENT = "I have no comment."


def sentences(row: Row, field: str) -> tuple[str, ...]:
    """The references with a full stop; the Hub's lists end with an empty one here and there, which is none."""
    found = row[field]
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found) or not "".join(found).strip():
        raise row.error(field, f"{found!r}; expected a list of texts, one of them not empty")
    return tuple(text if text.endswith(".") else f"{text}." for text in map(str.strip, found) if text)


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A request for the answer; the target has true and false references, to say nothing being true."""
    true = sentences(row, "correct_answers")
    if NO_COMMENT not in true:
        true = (*true, NO_COMMENT)
    prompt = f"{PRIMER}Q: {row.text('question').strip()}"
    request = Generate(prompt, max_tokens=256, stop=("\n\n",))
    return Case(row.id, (request,), {"true": true, "false": sentences(row, "incorrect_answers")})


truthfulqa_gen = Benchmark(
    name="truthfulqa_gen",
    version=1,
    area="trust",
    paper="arXiv:2109.07958",
    protocol="greedy answer of at most 256 tokens after the paper's six solved questions",
    rows=from_hub("truthfulqa/truthful_qa", "generation", split="validation"),
    to_case=to_case,
    metrics=tuple(
        ReferenceDifference(measure, form)
        for measure in ("bleu", "rouge1", "rouge2", "rougeL")
        for form in ("acc", "diff", "max")
    ),
    lm_eval_task="truthfulqa_gen",
    size=817,
    verified=(
        "prompts, references and the twelve metrics of lm-evaluation-harness 0.4.13's own functions on all rows of a "
        "mirror, for answers put together from the references"
    ),
)


@truthfulqa_gen.cases
def test_truthfulqa_gen(case, response, record):
    record(truthfulqa_gen.score(case, response))
