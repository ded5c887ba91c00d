"""LAMBADA: the last word of a passage, which only the whole passage lets one guess.

Paperno et al. 2016, "The LAMBADA dataset: Word prediction requiring a broad discourse context", arXiv:1606.06031, in
OpenAI's form with its line breaks and capital letters. Test split, 5,153 passages; there is no other, so no solved
examples either.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import LogLikelihood
from harness.metrics.continuation import GreedyAccuracy
from harness.metrics.continuation import Perplexity
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """The last word after all before it; the target is the word."""
    context, space, word = row.text("text").rpartition(" ")
    if not (context and word):
        raise row.error("text", f"{row['text']!r}; expected words, a space and the last word")
    return Case(row.id, (LogLikelihood(((context, space + word),)),), word)


lambada = Benchmark(
    name="lambada",
    version=1,
    area="language",
    paper="arXiv:1606.06031",
    protocol="zero-shot, log-likelihood of the last word; right where greedy decoding writes it",
    rows=from_hub("EleutherAI/lambada_openai", split="test"),
    to_case=to_case,
    metrics=(GreedyAccuracy(), Perplexity()),
    lm_eval_task="lambada_openai",
    size=5_153,
    verified=(
        "prompts of lm-evaluation-harness 0.4.13's task on all rows of a mirror; log-likelihoods (to 1e-4), "
        "greedy flags and perplexity of its logs on 16"
    ),
)


@lambada.cases
def test_lambada(case, response, record):
    record(lambada.score(case, response))
