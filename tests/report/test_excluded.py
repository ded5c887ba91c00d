"""The score without listed rows: by hand, and nothing where a list excludes nothing."""

import pytest

from harness.core import Record
from harness.core import Score
from harness.report.excluded import notes
from harness.report.excluded import without_excluded
from harness.statistics import estimate

OURS = {"name": "ours", "version": "2", "source": "-", "why": "-", "listed": 3, "excluded": 3, "changed": []}
THEIRS = OURS | {"name": "theirs", "version": "1"}


def scored(*cases):
    """(right, tags) of each case as records and scores."""
    return [
        (
            Record("toy", "tins", 1, f"tins-{number}", "node", 1, "measured", "d", None, tags=tags),
            Score("acc", (float(right), 1.0), "correct" if right else "wrong"),
        )
        for number, (right, tags) in enumerate(cases)
    ]


CASES = scored(
    (True, ()),
    (True, ("level:1",)),
    (False, ("excluded by ours 2",)),
    (False, ("level:1", "excluded by ours 2", "excluded by theirs 1")),
    (False, ("excluded by ours 1",)),
)


def mean(found):
    return estimate([score.stats for _, score in found], "proportion", [None] * len(found))


def test_each_list_has_the_score_of_the_cases_it_leaves():
    ours, theirs = without_excluded({"exclusions": [OURS, THEIRS]}, CASES, mean)
    assert (ours["name"], ours["version"], ours["excluded"]) == ("ours", "2", 2)
    assert (ours["estimate"]["value"], ours["estimate"]["n"]) == (pytest.approx(2 / 3), 3)
    assert (theirs["excluded"], theirs["estimate"]["value"], theirs["estimate"]["n"]) == (1, 0.5, 4)


def test_a_list_that_excludes_none_of_the_scored_is_not_shown():
    assert without_excluded({"exclusions": [OURS, THEIRS]}, CASES[:2], mean) == []
    assert without_excluded({}, CASES, mean) == []


def test_a_list_of_all_cases_leaves_no_value():
    (only,) = without_excluded({"exclusions": [OURS]}, CASES[2:4], mean)
    assert (only["excluded"], only["estimate"]["value"], only["estimate"]["n"]) == (2, None, 0)


def test_rows_that_changed_are_noted():
    changed = OURS | {"changed": [f"tins-{number}" for number in range(5)]}
    facts = {"tins": {"exclusions": [changed, THEIRS]}, "jars": {}}
    assert list(notes(facts)) == [
        "tins: rows have changed since ours 2 listed them and are not excluded: tins-0, tins-1, tins-2 and 2 more"
    ]
