"""OpenBookQA: elementary science questions that need a fact and common knowledge beside it.

Mihaylov et al. 2018, "Can a Suit of Armor Conduct Electricity? A New Dataset for Open Book Question Answering",
arXiv:1809.02789. Test split, 500 questions, asked without the book; solved examples come from the train split.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.metrics.accuracy import Accuracy
from harness.sources import Row
from harness.sources import from_hub
from harness.sources.labelled import each_choice


def stem(row: Row) -> str:
    """The bare question, often only the beginning of a sentence."""
    return row.text("question_stem")


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """Each choice after the bare question."""
    return each_choice(row, shots, stem)


openbookqa = Benchmark(
    name="openbookqa",
    version=1,
    area="language",
    paper="arXiv:1809.02789",
    protocol="log-likelihood of each choice after the bare question, zero-shot unless --shots",
    rows=from_hub("allenai/openbookqa", "main", split="test", key="id"),
    shots=from_hub("allenai/openbookqa", "main", split="train", key="id"),
    to_case=to_case,
    metrics=(Accuracy(), Accuracy("characters"), Accuracy("bytes")),
    lm_eval_task="openbookqa",
    size=500,
    verified=(
        "prompts of lm-evaluation-harness 0.4.13's task on all rows of a mirror, zero-shot, and three-shot with "
        "examples that stood in for the train split; "
        "log-likelihoods (to 1e-4) and verdicts of its logs on 24; the mirror's rows differ from the Hub's: "
        "they were put together again and have no ids"
    ),
)


@openbookqa.cases
def test_openbookqa(case, response, record):
    record(openbookqa.score(case, response))
