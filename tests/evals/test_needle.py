"""The needle's page: every case of both novels of a mirror, and what a model with a short context makes of it."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.core import Completion
from harness.core import Completions
from harness.sources import Row
from harness.sources.haystack import NEEDLES
from harness.sources.haystack import Grid
from harness.sources.open import Opener
from harness.sources.open import parse_data

Page = Callable[[str], Benchmark]


def said(text: str) -> Completions:
    return Completions((Completion(text, "stop", 1),))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (" In the BLUE\u00a0 teapot, of course.", "correct"),
        ("In the teapot.", "wrong"),
        ("", "wrong"),
    ],
)
def test_the_answer_has_the_words_asked_for(page: Page, text: str, verdict: str) -> None:
    benchmark = page("long_context/needle")
    row = benchmark.spread(Row({"text": "A word. " * 300}, "rows.jsonl", 0, "book-0", "gutenberg"))[0]
    score = benchmark.score(benchmark.to_case(row, ()), said(text))[0]
    assert (score.verdict, score.stats) == (verdict, (float(verdict == "correct"), 1.0))


@pytest.mark.shared
def test_both_novels_of_a_mirror_fill_every_cell(page: Page, shared: Path) -> None:
    needle = page("long_context/needle")
    opener = Opener(parse_data(str(shared / "data/mirror")))
    tables = [opener.open(rows) for rows in needle.tables]
    cases = needle.collect(tables)
    assert len(cases) == len({case.digest for case in cases}) == needle.size
    assert set(Counter(case.tags[2] for case in cases).values()) == {8}
    for case in cases:
        hidden = next(one for one in NEEDLES if one.answer == case.target)
        prompt = case.requests[0].prompt
        assert prompt.count(hidden.sentence) == prompt.lower().count(hidden.answer.lower()) == 1
        assert "Gutenberg" not in prompt
    long = [Grid((4, 8, 16, 32)).spread(table.rows[0]) for table in tables]
    assert [len({one["piece"] for one in rows if one["length"] == "32k"}) for rows in long] == [3, 4]
