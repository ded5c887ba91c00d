"""The laws of `divide`: a partition that needs no order, with clusters whole and shares alike."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cases.shards import Divisible
from harness.cases.shards import Shard
from harness.cases.shards import divide
from harness.cases.shards import parse_shard
from harness.errors import UsageError

PARTS = st.tuples(
    st.sampled_from(["gsm8k", "mmlu", "squad"]),
    st.sampled_from([None, "law", "π"]),
    st.sampled_from([None, None, "passage", "another"]),
    st.integers(0, 500),
)
N = st.integers(1, 12)


def cases(parts):
    return [
        Divisible(benchmark, f"main-{number}", cluster, stratum, work)
        for number, (benchmark, stratum, cluster, work) in enumerate(parts)
    ]


def spread(numbers, n):
    """The most cases of a shard less the fewest."""
    counts = Counter(numbers)
    sizes = [counts[k] for k in range(1, n + 1)]
    return max(sizes) - min(sizes)


@given(st.lists(PARTS, max_size=80), N)
def test_every_case_is_in_one_shard_and_a_cluster_is_whole(parts, n):
    every = cases(parts)
    numbers = divide(every, n)
    assert len(numbers) == len(every)
    assert set(numbers) <= set(range(1, n + 1))
    homes = {}
    for case, number in zip(every, numbers, strict=True):
        if case.cluster is not None:
            assert homes.setdefault((case.benchmark, case.cluster), number) == number


@given(st.lists(PARTS, max_size=80), N)
def test_without_clusters_shards_differ_by_one_case_at_most(parts, n):
    every = [replace(case, cluster=None) for case in cases(parts)]
    numbers = divide(every, n)
    assert spread(numbers, n) <= 1
    for key in (lambda case: case.benchmark, lambda case: (case.benchmark, case.stratum)):
        for name in {key(case) for case in every}:
            assert spread([k for case, k in zip(every, numbers, strict=True) if key(case) == name], n) <= 1


@given(st.lists(PARTS, max_size=80), N)
def test_with_clusters_shards_of_a_benchmark_without_strata_differ_by_the_largest_of_them(parts, n):
    every = [replace(case, stratum=None, benchmark="squad") for case in cases(parts)]
    largest = max(Counter(case.cluster or case.case for case in every).values(), default=0)
    assert spread(divide(every, n), n) <= largest


@given(st.lists(PARTS, max_size=60), N, st.randoms(use_true_random=False))
def test_the_order_of_the_cases_decides_nothing(parts, n, shuffler: random.Random):
    every = cases(parts)
    homes = dict(zip(every, divide(every, n), strict=True))
    shuffler.shuffle(every)
    assert dict(zip(every, divide(every, n), strict=True)) == homes


@given(st.lists(PARTS, max_size=40), N)
def test_a_case_of_two_models_is_in_one_shard(parts, n):
    every = cases(parts)
    numbers = divide(every * 2, n)
    assert numbers[: len(every)] == numbers[len(every) :]


def test_work_is_shared_out():
    works = [1000, 900, 800, 700, 600, 500, 400, 300, 200, 100, 90, 80]
    every = [Divisible("gsm8k", f"main-{number}", work=work) for number, work in enumerate(works)]
    numbers = divide(every, 3)
    sums = [sum(work for work, k in zip(works, numbers, strict=True) if k == shard) for shard in (1, 2, 3)]
    assert sum(sums) == sum(works)
    assert max(sums) - min(sums) <= 200  # dealt in turn it would be 620


def test_the_division_is_fixed_for_good():
    every = [Divisible("gsm8k", f"main-{number}") for number in range(6)]
    # `printf gsm8k:case:main-N | sha256sum` orders them 3 0 4 5 2 1, and they are dealt in turn
    assert divide(every, 2) == [2, 2, 1, 1, 1, 2]


@pytest.mark.parametrize("text", ["9/8", "0/8", "x", "3", "3/", "/8", "-1/8", "3/0", "1.5/2", "3/8/9", ""])
def test_what_is_no_shard_is_said_in_one_sentence(text):
    with pytest.raises(UsageError) as raised:
        parse_shard(text)
    assert str(raised.value) == f"--shard: found {text!r}; expected K/N, K from 1 to N, as 3/8"


def test_a_shard_is_read_and_said_alike():
    assert parse_shard("3/8") == Shard(3, 8)
    assert str(Shard(3, 8)) == "3/8"
    assert parse_shard(None) is None


def test_there_is_no_division_by_nothing():
    with pytest.raises(UsageError, match="shards: 0; expected 1 or more"):
        divide([], 0)
