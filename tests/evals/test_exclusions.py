"""The lists that come with the pages: each is whole, has a page, and names rows that are there as listed."""

from pathlib import Path

import pytest

from harness.cases.exclusions import FOLDER
from harness.cases.exclusions import mark
from harness.cases.exclusions import read_lists
from harness.cases.pages import load_pages
from harness.sources.open import Opener
from harness.sources.open import parse_data

EVALS = Path(__file__).parents[2] / "evals"
PAGES = load_pages([EVALS])
LISTED = sorted(path.name for path in (EVALS / FOLDER).iterdir())


@pytest.mark.parametrize("name", LISTED)
def test_a_list_is_whole_and_has_a_page(name: str) -> None:
    assert name in PAGES
    lists = read_lists([EVALS], name)
    assert len(lists) == len(list((EVALS / FOLDER / name).iterdir()))
    assert all(len(row.digest) == 64 for one in lists for row in one.rows)


@pytest.mark.shared
@pytest.mark.parametrize("name", LISTED)
def test_every_listed_row_is_there_as_it_was_listed(name: str, shared: Path) -> None:
    page = PAGES[name]
    opener = Opener(parse_data(str(shared / "data" / "mirror")))
    tables = [opener.open(rows) for rows in page.tables]
    cases = page.collect(tables)
    rows = {row.id: row for table in tables for row in page.joined(table)}
    marked, facts = mark(cases, rows, read_lists([EVALS], name))
    assert [(one["excluded"], one["changed"]) for one in facts] == [(one["listed"], []) for one in facts]
    assert len(marked) == len(cases)
