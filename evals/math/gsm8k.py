"""GSM8K: grade-school word problems; the final number must equal the gold one.

Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems", arXiv:2110.14168. Test split, 1,319 problems;
solved examples come from the train split. `number` compares the final number by its value. Beside it stand the two
rules of lm-evaluation-harness 0.4.13, which compare texts: the number behind `####`, which the gold solutions use and a
model learns only from examples, and the last number of the answer.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.extract import hash_number
from harness.extract import last_number
from harness.extract import plain_number
from harness.metrics.exact_match import ExactMatch
from harness.metrics.final_number import FinalNumber
from harness.prompts import few_shot
from harness.sources import Row
from harness.sources import from_hub


def ask(row: Row) -> str:
    """The question as lm-evaluation-harness puts it."""
    return f"Question: {row.text('question')}\nAnswer:"


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """A request for the solution; the target is the number behind `####`."""
    target = hash_number(row.text("answer"))
    if target is None:
        raise row.error("answer", "no number behind '#### '; expected one at its end")
    solved = [(ask(shot), f" {shot.text('answer')}") for shot in shots]
    stop = ("Question:", "</s>", "<|im_end|>")
    request = Generate(few_shot(solved, ask(row)), max_tokens=256, stop=stop)
    return Case(row.id, (request,), plain_number(target))


gsm8k = Benchmark(
    name="gsm8k",
    version=2,
    area="math",
    paper="arXiv:2110.14168",
    protocol="greedy solution of at most 256 tokens, zero-shot unless --shots; the final number by its value",
    rows=from_hub("openai/gsm8k", "main", split="test"),
    shots=from_hub("openai/gsm8k", "main", split="train"),
    to_case=to_case,
    metrics=(
        FinalNumber(),
        ExactMatch(hash_number, plain_number, "strict-match"),
        ExactMatch(last_number, plain_number, "flexible-extract"),
    ),
    lm_eval_task="gsm8k",
    verified=(
        "prompts of lm-evaluation-harness 0.4.13 on all 1,319 rows, zero- and three-shot; its logged generations and "
        "verdicts on 16 cases; the counts of right answers its authors published for four models"
    ),
    size=1319,
)


@gsm8k.cases
def test_gsm8k(case, response, record):
    record(gsm8k.score(case, response))
