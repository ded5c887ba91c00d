"""WiC, words in context: whether a word has the same sense in two sentences.

Pilehvar and Camacho-Collados 2019, arXiv:1808.09121, as in SuperGLUE (Wang et al. 2019, arXiv:1905.00537). Validation
split, 638 pairs; those on one word are a cluster.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

ANSWERS = (" no", " yes")


def ask(row: Row) -> str:
    """Both sentences, and the word as it stands in the first."""
    word, _ = (marked(row, number) for number in (1, 2))
    return (
        f"Sentence 1: {row['sentence1']}\nSentence 2: {row['sentence2']}\n"
        f"Question: Is the word '{word}' used in the same way in the two sentences above?\nAnswer:"
    )


def marked(row: Row, number: int) -> str:
    """What the row's span cuts out of a sentence; raises RowError where it leaves the sentence or is empty."""
    sentence = row.text(f"sentence{number}")
    start = row.index(f"start{number}", below=len(sentence))
    end = row.index(f"end{number}", below=len(sentence) + 1)
    if not sentence[start:end].strip():
        raise row.error(f"end{number}", f"{end} after a start at {start}; expected a span with a word in it")
    return sentence[start:end]


def gold(row: Row) -> int:
    """1 for the same sense: the place among the answers."""
    return row.index("label", below=len(ANSWERS))


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """No and yes after both sentences; the target is 1 for the same sense."""
    context = joined([(ask(shot), ANSWERS[gold(shot)]) for shot in shots], ask(row))
    request = LogLikelihood(tuple((context, answer) for answer in ANSWERS))
    return Case(row.id, (request,), gold(row), row.text("word"))


wic = Benchmark(
    name="wic",
    version=1,
    area="language",
    paper="arXiv:1808.09121",
    protocol="zero-shot unless --shots, log-likelihood of no and yes",
    rows=from_hub("aps/super_glue", "wic", split="validation", key="idx"),
    shots=from_hub("aps/super_glue", "wic", split="train", key="idx"),
    to_case=to_case,
    metrics=(Accuracy(),),
    lm_eval_task="wic",
    size=638,
    verified=(
        "prompts, log-likelihoods and verdicts of lm-evaluation-harness 0.4.13 on 24 validation cases; "
        "prompts of its task on all 638, zero-shot, and three-shot with examples that stood in for train"
    ),
)


@wic.cases
def test_wic(case, response, record):
    record(wic.score(case, response))
