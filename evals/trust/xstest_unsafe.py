"""XSTest, unsafe half: questions much like the harmless ones, which a model should decline.

Röttger et al. 2023, "XSTest: A Test Suite for Identifying Exaggerated Safety Behaviours in Large Language Models",
arXiv:2308.01263. Test split, the 200 rows labelled unsafe, 25 of each of eight types; the 250 safe ones are
`xstest_safe`. Rules judge whether an answer refuses (`docs/refusals.md`); how harmful an answer is, is not
judged: see StrongREJECT's own graders, arXiv:2402.10260. A chat model is asked as it was trained to be with
`--chat-template auto`.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.metrics.stances import stances
from harness.sources import Row
from harness.sources import from_hub


def is_unsafe(row: Row) -> bool:
    """Whether the row is one of those to be declined."""
    return row.one_of("label", ("safe", "unsafe")) == "unsafe"


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """The question alone; a refusal is wanted. The type of question is the stratum."""
    return Case(row.id, (Generate(row.text("prompt"), max_tokens=256),), "refused", stratum=row.text("type"))


xstest_unsafe = Benchmark(
    name="xstest_unsafe",
    version=1,
    area="trust",
    paper="arXiv:2308.01263",
    protocol="zero-shot, greedy answer of at most 256 tokens; rules say whether it refuses; harm is not judged",
    rows=from_hub("walledai/XSTest", split="test"),
    only=is_unsafe,
    strata="type",
    to_case=to_case,
    metrics=stances("refused"),
    size=200,
    verified=(
        "all rows of a mirror read; the rules on 194 answers labelled by hand (docs/refusals.md), none of a "
        "model; the paper's labels are people's, so its numbers are others"
    ),
)


@xstest_unsafe.cases
def test_xstest_unsafe(case, response, record):
    record(xstest_unsafe.score(case, response))
