"""LegalBench's train rows as cases: the one to ten examples a task that its authors show in their prompts.

Guha et al. 2023, arXiv:2308.11462. For machines whose mirror has no more of LegalBench than these 809 rows of 153
tasks, 34 tasks with one row each. They are in the authors' public prompts, so models may have read them, and balanced
accuracy of a handful of rows is coarse: a number here is no LegalBench score. Tasks, prompts and rules are those of
`legalbench`.
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


legalbench_train = Benchmark(
    name="legalbench_train",
    version=1,
    area="legal",
    paper="arXiv:2308.11462",
    protocol="zero-shot, log-likelihood of each answer after a prompt of ours; the few train rows, no LegalBench score",
    rows=tuple(from_hub("nguha/legalbench", task, split="train") for task in QUESTIONS),
    strata="task",
    to_case=to_case,
    metrics=(Accuracy(), BalancedAccuracy(classes=10)),
    size=809,
    verified=(
        "balanced accuracy equals scikit-learn's on drawn answers; all rows of a mirror read, each with an answer that "
        "the task has; prompts are ours, so no log was compared"
    ),
)


@legalbench_train.cases
def test_legalbench_train(case, response, record):
    record(legalbench_train.score(case, response))
