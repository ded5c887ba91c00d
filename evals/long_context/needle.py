"""Needle in a haystack, to 2k tokens: a sentence hidden in a piece of a book, and a question about it.

After Kamradt 2023 (https://github.com/gkamradt/LLMTest_NeedleInAHaystack). The haystacks are pieces of two novels of
Project Gutenberg, of 512, 1k and 2k tokens (0.7 words are counted as a token), each with one of four sentences of ours
at five depths. The answer is right where it has the words asked for. What differs from Kamradt's: novels for essays,
four needles for one, lengths in words, no model as a judge. A prompt longer than the model's context is refused, not
cut off, and counts as refused. Reports divide the score by `length`, by `depth`, and by both.

The Hub has no such texts: with `--data hub` the page is not run. `crosstask data add-text DIR FILE frankenstein` brings
one into a mirror. `needle_32k` asks the same of 4k to 32k tokens.
"""

from harness.benchmark import Benchmark
from harness.core import Case
from harness.metrics.containment import Containment
from harness.sources import Row
from harness.sources import from_text
from harness.sources import haystack

GRID = haystack.Grid((0.5, 1, 2))


def to_case(row: Row, _shots: tuple[Row, ...]) -> Case:
    """A piece of the book with the needle in it, and the question."""
    return haystack.to_case(row)


needle = Benchmark(
    name="needle",
    version=1,
    area="long_context",
    paper="none",
    protocol="zero-shot, greedy answer of at most 32 tokens, to its line's end; too long a prompt is refused",
    rows=(from_text("frankenstein"), from_text("pride_and_prejudice")),
    spread=GRID.spread,
    to_case=to_case,
    metrics=(Containment(),),
    size=120,
    verified="all cases of both books of a mirror made; the needle stands in each at its depth; no other tool's log",
)


@needle.cases
def test_needle(case, response, record):
    record(needle.score(case, response))
