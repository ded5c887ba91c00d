"""CB, the CommitmentBank: how far a speaker is committed to a clause embedded in what is said.

De Marneffe, Simons and Tonhauser 2019 (Sinn und Bedeutung 23), as in SuperGLUE (Wang et al. 2019, arXiv:1905.00537).
Validation split, 56 pairs; three classes of uneven size, hence macro F1 beside accuracy.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.metrics.macro_f1 import MacroF1
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

ANSWERS = (" True", " False", " Neither")


def ask(row: Row) -> str:
    """Premise and hypothesis as lm-evaluation-harness puts them."""
    return f"{row.text('premise')}\nQuestion: {row.text('hypothesis')}. True, False, or Neither?\nAnswer:"


def gold(row: Row) -> int:
    """0 for entailment, 1 for contradiction, 2 for neither: the place among the answers."""
    return row.index("label", below=len(ANSWERS))


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """The three answers after premise and hypothesis; the target is the label."""
    context = joined([(ask(shot), ANSWERS[gold(shot)]) for shot in shots], ask(row))
    return Case(row.id, (LogLikelihood(tuple((context, answer) for answer in ANSWERS)),), gold(row))


cb = Benchmark(
    name="cb",
    version=1,
    area="language",
    paper="arXiv:1905.00537",
    protocol="zero-shot unless --shots, log-likelihood of True, False and Neither",
    rows=from_hub("aps/super_glue", "cb", split="validation", key="idx"),
    shots=from_hub("aps/super_glue", "cb", split="train", key="idx"),
    to_case=to_case,
    metrics=(Accuracy(), MacroF1(classes=len(ANSWERS))),
    lm_eval_task="cb",
    size=56,
    verified=(
        "prompts, log-likelihoods and verdicts of lm-evaluation-harness 0.4.13 on 24 validation cases; "
        "prompts of its task on all 56, zero-shot, and three-shot with examples that stood in for train"
    ),
)


@cb.cases
def test_cb(case, response, record):
    record(cb.score(case, response))
