"""Which cases are compared: by id and content, the others counted by why they are not."""

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.compare.alignment import align
from harness.compare.alignment import cluster_alike
from harness.compare.alignment import shared_by_all
from harness.compare.system import CaseScores
from harness.compare.system import System

STATUSES = st.sampled_from(["measured", "measured", "refused", "error", "not_run"])
CASES = st.dictionaries(
    st.sampled_from("abcdefgh"), st.builds(CaseScores, STATUSES, st.sampled_from(["x", "y"])), max_size=8
)


def system(name, cases, rows="r"):
    facts = {"version": 1, "metrics": [], "data": [{"source": "hub", "sha256": rows}] if rows else []}
    return System(name, name, name, {"benchmarks": {"tins": facts}, "models": {}}, {"tins": cases})


def measured(digest="x", cluster=None):
    return CaseScores("measured", digest, cluster)


def test_the_same_content_is_the_same_case_whatever_the_rows():
    found = align(system("A", {"0": measured()}, "r"), system("B", {"0": measured()}, "s"), "tins")
    assert (found.compared, found.asked_otherwise, found.is_whole) == (("0",), 0, True)


def test_another_prompt_to_a_row_of_the_same_table_is_the_same_case_asked_otherwise():
    found = align(system("A", {"0": measured("x")}), system("B", {"0": measured("y")}), "tins")
    assert (found.compared, found.asked_otherwise, found.changed) == (("0",), 1, ())


@pytest.mark.parametrize(("ours", "theirs"), [("r", "s"), (None, None), ("r", None)])
def test_another_content_from_other_or_unknown_rows_is_left_out(ours, theirs):
    found = align(system("A", {"0": measured("x")}, ours), system("B", {"0": measured("y")}, theirs), "tins")
    assert (found.compared, found.changed, found.is_whole) == ((), ("0",), False)


def test_what_is_not_compared_is_named_with_its_reason():
    ours = {"0": measured(), "1": CaseScores("refused", "x"), "2": measured(), "3": measured()}
    theirs = {"3": measured(), "1": measured(), "2": CaseScores("not_run"), "9": measured()}
    found = align(system("A", ours), system("B", theirs), "tins")
    assert found.compared == ("3",)
    assert found.unscored == {"1": "refused", "2": "not_run"}
    assert (found.only_first, found.only_second) == (("0",), ("9",))


@settings(deadline=None)
@given(CASES, CASES, st.booleans())
def test_every_planned_case_is_counted_once(ours, theirs, one_table):
    found = align(system("A", ours, "r"), system("B", theirs, "r" if one_table else "s"), "tins")
    parts = [found.compared, found.changed, found.only_first, found.only_second, tuple(found.unscored)]
    assert sorted(name for part in parts for name in part) == sorted({*ours, *theirs})
    back = align(system("B", theirs, "r" if one_table else "s"), system("A", ours, "r"), "tins")
    assert set(back.compared) == set(found.compared)
    assert (back.only_first, back.asked_otherwise) == (found.only_second, found.asked_otherwise)


def test_what_all_share_is_in_the_order_of_the_first():
    a = system("A", {name: measured() for name in "dcba"})
    b = system("B", {name: measured() for name in "abc"})
    c = system("C", {name: measured() for name in "bcd"})
    assert shared_by_all([a, b, c], "tins") == ("c", "b")


@pytest.mark.parametrize(
    ("ours", "theirs", "alike"),
    [
        ("xxy", "aab", True),
        ("xxy", "aaa", False),
        ((None, None, "y"), "abc", True),
        (("x", "x", None), (None, None, None), False),
    ],
)
def test_clusters_are_alike_by_who_is_together(ours, theirs, alike):
    cases = [{str(place): measured(cluster=label) for place, label in enumerate(labels)} for labels in (ours, theirs)]
    assert cluster_alike(*cases, ["0", "1", "2"]) is alike
