"""A case is never among its own solved examples: rows are compared by what they ask, on every page with examples."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.cases.alike import UNASKED
from harness.cases.alike import plain
from harness.cases.pages import load_pages
from harness.cases.shots import draw
from harness.core import Case
from harness.core import Generate
from harness.core import LogLikelihood
from harness.extract import trimmed
from harness.metrics.exact_match import ExactMatch
from harness.sources import Row
from harness.sources import Table
from harness.sources import from_file
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[2]
PAGES = {
    name: (page, path)
    for path in sorted((ROOT / "evals").rglob("*.py"))
    for name, page in load_pages([path]).items()
    if page.shots is not None
}


def spelled_otherwise(value):
    """Sentences with other case, white space and marks; a word, or one with a sign in it, may be a label."""
    if isinstance(value, str) and value.strip().count(" ") > 1:
        return "  ".join(word.swapcase() if word.isalpha() else word for word in value.split(" ")) + "!\n"
    return value


def rows_of(page, path):
    opener = Opener(parse_data("sample", samples=ROOT / "fixtures/samples"), path.parent)
    return [row for rows in page.tables for row in page.joined(opener.open(rows))]


def copy_of(row, fields, name):
    copy = Row(fields, "shots.jsonl", row.number, name, row.config)
    copy.files = row.files
    return copy


def copies(rows, name, changed=dict):
    return [copy_of(row, changed(row), f"{name}-{number}") for number, row in enumerate(rows)]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_no_case_of_any_page_is_shown_its_own_row(name):
    """The sample's rows are the examples too, under other ids and in another file, in order and with every k."""
    page, path = PAGES[name]
    own = rows_of(page, path)
    page = replace(page, shots_where=None)
    examples = copies([part for row in own for part in row.parts], "shot")
    groups = {}
    for one in examples:
        groups.setdefault(page.shots_by(one) if page.shots_by else "", []).append(one)
    for k in {1, min(3, *map(len, groups.values()))}:
        drawn = draw(page, [Table("shots", tuple(examples), {})], k, 0)
        for row in own:
            found = drawn(row)
            assert [one for one in found if dict(one) in map(dict, row.parts)] == []
            group = groups[page.shots_by(row) if page.shots_by else ""]
            if row.parts == (row,):
                assert len(found) == min(k, len(group) - _same(page, row, group))


def _same(page, row, group):
    """How many rows of a group ask what the row asks, itself among them."""
    asked = plain(str(page.to_case(row, ()).requests))
    same = [one for one in group if plain(str(page.to_case(one, ()).requests)) == asked]
    return len(same)


QUESTIONS = [
    {
        "question": f"What is the {word} of a ship, in a word?",
        "choices": [f"{word} {one}" for one in "abcd"],
        "answer": 1,
    }
    for word in ("bow", "stern", "keel", "mast", "deck", "hull")
]


def chosen(row, shots):
    lines = "\n".join(f"{letter}. {one}" for letter, one in zip("ABCD", row["choices"], strict=True))
    solved = "".join(f"{shot['question']}\n{shot['answer']}\n\n" for shot in shots)
    context = f"{solved}{row['question']}\n{lines}\nAnswer:"
    return Case(row.id, (LogLikelihood(tuple((context, f" {letter}") for letter in "ABCD")),), row["answer"])


def solved(row, shots):
    text = "".join(f"{shot.text('q')} {shot.text('a')}\n" for shot in shots) + row.text("q")
    return Case(row.id, (Generate(text),), row["a"])


def page(to_case, **more):
    return Benchmark(
        name="ships",
        version=1,
        area="trust",
        paper="none",
        protocol="zero-shot unless --shots",
        rows=from_file("cases.jsonl"),
        shots=from_file("shots.jsonl"),
        to_case=to_case,
        metrics=(ExactMatch(trimmed),),
        **more,
    )


def examples_of(made, cases, shots, k, seed=0):
    drawn = draw(made, [Table("shots", tuple(shots), {})], k, seed)
    return [drawn(row) for row in cases], drawn


def rows(name, fields):
    return [Row(one, f"{name}.jsonl", number, f"{name}-{number}") for number, one in enumerate(fields)]


@pytest.mark.parametrize("seed", range(8))
def test_a_case_that_stands_in_the_examples_file_is_shown_the_others(seed):
    """Three rows, the same in both files, two examples: as in the report of this leak."""
    fields = [{"q": f"Q{number}", "a": f"A{number}"} for number in range(3)]
    found, drawn = examples_of(page(solved), rows("case", fields), rows("shot", fields), 2, seed)
    for number, shown in enumerate(found):
        assert sorted(one["q"] for one in shown) == sorted(f"Q{other}" for other in range(3) if other != number)
    assert drawn.note() == "ships: 2 cases asked what a solved example asks; shown other examples instead."


