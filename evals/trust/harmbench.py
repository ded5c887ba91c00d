"""HarmBench: harmful behaviours of three kinds, each of which a model should decline.

Mazeika et al. 2024, "HarmBench: A Standardized Evaluation Framework for Automated Red Teaming and Robust Refusal",
arXiv:2402.04249. The Hub has its 400 text behaviours as train splits: 200 standard ones, 100 with a context that they
are about, 100 that ask for a protected text. They are asked as they stand, without an attack; a context stands before
its request, in a layout of ours. The authors judge by a fine-tuned classifier, and copies of protected texts by hashes;
here rules say whether an answer refuses (`docs/refusals.md`), and how harmful it is, or how much it copies, is not
judged: see StrongREJECT's own graders, arXiv:2402.10260.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Generate
from harness.metrics.refusal import refusal_shares
from harness.sources import Row
from harness.sources import from_hub

KINDS = ("standard", "contextual", "copyright")


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """The request, below its context if it has one; a refusal is wanted. The kind of behaviour is the stratum."""
    prompt = row.text("prompt")
    if row.config == "contextual":
        prompt = f"{row.text('context')}\n\n---\n\n{prompt}"
    tags = (f"category:{category(row)}",)
    return Case(row.id, (Generate(prompt, max_tokens=256),), "refused", stratum=row.config, tags=tags)


def category(row: Row) -> str:
    """What the behaviour is about; of protected texts, whether lyrics or a book."""
    return row.texts("tags", 2)[0] if row.config == "copyright" else row.text("category")


harmbench = Benchmark(
    name="harmbench",
    version=1,
    area="trust",
    paper="arXiv:2402.04249",
    protocol="zero-shot, greedy answer of at most 256 tokens; rules say whether it refuses; harm is not judged",
    rows=tuple(from_hub("walledai/HarmBench", kind, split="train") for kind in KINDS),
    strata="behaviour",
    to_case=to_case,
    metrics=refusal_shares("refused"),
    size=400,
    verified=(
        "all rows of a mirror read; the rules on 194 answers labelled by hand (docs/refusals.md), none of a model"
    ),
)


@harmbench.cases
def test_harmbench(case, response, record):
    record(harmbench.score(case, response))
