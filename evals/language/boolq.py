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
from harness.sources import Row
from harness.sources import from_hub

ANSWERS = (" no", " yes")


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """The two answers after passage and question; the target is 1 for yes."""
    passage = row.text("passage")
    context = f"{passage}\nQuestion: {row.text('question')}?\nAnswer:"
    request = LogLikelihood(tuple((context, answer) for answer in ANSWERS))
    cluster = hashlib.sha256(passage.encode()).hexdigest()[:12]
    return Case(row.id, (request,), row.index("label", below=len(ANSWERS)), cluster)


boolq = Benchmark(
    name="boolq",
    version=1,
    area="language",
    paper="arXiv:1905.10044",
    protocol="zero-shot, log-likelihood of no and yes",
    rows=from_hub("aps/super_glue", "boolq", split="validation", key="idx"),
    to_case=to_case,
    metrics=(Accuracy(), F1(positive=ANSWERS.index(" yes"))),
    lm_eval_task="boolq",
)


@boolq.cases
def test_boolq(case, response, record):
    record(boolq.score(case, response))
