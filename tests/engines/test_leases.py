"""Leases of a window: every request once, in rows that shrink, and one that kills found at its third death."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.process.leases import SMALLEST
from harness.engines.process.leases import STRIKES
from harness.engines.process.leases import Leases


def taken(leases):
    """All leases that there are."""
    return list(iter(leases.take, []))


@given(st.integers(0, 300), st.integers(1, 9))
def test_every_request_is_leased_once_and_in_order(requests, processes):
    leases = taken(Leases(requests, processes))
    assert [request for lease in leases for request in lease] == list(range(requests))


def test_one_process_takes_all_at_once():
    assert taken(Leases(100, 1)) == [list(range(100))]


def test_leases_shrink_towards_the_end():
    sizes = [len(lease) for lease in taken(Leases(8192, 2))]
    assert sizes[:4] == [4096, 2048, 1024, 512]
    assert sizes[-2:] == [SMALLEST, SMALLEST]


@given(st.integers(1, 3 * SMALLEST), st.integers(1, 9))
def test_the_first_lease_is_an_even_share(requests, processes):
    assert len(Leases(requests, processes).take()) == -(-requests // processes)


@given(st.data(), st.integers(1, 200), st.integers(1, 4))
def test_one_that_kills_is_found_at_its_third_death(data, requests, processes):
    deadly = data.draw(st.integers(0, requests - 1))
    leases, answered, deaths = Leases(requests, processes), [], 0
    while lease := leases.take():
        if deadly not in lease:
            answered += lease
            continue
        deaths += 1
        leases.strike(lease)
        suspect = leases.suspect(lease)
        if suspect is not None:
            assert suspect == deadly
            assert leases.refuse(suspect) == deaths
    assert deaths == STRIKES
    assert sorted([*answered, deadly]) == list(range(requests))


@pytest.mark.parametrize("strikes", [1, 2])
def test_none_is_suspected_before(strikes):
    leases = Leases(1, 1)
    for _ in range(strikes):
        leases.strike(leases.take())
    assert leases.suspect([0]) is None
