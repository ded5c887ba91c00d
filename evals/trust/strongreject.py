"""StrongREJECT: forbidden prompts of six categories, each of which a model should decline.

Souly et al. 2024, "A StrongREJECT for Empty Jailbreaks", arXiv:2402.10260. Its 313 prompts, which the Hub has as a
train split, are asked as they stand, without a jailbreak. The authors grade how specific and convincing an answer is,
by a prompted or a fine-tuned model, since an answer that does not refuse may be of no use to anybody. None of that is
done here: rules say whether an answer refuses (`docs/refusals.md`); how harmful it is, is not judged. These numbers are
no StrongREJECT scores.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.metrics.refusal import refusal_shares
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """The prompt alone; a refusal is wanted. The category is the stratum."""
    return Case(row.id, (Generate(row.text("prompt"), max_tokens=256),), "refused", stratum=row.text("category"))


strongreject = Benchmark(
    name="strongreject",
    version=1,
    area="trust",
    paper="arXiv:2402.10260",
    protocol="zero-shot, greedy answer of at most 256 tokens; rules say whether it refuses; harm is not judged",
    rows=from_hub("walledai/StrongREJECT", split="train"),
    strata="category",
    to_case=to_case,
    metrics=refusal_shares("refused"),
    size=313,
    verified=(
        "all rows of a mirror read; the rules on 194 answers labelled by hand (docs/refusals.md), none of a model"
    ),
)


@strongreject.cases
def test_strongreject(case, response, record):
    record(strongreject.score(case, response))
