"""A bad row of any page is refused by file, row and field: never another case in its place, never another exception.

Whatever pages there are, each field of a sample row is spoiled in turn. A field that a page reads must be refused where
it is missing or not what it should be; one that it does not read must change nothing.
"""

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.cases.pages import load_pages
from harness.core import Case
from harness.errors import RowError
from harness.sources import Rows
from harness.sources import Table
from harness.sources.open import Opener
from harness.sources.open import _table
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[2]
PAGES = load_pages([ROOT / "evals"])
PLACE = 1
"""The row that is spoiled, the second: in pages that join rows it is no case's first."""
Fields = dict[str, Any]


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def named(value: Any) -> bool:
    return whole(value) or (isinstance(value, str) and bool(value.strip()))


def blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def blank_text(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value) and not blank("".join(value))


def numbers(value: Any, count: int) -> bool:
    return isinstance(value, dict) and len(value) == count and all(map(whole, value.values()))


def streams(value: Any) -> bool:
    lists = [value.get(name) for name in ("input", "output")] if isinstance(value, dict) else [None]
    whole_lists = all(isinstance(listed, list) and all(isinstance(text, str) for text in listed) for listed in lists)
    return whole_lists and len(lists[0]) == len(lists[-1])


def mappings(value: Any, key: str) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and key in one for one in value)


