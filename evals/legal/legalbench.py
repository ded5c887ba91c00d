"""LegalBench: 153 small tasks of legal reasoning whose answer is one of a few, its authors' classification tasks.

Guha et al. 2023, "LegalBench: A Collaboratively Built Benchmark for Measuring Legal Reasoning in Large Language
Models", arXiv:2308.11462. Test splits, of which no row was seen here: the page was tried on `legalbench_train`'s alone.

The authors report balanced accuracy by task (section 5.1.3), and for each kind of reasoning the mean over its tasks.
Tasks are the strata, so `macro balanced_acc` is the mean over tasks of what they report; pooled over tasks, `acc` is
the number to read. A kind's number (`reasoning:issue`, by their division) is over its cases, not a mean over tasks.

Prompts are ours, zero-shot, with the likeliest of the answers taken; theirs show examples and let the model write. What
is asked stands in `legalbench.toml`. Left out are nine of the 162: those that ask for text (`rule_qa`,
`citation_prediction_open`, `definition_extraction`, three `ssla_`), for a number (`sara_numeric`) or for several labels
(`successor_liability`), and `scalr`, of which no row was at hand.
"""

from pathlib import Path

from harness.benchmark import Benchmark
from harness.core import Case
from harness.metrics.accuracy import Accuracy
from harness.metrics.balanced_accuracy import BalancedAccuracy
from harness.sources import Row
from harness.sources import from_hub
from harness.sources.questions import read_questions

QUESTIONS = read_questions(Path(__file__).with_name("legalbench.toml"))


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """All answers to the task's question about the row."""
    return QUESTIONS[row.config].case(row)


legalbench = Benchmark(
    name="legalbench",
    version=1,
    area="legal",
    paper="arXiv:2308.11462",
    protocol="zero-shot, log-likelihood of each answer after a prompt of ours; read macro balanced_acc",
    rows=tuple(from_hub("nguha/legalbench", task, split="test") for task in QUESTIONS),
    strata="task",
    to_case=to_case,
    metrics=(Accuracy(), BalancedAccuracy(classes=10)),
    verified=(
        "balanced accuracy equals scikit-learn's on drawn answers; no test row was at hand, so nothing of the rows but "
        "the sample; prompts are ours, so no log was compared"
    ),
)


@legalbench.cases
def test_legalbench(case, response, record):
    record(legalbench.score(case, response))
