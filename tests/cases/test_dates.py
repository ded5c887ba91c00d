"""Cases by their date."""

import pytest

from harness.cases.dates import Period
from harness.cases.dates import parse_period
from harness.cases.dates import within
from harness.core import Case
from harness.core import decode
from harness.encoding import encode
from harness.errors import UsageError

CASES = tuple(Case(day, (), None, date=day) for day in ("2024-08-31", "2024-09-01", "2024-10-05"))


@pytest.mark.parametrize(
    ("after", "before", "ids"),
    [
        (None, None, ["2024-08-31", "2024-09-01", "2024-10-05"]),
        ("2024-09-01", None, ["2024-09-01", "2024-10-05"]),
        (None, "2024-09-01", ["2024-08-31", "2024-09-01"]),
        ("20240901", "2024-09-30", ["2024-09-01"]),
    ],
)
def test_both_days_are_included(after: str | None, before: str | None, ids: list[str]) -> None:
    kept, note = within("toy", CASES, parse_period(after, before))
    assert ([case.id for case in kept], note) == (ids, None)


def test_cases_without_a_date_stay_and_a_note_says_so() -> None:
    undated = (Case("a", (), None),)
    assert within("toy", undated, Period()) == (undated, None)
    assert within("toy", undated, Period("2024-09-01")) == (
        undated,
        "toy: its cases have no dates, so --after 2024-09-01 leaves them as they are.",
    )
    assert within("toy", (*undated, *CASES), Period("2024-10-01"))[0] == (undated[0], CASES[2])


@pytest.mark.parametrize(
    ("after", "before", "message"),
    [
        ("soon", None, "--after: found 'soon'; expected a date as 2024-09-01"),
        (None, "2024-13-01", "--before: found '2024-13-01'; expected a date as 2024-09-01"),
        ("2024-10-01", "2024-09-01", "--after: found 2024-10-01; expected a date up to that of --before, 2024-09-01"),
    ],
)
def test_what_is_no_period_is_refused(after: str | None, before: str | None, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_period(after, before)
    assert str(caught.value) == message


def test_a_period_without_cases_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        within("toy", CASES, Period("2025-01-01"))
    assert str(caught.value) == (
        "toy: found no case within --after 2025-01-01; expected dates from 2024-08-31 to 2024-10-05"
    )


def test_a_date_changes_no_digest_and_no_stored_form_of_cases_without() -> None:
    assert "date" not in encode(Case("a", (), None))
    assert CASES[0].digest == Case("b", (), None).digest
    assert decode(encode(CASES[0])) == CASES[0]