def rating(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 5


FREE: dict[tuple[str, str], Callable[[Any], bool]] = {
    ("bigbench_python", "solution"): blank_text,  # then no reference is known
    ("bigbench_python", "tests"): lambda tests: all(test["inputs"] for test in tests),  # any value may come in or out
    ("defog", "instructions"): blank_text,  # most questions have none
    ("dsp", "context"): blank_text,  # the first cell of a notebook
    **{(name, field): blank_text for name in ("apps", "apps_train") for field in ("solutions", "starter_code")},
    **{(name, "input_output"): blank_text for name in ("apps", "apps_train")},  # without tests an answer is not run
    **{
        (name, f"{kind}_tests"): streams  # a program may read and print nothing
        for name in ("code_contests", "code_contests_train")
        for kind in ("public", "private", "generated")
    },
    ("live_code_bench", "starter_code"): blank_text,  # a program begins with nothing
    ("bbq", "additional_metadata"): lambda value: isinstance(value, dict) and texts(value.get("stereotyped_groups")),
    ("conala", "rewritten_intent"): blank,  # then the intent is the reference
    ("conala", "question_id"): whole,
    ("cruxeval_input", "input"): blank_text,  # a function may take nothing
    ("cruxeval_output", "input"): blank_text,
    ("geoquery", "query_id"): whole,
    ("hatecheck", "target_ident"): lambda value: value is None,  # a text may be about no group
    ("hellaswag", "ctx_b"): lambda value: value is not None and blank(value),  # a how-to article has none
    ("hellaswag", "source_id"): blank,  # without it a case is a cluster of its own
    ("humaneval_infilling", "canonical_solution"): blank_text,  # a gap may be white space
    ("humaneval_infilling", "suffix"): blank_text,  # a gap may end its program
    ("mbpp", "task_id"): named,  # whatever is not problem 1 may be shown
    ("mbpp", "test_setup_code"): blank_text,
    **{(name, "canonical_solution"): blank for name in ("mbxp", "mbxp_humaneval")},  # not every row has one
    ("mgsm", "answer_number"): whole,
    ("mgsm", "answer"): lambda _: True,  # whether it is null says how the question begins
    ("mtpb", "inputs"): lambda value: mappings(value, "word"),
    ("mtpb", "outputs"): lambda value: isinstance(value, list) and len(value) == 5,  # anything may be printed
    ("multirc", "idx"): lambda value: numbers(value, 3),
    ("odex", "library"): lambda value: value == [],  # most need Python alone
    ("odex", "suffix"): blank_text,  # most solutions are their function's last line
    ("odex", "task_id"): whole,
    **{
        ("openai_moderation", field): lambda value: value is None  # nobody has labelled it
        for field in ("S", "H", "V", "HR", "SH", "S3", "H2", "V2")
    },
    ("record", "idx"): lambda value: numbers(value, 2),
    ("toxigen", "target_group"): blank,
    ("toxigen", "toxicity_ai"): rating,
    ("toxigen", "toxicity_human"): rating,
    ("truthfulqa_gen", "correct_answers"): texts,  # an empty one is left out
    ("truthfulqa_gen", "incorrect_answers"): texts,
}
"""What a field that is read may well be, beside its sample's value."""
OPTIONAL = {("mtpb", "max_gen_length"), ("hellaswag", "source_id"), ("toxigen", "target_group")}


def opener(name: str) -> Opener:
    folder = next((ROOT / "evals").rglob(f"{name}.py")).parent
    return Opener(parse_data("sample", samples=ROOT / "fixtures/samples"), folder)


def fields_of(name: str, rows: Rows) -> list[Fields]:
    return [dict(row) for row in opener(name).open(rows).rows]


def table(rows: Rows, fields: list[Fields]) -> Table:
    made = _table(rows, fields, "rows.jsonl", {"source": "sample"})
    for row in made.rows:
        row.files = FILES.get(rows.name, ())
    return made


def cases(name: str, change: Callable[[list[Fields]], None] = lambda _: None) -> tuple[Case, ...]:
    """The cases of a page's sample after a change to the rows of its first table."""
    page = PAGES[name]
    tables = [fields_of(name, rows) for rows in page.tables]
    change(tables[0])
    return page.collect([table(rows, fields) for rows, fields in zip(page.tables, tables, strict=True)])


def shown(name: str, change: Callable[[Fields], None] = lambda _: None) -> Case:
    """A case after a solved example that was changed."""
    page = PAGES[name]
    source = page.shot_tables[0]
    examples = fields_of(name, source)
    change(examples[PLACE])
    shots = table(source, examples).rows[: PLACE + 1]
    rows = table(page.tables[0], fields_of(name, page.tables[0]))
    return page.to_case(page.joined(rows)[0], tuple(shots))


def allowed(name: str, source: Rows, field: str, value: Any) -> bool:
    """Whether a value need not be refused: a key, or one of FREE."""
    return named(value) if field == source.key else FREE.get((name, field), lambda _: False)(value)


FILES = {
    rows.name: opener(name).open(rows).rows[0].files
    for name, page in PAGES.items()
    for rows in page.tables
    if rows.beside
}
FIELDS = [(name, field) for name, page in PAGES.items() for field in fields_of(name, page.tables[0])[PLACE]]
SHOT_FIELDS = [
    (name, field)
    for name, page in PAGES.items()
    if page.shot_tables
    for field in fields_of(name, page.shot_tables[0])[PLACE]
]


def without(field: str) -> Callable[[Fields], None]:
    return lambda row: row.pop(field)


def outcome(call: Callable[[], Any], field: str) -> Any:
    """What the call returns; None where it raises RowError, which then names file, row and field."""
    try:
        return call()
    except RowError as error:
        said = str(error)
    # where a case is several rows, what one of them lacks may be said of the first
    assert said.startswith(tuple(f"rows.jsonl row {place}, field {field!r}: " for place in (PLACE, 0))), said
    return None


def wrong_values(value: Any) -> Iterator[Any]:
    """Values of another type, empty ones, numbers out of any range, and each of these inside lists and mappings."""
    if isinstance(value, bool) or value is None:
        return
    yield from (None, 0.5)
    if isinstance(value, str):
        yield from ("", "  ", 7, ["x"])
    elif isinstance(value, int):
        yield from (-1, 10**9, str(value), True)
    elif isinstance(value, list):
        yield from ([], "x", *([*value[:-1], bad] for last in value[-1:] for bad in wrong_values(last)))
    elif isinstance(value, dict):
        yield from ({}, "x", *({k: v for k, v in value.items() if k != key} for key in value))
        yield from (value | {key: bad} for key, inner in value.items() for bad in wrong_values(inner))


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_field_is_refused_where_it_is_missing_or_changes_nothing(name: str, field: str) -> None:
    found = outcome(lambda: cases(name, lambda rows: without(field)(rows[PLACE])), field)
    assert found is None or found == cases(name) or (name, field) in OPTIONAL


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_field_that_is_read_is_refused_where_it_is_wrong(name: str, field: str) -> None:
    source, plain = PAGES[name].tables[0], cases(name)
    read = outcome(lambda: cases(name, lambda rows: without(field)(rows[PLACE])), field) != plain
    for wrong in wrong_values(fields_of(name, source)[PLACE][field]):
        found = outcome(lambda wrong=wrong: cases(name, lambda rows: rows[PLACE].update({field: wrong})), field)
        assert found is None or allowed(name, source, field, wrong) or (found == plain and not read), wrong


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_something(name: str) -> None:
    fields = [field for page, field in FIELDS if page == name]
    assert None in [outcome(lambda one=one: cases(name, lambda rows: without(one)(rows[PLACE])), one) for one in fields]


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.join or page.tables[0].key])
def test_a_row_that_stands_twice_is_refused(name: str) -> None:
    with pytest.raises(RowError, match=r"^rows.jsonl row \d+, field '\w+': .*(occurs twice|each once)"):
        cases(name, lambda rows: rows.append(rows[PLACE]))


@pytest.mark.parametrize(("name", "field"), SHOT_FIELDS)
def test_a_solved_example_is_refused_likewise(name: str, field: str) -> None:
    source, plain = PAGES[name].shot_tables[0], shown(name)
    read = outcome(lambda: shown(name, without(field)), field) != plain
    for wrong in wrong_values(fields_of(name, source)[PLACE][field]):
        found = outcome(lambda wrong=wrong: shown(name, lambda row: row.update({field: wrong})), field)
        assert found is None or allowed(name, source, field, wrong) or (found == plain and not read), wrong
