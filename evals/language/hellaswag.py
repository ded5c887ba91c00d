"""HellaSwag: which of four endings a video's description or a how-to article goes on with.

Zellers et al. 2019, "HellaSwag: Can a Machine Really Finish Your Sentence?", arXiv:1905.07830. Validation split,
10,042 contexts; those of one video or article are a cluster. Solved examples come from the train split.
"""

import re

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.accuracy import Accuracy
from harness.prompts import joined
from harness.sources import Row
from harness.sources import from_hub

ENDINGS = 4
_MARKER = re.compile(r"\[.*?\]")


def cleaned(text: str) -> str:
    """The text without WikiHow's markers, as lm-evaluation-harness cleans it: `[title]` ends a sentence."""
    return _MARKER.sub("", text.strip().replace(" [title]", ". ")).replace("  ", " ")


def ask(row: Row) -> str:
    """The activity, then the context, whose unfinished last sentence begins with a capital letter."""
    begun = row["ctx_b"]
    if not isinstance(begun, str):
        raise row.error("ctx_b", f"{begun!r}; expected text, which may be empty")
    return cleaned(f"{row.text('activity_label')}: {row.text('ctx_a')} {begun.capitalize()}")


def endings(row: Row) -> list[str]:
    """The endings, each with the space before it."""
    return [f" {cleaned(ending)}" for ending in row.texts("endings", ENDINGS)]


def label(row: Row) -> int:
    """The right ending's index, a digit as text."""
    return int(row.one_of("label", tuple(map(str, range(ENDINGS)))))


def to_case(row: Row, shots: tuple[Row, ...]) -> Case:
    """Each ending after the context; the target is the right one's index."""
    context = joined([(ask(shot), endings(shot)[label(shot)]) for shot in shots], ask(row))
    request = LogLikelihood(tuple((context, ending) for ending in endings(row)))
    return Case(row.id, (request,), label(row), cluster=row.text("source_id") if row.get("source_id") else None)


hellaswag = Benchmark(
    name="hellaswag",
    version=1,
    area="language",
    paper="arXiv:1905.07830",
    protocol="log-likelihood of each ending, zero-shot unless --shots",
    rows=from_hub("Rowan/hellaswag", split="validation"),
    shots=from_hub("Rowan/hellaswag", split="train"),
    to_case=to_case,
    metrics=(Accuracy(), Accuracy("characters"), Accuracy("bytes")),
    lm_eval_task="hellaswag",
    size=10_042,
    verified=(
        "prompts of lm-evaluation-harness 0.4.13's task on all rows of a mirror, zero-shot, and three-shot with "
        "examples that stood in for the train split; "
        "log-likelihoods (to 1e-4) and verdicts of its logs on 24; the mirror's rows differ from the Hub's: "
        "contexts were put together again and have no source, and WikiHow's markers are gone from 6,799 of them; "
        "markers and clusters are met on the sample only"
    ),
)


@hellaswag.cases
def test_hellaswag(case, response, record):
    record(hellaswag.score(case, response))
