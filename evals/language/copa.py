"""COPA: which of two sentences is the likelier cause, or effect, of a third.

Roemmele, Bejan and Gordon 2011 (AAAI Spring Symposium), as in SuperGLUE (Wang et al. 2019, arXiv:1905.00537).
Validation split, 100 questions.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

CONNECTORS = {"cause": "because", "effect": "therefore"}


def ask(row: Row) -> str:
    """The premise without its full stop and the word that asks for cause or effect."""
    connector = CONNECTORS[row.one_of("question", tuple(CONNECTORS))]
    return f"{row.text('premise').strip()[:-1]} {connector}"


def answers(row: Row) -> tuple[str, ...]:
    """Both choices from a small letter on, behind two spaces: the delimiter and the one the harness adds to them."""
    choices = (row.text(field) for field in ("choice1", "choice2"))
    return tuple(f"  {choice[0].lower()}{choice[1:]}" for choice in choices)


def gold(row: Row) -> int:
    """The place of the likelier choice."""
    return row.index("label", below=2)


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """Both choices after the premise; the target is the label."""
    context = joined([(ask(shot), answers(shot)[gold(shot)]) for shot in shots], ask(row))
    return Case(row.id, (LogLikelihood(tuple((context, answer) for answer in answers(row))),), gold(row))


copa = Benchmark(
    name="copa",
    version=1,
    area="language",
    paper="arXiv:1905.00537",
    protocol="zero-shot unless --shots, log-likelihood of either choice",
    rows=from_hub("aps/super_glue", "copa", split="validation", key="idx"),
    shots=from_hub("aps/super_glue", "copa", split="train", key="idx"),
    to_case=to_case,
    metrics=(Accuracy(),),
    lm_eval_task="copa",
    size=100,
    verified=(
        "prompts, log-likelihoods and verdicts of lm-evaluation-harness 0.4.13 on 24 validation cases; "
        "prompts of its task on all 100, zero-shot, and three-shot with examples that stood in for train"
    ),
)


@copa.cases
def test_copa(case, response, record):
    record(copa.score(case, response))
