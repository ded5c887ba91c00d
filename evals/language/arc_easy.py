"""ARC-Easy: grade-school science questions that word statistics or retrieval answer.

Clark et al. 2018, "Think you have Solved Question Answering? Try ARC, the AI2 Reasoning Challenge", arXiv:1803.05457.
Test split, 2,376 questions with three to five choices; solved examples come from the train split.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.metrics.accuracy import Accuracy
from harness.sources import Row
from harness.sources import from_hub
from harness.sources.labelled import arc_question
from harness.sources.labelled import each_choice


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """Each choice after the question."""
    return each_choice(row, shots, arc_question)


arc_easy = Benchmark(
    name="arc_easy",
    version=1,
    area="language",
    paper="arXiv:1803.05457",
    protocol="log-likelihood of each choice, zero-shot unless --shots",
    rows=from_hub("allenai/ai2_arc", "ARC-Easy", split="test", key="id"),
    shots=from_hub("allenai/ai2_arc", "ARC-Easy", split="train", key="id"),
    to_case=to_case,
    metrics=(Accuracy(), Accuracy("characters"), Accuracy("bytes")),
    lm_eval_task="arc_easy",
    size=2_376,
    verified=(
        "prompts of lm-evaluation-harness 0.4.13's task on all rows of a mirror, zero-shot, and three-shot with "
        "examples that stood in for the train split; log-likelihoods (to 1e-4) and verdicts of its logs on 24; "
        "the mirror's rows differ from the Hub's: they have no ids, and letters for every label; labels in digits "
        "and other numbers of choices are met on the sample only"
    ),
)


@arc_easy.cases
def test_arc_easy(case, response, record):
    record(arc_easy.score(case, response))
