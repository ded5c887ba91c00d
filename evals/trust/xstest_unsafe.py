"""XSTest, unsafe half: questions much like the harmless ones, which a model should decline.

Röttger et al. 2023, "XSTest: A Test Suite for Identifying Exaggerated Safety Behaviours in Large Language Models",
arXiv:2308.01263. Test split, the 200 rows labelled unsafe, 25 of each of eight types; the 250 safe ones are
`xstest_safe`. Rules judge whether an answer refuses (`docs/refusals.md`); how harmful an answer is, is not
judged: see StrongREJECT's own graders, arXiv:2402.10260. A chat model is asked as it was trained to be with
`--chat-template auto`.
"""

from harness.benchmark import Benchmark
from harness.metrics.refusal import refusal_shares
from harness.sources import from_hub
from harness.sources.xstest import UNSAFE

xstest_unsafe = Benchmark(
    name="xstest_unsafe",
    version=1,
    area="trust",
    paper="arXiv:2308.01263",
    protocol="zero-shot, greedy answer of at most 256 tokens; rules say whether it refuses; harm is not judged",
    rows=from_hub("walledai/XSTest", split="test"),
    only=UNSAFE.has,
    strata="type",
    to_case=UNSAFE.case,
    metrics=refusal_shares(UNSAFE.wanted),
    size=200,
    verified=(
        "all rows of a mirror read; the rules on 194 answers labelled by hand (docs/refusals.md), none of a "
        "model; the paper's labels are people's, so its numbers are others"
    ),
)


@xstest_unsafe.cases
def test_xstest_unsafe(case, response, record):
    record(xstest_unsafe.score(case, response))
