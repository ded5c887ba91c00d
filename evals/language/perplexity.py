"""WikiText-2 perplexity: how surprising whole encyclopedia articles are, by word and by byte.

Merity et al. 2016, "Pointer Sentinel Mixture Models", arXiv:1609.07843, article by article. Test split of
wikitext-2-raw-v1, 62 articles. The spaces its tokenisation left are taken out as lm-evaluation-harness does; words
and bytes are counted before that, so the numbers compare with those published for the tokenised text.
"""

import re

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Rolling
from harness.metrics.continuation import BitsPerByte
from harness.metrics.continuation import Perplexity
from harness.sources import Row
from harness.sources import from_hub

STEPS = tuple(
    (re.compile(found), written)
    for found, written in (
        ("s '", "s'"),
        ("/' [0-9]/", "/'[0-9]/"),  # a slip of the original, which needs slashes around
        (" @-@ ", "-"),
        (" @,@ ", ","),
        (r" @\.@ ", "."),
        (" : ", ": "),
        (" ; ", "; "),
        (r" \. ", ". "),
        (" ! ", "! "),
        (r" \? ", "? "),
        (" , ", ", "),
        (r"\(\s*([^)]*?)\s*\)", r"(\1)"),
        (r"\[\s*([^\]]*?)\s*\]", r"[\1]"),
        (r"{\s*([^}]*?)\s*}", r"{\1}"),
        (r'"\s*([^"]*?)\s*"', r'"\1"'),
        (r"'\s*([^']*?)\s*'", r"'\1'"),
        ("= = = =", "===="),
        ("= = =", "==="),
        ("= =", "=="),
        (" ° ", "°"),
        (" \n", "\n"),
        ("\n ", "\n"),
        (" N ", " 1 "),
        (" 's", "'s"),
    )
)
"""What lm-evaluation-harness's `wikitext_detokenizer` replaces, in its order."""


def readable(page: str) -> str:
    """The article without the spaces and marks of its tokenisation."""
    for found, written in STEPS:
        page = found.sub(written, page)
    return page


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """The article as one text; the target counts words and bytes as the row has them."""
    page = row.text("page")
    # as lm-eval counts: where an article begins or ends with white space, an empty word stands there
    counts = {"words": len(re.split(r"\s+", page)), "bytes": len(page.encode())}
    return Case(row.id, (Rolling(readable(page)),), counts)


perplexity = Benchmark(
    name="perplexity",
    version=1,
    area="language",
    paper="arXiv:1609.07843",
    protocol="log-likelihood of each article from its first token on",
    rows=from_hub("EleutherAI/wikitext_document_level", "wikitext-2-raw-v1", split="test"),
    to_case=to_case,
    metrics=(Perplexity("words"), Perplexity("bytes"), BitsPerByte()),
    lm_eval_task="wikitext",
    size=62,
    verified=(
        "texts and counts of lm-evaluation-harness 0.4.13's task on the sample only; its rolling "
        "log-likelihoods of the sample and of five passages of a novel, up to 2,829 tokens in a context of "
        "2,048, differ by less than 1e-3 nats"
    ),
)


@perplexity.cases
def test_perplexity(case, response, record):
    record(perplexity.score(case, response))
