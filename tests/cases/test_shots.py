"""Solved examples: from the split the page names, the same for every case, in no order's debt."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.benchmark import Benchmark
from harness.cases.shots import draw
from harness.core import Case
from harness.errors import UsageError
from harness.extract import last_number
from harness.metrics.exact_match import ExactMatch
from harness.sources import Row
from harness.sources import Table
from harness.sources import from_hub


def lands(row):
    return row.text("land")


TINS = Benchmark(
    name="tins",
    version=1,
    area="sums",
    paper="none",
    protocol="zero-shot unless --shots",
    rows=from_hub("us/tins", split="test"),
    shots=from_hub("us/tins", split="train"),
    to_case=lambda row, shots: Case(row.id, (), "+".join(shot.id for shot in shots)),
    metrics=(ExactMatch(last_number),),
)
BY_LAND = replace(TINS, shots_by=lands)


def rows(count, land="here", start=0):
    return [Row({"land": land}, "train.jsonl", number, f"train-{number}") for number in range(start, start + count)]


def table(*found, name="us/tins/default/train"):
    return Table(name, tuple(found), {})


TRAIN = rows(40)


@given(st.permutations(TRAIN), st.integers(0, 40), st.integers(0, 2**32))
def test_a_seeded_draw_depends_on_no_order(shuffled, k, seed):
    assert draw(TINS, [table(*shuffled)], k, seed).ids == draw(TINS, [table(*TRAIN)], k, seed).ids


@given(st.integers(0, 39), st.integers(0, 2**32))
def test_more_examples_are_the_same_and_one_more(k, seed):
    fewer, more = (draw(TINS, [table(*TRAIN)], count, seed).ids for count in (k, k + 1))
    assert more[:k] == fewer
    assert len(set(more)) == k + 1


def test_the_draw_is_by_the_sha256_of_seed_benchmark_key_and_id():
    expected = sorted(TRAIN, key=lambda row: hashlib.sha256(f"7:tins::{row.id}".encode()).hexdigest())
    assert draw(TINS, [table(*TRAIN)], 5, 7).ids == tuple(row.id for row in expected[:5])


def test_seeds_and_benchmarks_draw_differently():
    drawn = {
        draw(one, [table(*TRAIN)], 5, seed).ids for one in (TINS, replace(TINS, name="jars")) for seed in range(20)
    }
    assert len(drawn) == 40


@given(st.sets(st.integers(0, 39), min_size=3), st.integers(1, 3))
def test_rows_that_go_leave_the_others_in_place(left, k):
    """What is drawn from fewer rows is what the whole order has of them: nothing else moves."""
    whole = draw(TINS, [table(*TRAIN)], 40, 0).ids
    some = draw(TINS, [table(*(TRAIN[number] for number in left))], k, 0).ids
    assert some == tuple(one for one in whole if int(one.removeprefix("train-")) in left)[:k]


def test_first_n_takes_the_first_rows_whatever_the_seed():
    first = replace(TINS, sampler="first_n")
    assert {draw(first, [table(*TRAIN)], 3, seed).ids for seed in range(5)} == {("train-0", "train-1", "train-2")}


def test_every_case_is_shown_the_same_examples():
    drawn = draw(TINS, [table(*TRAIN)], 3, 0)
    cases = TINS.collect([table(*rows(6), name="us/tins/default/test")], drawn)
    assert {case.target for case in cases} == {"+".join(drawn.ids)}


def test_a_case_is_shown_examples_of_its_own_key():
    here, there = rows(8, "here"), rows(8, "there", start=8)
    drawn = draw(BY_LAND, [table(*here, *there)], 2, 0)
    assert {row.id for row in drawn(rows(1, "there")[0])} <= {row.id for row in there}
    assert set(drawn.ids) == {row.id for one in ("here", "there") for row in drawn(rows(1, one)[0])}


@given(st.permutations([*rows(8, "here"), *rows(8, "there", start=8)]))
def test_a_draw_by_key_depends_on_no_order(shuffled):
    drawn = draw(BY_LAND, [table(*shuffled)], 2, 0)
    for land, start in (("here", 0), ("there", 8)):
        alone = draw(BY_LAND, [table(*rows(8, land, start=start))], 2, 0)
        assert drawn(rows(1, land)[0]) == alone(rows(1, land)[0])


def test_several_tables_are_drawn_from_as_one():
    drawn = draw(TINS, [table(*TRAIN[:20]), table(*TRAIN[20:])], 10, 0)
    assert drawn.ids == draw(TINS, [table(*TRAIN)], 10, 0).ids


def test_no_shots_are_no_rows():
    drawn = draw(TINS, [], 0, 0)
    assert (drawn.ids, drawn(TRAIN[0])) == ((), ())


@pytest.mark.parametrize(
    ("benchmark", "found", "sentence"),
    [
        (replace(TINS, shots=None), [], "--shots 5: tins names no split to draw examples from; expected 0 for it"),
        (TINS, rows(4), "--shots 5: us/tins/default/train has 4 rows; expected at least 5"),
        (
            BY_LAND,
            [*rows(5), *rows(4, "there", start=5)],
            "--shots 5: us/tins/default/train has 4 rows for 'there'; expected at least 5",
        ),
    ],
)
def test_too_few_rows_are_refused_with_the_split(benchmark, found, sentence):
    with pytest.raises(UsageError) as caught:
        draw(benchmark, [table(*found)] if found else [], 5, 0)
    assert str(caught.value) == sentence


def test_a_case_whose_key_has_no_examples_is_refused_with_the_split():
    drawn = draw(BY_LAND, [table(*TRAIN)], 2, 0)
    with pytest.raises(UsageError) as caught:
        drawn(rows(1, "nowhere")[0])
    assert str(caught.value) == "--shots 2: us/tins/default/train has no rows for 'nowhere'; expected at least 2"


def test_examples_from_the_cases_own_rows_are_refused():
    with pytest.raises(UsageError) as caught:
        replace(TINS, shots=(from_hub("us/tins", split="train"), from_hub("us/tins", split="test", key="id")))
    assert str(caught.value) == (
        "benchmark 'tins': found shots from us/tins/default/test, its own cases; expected other rows"
    )