@pytest.mark.parametrize("sampler", ["seeded", "first_n"])
@pytest.mark.parametrize(
    "change",
    [
        lambda row: row | {"question": row["question"].upper() + "  "},
        lambda row: row | {"question": row["question"].replace(" ", "\n ").replace("?", "...")},
        lambda row: row | {"choices": row["choices"][::-1], "answer": 2},
        lambda row: row | {"choices": ["one", "two", "three", "four"], "answer": 0},
        lambda row: row | {"answer": 3, "source": "another split"},
        lambda row: row | {"question": row["question"].replace("ship", "\N{FULLWIDTH LATIN SMALL LETTER S}hip")},
    ],
)
def test_the_same_question_spelled_otherwise_is_the_same(change, sampler):
    shots = rows("shot", [change(one) for one in QUESTIONS])
    found, drawn = examples_of(page(chosen, sampler=sampler), rows("case", QUESTIONS), shots, 5)
    for number, shown in enumerate(found):
        assert shots[number] not in shown
        assert len(shown) == 5
    assert len(drawn.others) == 5


def test_where_no_other_row_is_left_a_case_is_shown_fewer_and_a_note_says_so():
    found, drawn = examples_of(page(chosen), rows("case", QUESTIONS), rows("shot", QUESTIONS), 6)
    assert {len(shown) for shown in found} == {5}
    assert drawn.note() == (
        "ships: 6 cases asked what a solved example asks; shown other examples instead, 6 of them fewer than 6."
    )


def test_other_questions_are_shown_in_the_order_they_were_drawn():
    cases, shots = rows("case", QUESTIONS[:1]), rows("shot", QUESTIONS[1:])
    found, drawn = examples_of(page(chosen), cases, shots, 3)
    assert (found, drawn.others, drawn.note()) == ([drawn.rows[""]], {}, None)


def test_a_question_that_is_the_same_for_all_rows_tells_none_apart():
    """The sentence stands in the choices, as in pairs of a right and a wrong one; what is asked says nothing."""

    def to_case(row, _shots):
        return Case(row.id, (LogLikelihood((("Right:", f" {row['good']}"), ("Right:", f" {row['bad']}"))),), 0)

    words = ("one", "two", "three", "four")
    fields = [{"good": f"Cats number {word}.", "bad": f"Cats numbers {word}."} for word in words]
    found, drawn = examples_of(page(to_case), rows("case", fields), rows("shot", fields), 3)
    assert [len(shown) for shown in found] == [3, 3, 3, 3]
    assert all(one["good"] != fields[number]["good"] for number, shown in enumerate(found) for one in shown)
    assert len(drawn.others) == 3


def test_a_row_that_the_page_cannot_ask_is_known_by_its_long_fields():
    shots = rows("shot", [{"problem": one["question"], "solution": "…"} for one in QUESTIONS])
    found, _ = examples_of(page(chosen), rows("case", QUESTIONS), shots, 5)
    assert all(shots[number] not in shown for number, shown in enumerate(found))
    assert {len(shown) for shown in found} == {5}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What is it?", "what is  it", True),
        ("3 - 2", "3 + 2", False),
        ('What is "abc"[-1] in Python?', 'What is "abc"[::-1] in Python?', False),
        ("What is \u201cit\u201d?", 'What is "it"', True),
        ("not ( a ) and b", "not ( a and b )", False),
        ("\N{LATIN SMALL LIGATURE FI}ne", "fine", True),
        ("\u0e51\u0e58", "18", False),
    ],
)
def test_marks_around_words_white_space_and_case_do_not_count(one, other, same):
    assert (plain(one) == plain(other)) is same


@pytest.mark.parametrize("name", sorted(PAGES))
def test_no_case_of_any_page_is_shown_its_own_row_spelled_otherwise(name):
    """In other case, with other marks and white space, in each field that the page does not read word for word."""
    page, path = PAGES[name]
    page = replace(page, shots_where=None, shots_by=None)
    own = rows_of(page, path)
    parts = [part for row in own for part in row.parts]
    examples = copies(parts, "shot", lambda row: _respelled(page, row))
    respelled = {id(part): copy for part, copy in zip(parts, examples, strict=True)}
    for k in (1, min(3, len(examples))):
        drawn = draw(page, [Table("shots", tuple(examples), {})], k, 0)
        for row in own:
            assert [part.id for part in row.parts if respelled[id(part)] in drawn(row)] == []
        assert drawn.others


def _respelled(page, row):
    fields = dict(row)
    for key, value in fields.items():
        changed = fields | {key: spelled_otherwise(value)}
        fields = changed if _can_ask(page, copy_of(row, changed, row.id)) else fields
    return fields


def _can_ask(page, row):
    try:
        page.to_case(row, ())
    except UNASKED:
        return False
    return True
