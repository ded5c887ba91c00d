"""BoolQ: a passage and a naturally asked yes/no question about it.

Clark et al. 2019, "BoolQ: Exploring the Surprising Difficulty of Natural Yes/No Questions", arXiv:1905.10044, as in
SuperGLUE (Wang et al. 2019, arXiv:1905.00537). Validation split, 3,270 questions; those on one passage are a cluster.
"""

import hashlib

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.metrics.f1 import F1
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

ANSWERS = (" no", " yes")


def ask(row: Row) -> str:
    """Passage and question as lm-evaluation-harness puts them."""
    return f"{row.text('passage')}\nQuestion: {row.text('question')}?\nAnswer:"


def gold(row: Row) -> int:
    """1 for yes: the place among the answers."""
    return row.index("label", below=len(ANSWERS))


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """The two answers after passage and question; the target is 1 for yes."""
    context = joined([(ask(shot), ANSWERS[gold(shot)]) for shot in shots], ask(row))
    request = LogLikelihood(tuple((context, answer) for answer in ANSWERS))
    cluster = hashlib.sha256(row.text("passage").encode()).hexdigest()[:12]
    return Case(row.id, (request,), gold(row), cluster)


boolq = Benchmark(
    name="boolq",
    version=1,
    area="language",
    paper="arXiv:1905.10044",
    protocol="zero-shot unless --shots, log-likelihood of no and yes",
    rows=from_hub("aps/super_glue", "boolq", split="validation", key="idx"),
    shots=from_hub("aps/super_glue", "boolq", split="train", key="idx"),
    to_case=to_case,
    metrics=(Accuracy(), F1(positive=ANSWERS.index(" yes"))),
    lm_eval_task="boolq",
    size=3270,
    verified=(
        "prompts, log-likelihoods and verdicts of lm-evaluation-harness 0.4.13 on 24 validation cases; "
        "prompts of its task on all 3,270, zero-shot, and three-shot with examples that stood in for train"
    ),
)


@boolq.cases
def test_boolq(case, response, record):
    record(boolq.score(case, response))
