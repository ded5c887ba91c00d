"""PIQA: which of two ways reaches an everyday goal in the physical world.

Bisk et al. 2019, "PIQA: Reasoning about Physical Commonsense in Natural Language", arXiv:1911.11641. Validation
split, 1,838 goals; solved examples come from the train split. On the Hub the dataset is a script, so that its plain
form is read there, the one lm-evaluation-harness reads.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub


def ask(row: Row) -> str:
    """The goal as lm-evaluation-harness puts it."""
    return f"Question: {row.text('goal')}\nAnswer:"


def ways(row: Row) -> tuple[str, str]:
    """Either way, with the space before it."""
    return f" {row.text('sol1')}", f" {row.text('sol2')}"


def solved(row: Row) -> tuple[str, str]:
    """A goal and the way that reaches it."""
    return ask(row), ways(row)[row.index("label", below=2)]


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """Either way after the goal; the target is the right one's index."""
    context = joined([solved(shot) for shot in shots], ask(row))
    request = LogLikelihood(tuple((context, way) for way in ways(row)))
    return Case(row.id, (request,), row.index("label", below=2))


piqa = Benchmark(
    name="piqa",
    version=1,
    area="language",
    paper="arXiv:1911.11641",
    protocol="log-likelihood of either way, zero-shot unless --shots",
    rows=from_hub("ybisk/piqa", "plain_text", split="validation", plain="baber/piqa"),
    shots=from_hub("ybisk/piqa", "plain_text", split="train", plain="baber/piqa"),
    to_case=to_case,
    metrics=(Accuracy(), Accuracy("characters"), Accuracy("bytes")),
    lm_eval_task="piqa",
    size=1_838,
    verified=(
        "prompts of lm-evaluation-harness 0.4.13's task on all rows of a mirror, zero-shot, and three-shot with "
        "examples that stood in for the train split; "
        "log-likelihoods (to 1e-4) and verdicts of its logs on 24; the mirror's rows differ from the Hub's: "
        "goals were put together again, and some lost white space"
    ),
)


@piqa.cases
def test_piqa(case, response, record):
    record(piqa.score(case, response))
