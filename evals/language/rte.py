"""RTE: whether a premise entails a hypothesis, from four recognising-textual-entailment challenges.

Dagan et al. 2006, Bar Haim et al. 2006, Giampiccolo et al. 2007 and Bentivogli et al. 2009, as in SuperGLUE (Wang et
al. 2019, arXiv:1905.00537). Validation split, 277 pairs; those on one premise are a cluster. lm-evaluation-harness has
the prompt twice: as `rte` over GLUE's rows and as `sglue_rte` over these.
"""

import hashlib

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

ANSWERS = (" True", " False")


def ask(row: Row) -> str:
    """Premise and hypothesis as lm-evaluation-harness puts them."""
    return f"{row.text('premise')}\nQuestion: {row.text('hypothesis')} True or False?\nAnswer:"


def gold(row: Row) -> int:
    """0 for entailment, 1 for none: the place among the answers."""
    return row.index("label", below=len(ANSWERS))


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """True and False after premise and hypothesis; the target is 0 for entailment."""
    context = joined([(ask(shot), ANSWERS[gold(shot)]) for shot in shots], ask(row))
    request = LogLikelihood(tuple((context, answer) for answer in ANSWERS))
    cluster = hashlib.sha256(row.text("premise").encode()).hexdigest()[:12]
    return Case(row.id, (request,), gold(row), cluster)


rte = Benchmark(
    name="rte",
    version=1,
    area="language",
    paper="arXiv:1905.00537",
    protocol="zero-shot unless --shots, log-likelihood of True and False",
    rows=from_hub("aps/super_glue", "rte", split="validation", key="idx"),
    shots=from_hub("aps/super_glue", "rte", split="train", key="idx"),
    to_case=to_case,
    metrics=(Accuracy(),),
    lm_eval_task="rte",
    size=277,
    verified=(
        "prompts, log-likelihoods and verdicts of lm-evaluation-harness 0.4.13 on 24 validation cases; "
        "prompts of its task on all 277, zero-shot, and three-shot with examples that stood in for train"
    ),
)


@rte.cases
def test_rte(case, response, record):
    record(rte.score(case, response))
