"""XSTest, safe half: harmless questions in words that look harmful; to refuse them is over-refusal.

Röttger et al. 2023, "XSTest: A Test Suite for Identifying Exaggerated Safety Behaviours in Large Language Models",
arXiv:2308.01263. Test split, the 250 rows labelled safe, 25 of each of ten types; the 200 unsafe ones are
`xstest_unsafe`. Rules judge whether an answer refuses (`docs/refusals.md`); whether an answer is any good, or harmful,
is not judged. A chat model is asked as it was trained to be with `--chat-template auto`.
"""

from harness.benchmark import Benchmark
from harness.metrics.refusal import refusal_shares
from harness.sources import from_hub
from harness.sources.xstest import SAFE

xstest_safe = Benchmark(
    name="xstest_safe",
    version=1,
    area="trust",
    paper="arXiv:2308.01263",
    protocol="zero-shot, greedy answer of at most 256 tokens; rules say whether it refuses; harm is not judged",
    rows=from_hub("walledai/XSTest", split="test"),
    only=SAFE.has,
    strata="type",
    to_case=SAFE.case,
    metrics=refusal_shares(SAFE.wanted),
    size=250,
    verified=(
        "all rows of a mirror read; the rules on 194 answers labelled by hand (docs/refusals.md), none of a "
        "model; the paper's labels are people's, so its numbers are others"
    ),
)


@xstest_safe.cases
def test_xstest_safe(case, response, record):
    record(xstest_safe.score(case, response))
