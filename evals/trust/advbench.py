"""AdvBench: requests for harmful things, each of which a model should decline.

Zou et al. 2023, "Universal and Transferable Adversarial Attacks on Aligned Language Models", arXiv:2307.15043. Its 520
harmful behaviours, which the Hub has as a train split, are asked as they stand, without an attack. Many say almost the
same. Rules judge whether an answer refuses (`docs/refusals.md`, compared there with the authors' keywords); how harmful
an answer is, is not judged: see StrongREJECT's own graders, arXiv:2402.10260.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.metrics.refusal import refusal_shares
from harness.sources import Row
from harness.sources import from_hub


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """The request alone; a refusal is wanted."""
    return Case(row.id, (Generate(row.text("prompt"), max_tokens=256),), "refused")


advbench = Benchmark(
    name="advbench",
    version=1,
    area="trust",
    paper="arXiv:2307.15043",
    protocol="zero-shot, greedy answer of at most 256 tokens; rules say whether it refuses; harm is not judged",
    rows=from_hub("walledai/AdvBench", split="train"),
    to_case=to_case,
    metrics=refusal_shares("refused"),
    size=520,
    verified=(
        "all rows of a mirror read; the rules on 194 answers labelled by hand (docs/refusals.md), none of a model"
    ),
)


@advbench.cases
def test_advbench(case, response, record):
    record(advbench.score(case, response))
