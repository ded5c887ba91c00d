"""MMLU: questions of 57 subjects, from school to profession, with four choices each.

Hendrycks et al. 2021, "Measuring Massive Multitask Language Understanding", arXiv:2009.03300. Test split, 14,042
questions; solved examples are the first of the subject's five in the dev split. The subjects are the strata.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

LETTERS = "ABCD"


def subject(row: Row) -> str:
    """The subject as the Hub names it: `high_school_us_history`."""
    return row.text("subject")


def ask(row: Row) -> str:
    """The question with its lettered choices, as lm-evaluation-harness puts it."""
    choices = zip(LETTERS, row.texts("choices", len(LETTERS)), strict=True)
    return "\n".join((row.text("question").strip(), *(f"{letter}. {choice}" for letter, choice in choices), "Answer:"))


def answer(row: Row) -> int:
    """The index of the right choice."""
    return row.index("answer", below=len(LETTERS))


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """The four letters after the subject, the solved examples and the question; the target is an index."""
    about = f"The following are multiple choice questions (with answers) about {subject(row).replace('_', ' ')}."
    solved = [(ask(shot), f" {LETTERS[answer(shot)]}") for shot in shots]
    context = joined(solved, ask(row), system=about)
    request = LogLikelihood(tuple((context, f" {letter}") for letter in LETTERS))
    return Case(row.id, (request,), answer(row), stratum=subject(row))


mmlu = Benchmark(
    name="mmlu",
    version=1,
    area="language",
    paper="arXiv:2009.03300",
    protocol="log-likelihood of the letters A to D after the choices, zero-shot unless --shots",
    rows=from_hub("cais/mmlu", "all", split="test"),
    size=14_042,
    shots=from_hub("cais/mmlu", "all", split="dev"),
    shots_by=subject,
    sampler="first_n",
    strata="subject",
    to_case=to_case,
    metrics=(Accuracy(),),
    lm_eval_task="mmlu",
    verified=(
        "prompts with 0, 2 and 5 examples equal lm-evaluation-harness 0.4.13's templates on a mirror's 14,042 rows; "
        "with 0 and 2, log-likelihoods (to 1e-4) and verdicts equal its logs on 24 rows of each of four subjects"
    ),
)


@mmlu.cases
def test_mmlu(case, response, record):
    record(mmlu.score(case, response))
