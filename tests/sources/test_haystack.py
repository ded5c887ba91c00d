"""A needle in a haystack: where it stands, how long the haystack is, and what cannot be one."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.benchmark import Benchmark
from harness.errors import RowError
from harness.errors import SourceError
from harness.sources import Row
from harness.sources import from_text
from harness.sources import haystack
from harness.sources.fetch import add_text
from harness.sources.fetch import fetch
from harness.sources.haystack import DEPTHS
from harness.sources.haystack import NEEDLES
from harness.sources.haystack import Grid
from harness.sources.open import Data
from harness.sources.open import Opener
from harness.sources.open import open_rows
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[2]
SENTENCE = "The fox is red."
EIGHT = "One two. Three four. Five six seven eight."
BOOK = (
    "Before.\n*** START OF THIS PROJECT GUTENBERG EBOOK A ***\nOne two. Three\nfour.\n*** END OF THIS BOOK ***\nAfter."
)


def row(text: str) -> Row:
    return Row({"text": text}, "rows.jsonl", 0, "book-0", "gutenberg")


def book(words: int) -> str:
    return " ".join(f"w{at}." if at % 7 == 6 else f"w{at}" for at in range(words))


@pytest.mark.parametrize(
    ("depth", "expected"),
    [
        (0, "The fox is red. One two. Three four. Five six seven eight."),
        (25, "One two. The fox is red. Three four. Five six seven eight."),
        (50, "One two. Three four. The fox is red. Five six seven eight."),
        (75, "One two. Three four. The fox is red. Five six seven eight."),  # back to the end of a sentence
        (100, "One two. Three four. Five six seven eight. The fox is red."),
    ],
)
def test_the_needle_stands_between_sentences(depth: int, expected: str) -> None:
    assert haystack.hidden(EIGHT.split(), SENTENCE, depth) == expected


@given(st.lists(st.sampled_from(["a", "b.", "c", 'd!"']), max_size=30), st.sampled_from(DEPTHS))
def test_nothing_but_the_needle_is_added_and_no_sentence_is_torn(words: list[str], depth: int) -> None:
    found = haystack.hidden(words, "NEEDLE", depth).split()
    place = found.index("NEEDLE")
    assert [word for word in found if word != "NEEDLE"] == words
    assert place in (0, len(words)) or found[place - 1].endswith((".", '!"'))
    assert place <= len(words) * depth / 100


def test_what_project_gutenberg_puts_around_a_book_is_no_part_of_it() -> None:
    assert haystack.body(BOOK).split() == ["One", "two.", "Three", "four."]
    assert haystack.body("One two.") == "One two."


def test_a_grid_has_every_needle_at_every_length_and_depth() -> None:
    """2k are 1,433 words, so four pieces of them need 5,732."""
    cases = [haystack.to_case(one) for one in Grid((0.5, 2)).spread(row(book(6000)))]
    assert len(cases) == 2 * 4 * 5
    assert {case.target for case in cases} == {needle.answer for needle in NEEDLES}
    assert len({case.id for case in cases}) == len({case.digest for case in cases}) == 40
    assert len({case.cluster for case in cases}) == 8
    last = cases[-1]
    assert (last.id, last.cluster) == ("book-0-2k-3-100", "book-0-2k-3")
    assert last.tags == ("length:2k", "depth:100%", "length at depth:2k at 100%")
    text, _, question = last.requests[0].prompt.rpartition("\n\n")
    assert question == f"Question: {NEEDLES[3].question} Answer from the text above.\nAnswer:"
    assert text.endswith(NEEDLES[3].sentence)
    assert len(text.split()) == 1433 + len(NEEDLES[3].sentence.split())


def test_pieces_of_a_length_do_not_overlap() -> None:
    rows = Grid((0.5,)).spread(row(book(6000)))
    pieces = {one["piece"]: set(one["words"]) for one in rows}
    assert len(set.union(*pieces.values())) == sum(map(len, pieces.values())) == 4 * 358


def test_a_length_that_the_text_cannot_fill_has_no_case_and_a_short_text_is_refused() -> None:
    assert {one["length"] for one in Grid((0.5, 1, 2)).spread(row(book(800)))} == {"512", "1k"}
    with pytest.raises(
        RowError, match=r"^rows.jsonl row 0, field 'text': 9 words; expected 358 or more, for the shortest haystack$"
    ):
        Grid((1, 0.5)).spread(row(book(9)))


def test_the_answer_is_in_its_needle_and_nowhere_else() -> None:
    for needle in NEEDLES:
        others = [other for other in NEEDLES if other != needle]
        assert needle.answer in needle.sentence
        assert needle.answer not in needle.question
        assert not any(needle.answer.lower() in f"{other.sentence}{other.question}".lower() for other in others)


def test_a_text_goes_into_a_mirror_and_comes_back(tmp_path: Path) -> None:
    file, mirror = tmp_path / "pg.txt", tmp_path / "mirror"
    file.write_text(BOOK, encoding="utf-8")
    assert str(add_text(file, mirror, "a")) == f"written text/gutenberg/a: 21 words, {size(mirror)} bytes"
    table = open_rows(from_text("a"), parse_data(str(mirror)))
    assert [(one.id, one["text"]) for one in table.rows] == [("a-0", BOOK)]
    add_text(file, mirror, "b")
    assert open_rows(from_text("a"), parse_data(str(mirror))).rows[0]["text"] == BOOK
    assert [str(one) for one in fetch([from_text("a")], mirror, Opener(Data("hub")).open)] == [
        "kept    text/gutenberg/a: 21 records, already there"
    ]


def size(mirror: Path) -> int:
    return (mirror / "text/a.txt.gz").stat().st_size


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "no words; expected a long text"), (b"caf\xe9", "not UTF-8 (unexpected end of data); expected a text in")],
)
def test_what_is_no_text_is_not_added(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(SourceError, match=rf"a.txt: {re.escape(message)}"):
        add_text(tmp_path / "a.txt", tmp_path / "mirror", "a")
    assert not (tmp_path / "mirror").exists()


def test_the_hub_has_no_texts_and_a_mirror_may_lack_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^text/gutenberg/a: a text of a mirror, which the Hub does not have; use "):
        open_rows(from_text("a"), Data("hub"))
    (tmp_path / "a.txt").write_text(BOOK)
    add_text(tmp_path / "a.txt", tmp_path, "b")
    with pytest.raises(SourceError, match=r"^text/gutenberg/a: not in .*; add it with `crosstask data add-text DIR`"):
        open_rows(from_text("a"), parse_data(str(tmp_path)))
    failed = [str(one) for one in fetch([from_text("a")], tmp_path, Opener(Data("hub")).open)]
    assert failed[0].startswith("failed  text/gutenberg/a: a text of a mirror, which the Hub does not have")


def longer_page() -> Benchmark:
    """The page that docs/needle.md shows."""
    document = (ROOT / "docs/needle.md").read_text(encoding="utf-8")
    content: dict[str, object] = {}
    exec(re.search(r"```python\n(.*?)```", document, re.DOTALL)[1], content)
    found = content["needle_32k"]
    assert isinstance(found, Benchmark)
    return found


def test_the_page_for_long_contexts_that_the_document_shows_makes_32k() -> None:
    rows = longer_page().spread(row(book(23_000)))
    assert [len(one["words"]) for one in rows if one["length"] == "32k"] == [22_937] * 5
