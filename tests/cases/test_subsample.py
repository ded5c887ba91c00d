"""The laws of `limit`: size, shares, determinism, order."""

import random
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cases.subsample import limit
from harness.cases.subsample import parse_limit
from harness.cases.subsample import parse_share
from harness.cases.subsample import share_of
from harness.core import Case
from harness.errors import UsageError

STRATA = st.lists(st.sampled_from([None, "algebra", "law", "virology", "π"]), max_size=60)
SEEDS = st.integers(0, 5)


def cases(strata: list[str | None]) -> list[Case]:
    return [Case(f"main-{number}", (), None, stratum=stratum) for number, stratum in enumerate(strata)]


@given(STRATA, st.integers(1, 70), SEEDS)
def test_takes_n_or_all(strata: list[str | None], n: int, seed: int) -> None:
    assert len(limit(cases(strata), n, seed)) == min(n, len(strata))


@given(STRATA, st.integers(1, 70), SEEDS)
def test_each_stratum_is_within_one_case_of_its_exact_share(strata: list[str | None], n: int, seed: int) -> None:
    taken = Counter(case.stratum for case in limit(cases(strata), n, seed))
    for stratum, size in Counter(strata).items():
        exact = min(n, len(strata)) * size / len(strata)
        assert abs(taken[stratum] - exact) < 1
        assert taken[stratum] <= size


@given(STRATA, st.integers(1, 70), SEEDS)
def test_keeps_the_original_order(strata: list[str | None], n: int, seed: int) -> None:
    every = cases(strata)
    places = [every.index(case) for case in limit(every, n, seed)]
    assert places == sorted(places)


@given(STRATA, st.integers(1, 70), SEEDS, st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order_of_the_cases(
    strata: list[str | None], n: int, seed: int, shuffler: random.Random
) -> None:
    shuffled = cases(strata)
    shuffler.shuffle(shuffled)
    assert set(limit(shuffled, n, seed)) == set(limit(cases(strata), n, seed))


def test_the_choice_is_fixed_for_good() -> None:
    every = cases(["algebra"] * 6 + ["law"] * 3 + ["virology"])
    # shares 2.4, 1.2, 0.4; of the equal remainders, and within a stratum, `printf 0:NAME | sha256sum` decides
    assert [case.id for case in limit(every, 4, seed=0)] == ["main-2", "main-5", "main-7", "main-9"]


def test_another_seed_chooses_other_cases() -> None:
    every = cases([None] * 1000)
    first, second = ({case.id for case in limit(every, 100, seed)} for seed in (0, 1))
    assert len(first & second) < 30  # hypergeometric: mean 10, standard deviation 2.9


def test_none_is_everything() -> None:
    assert limit(cases([None] * 3), None, 0) == tuple(cases([None] * 3))


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^limit: 0; expected a positive number of cases$"):
        limit(cases([None] * 3), 0, 0)


@pytest.mark.parametrize(("text", "expected"), [("8", 8), (" 12 ", 12), ("all", None), ("ALL", None)])
def test_parse_limit(text: str, expected: int | None) -> None:
    assert parse_limit(text) == expected


@pytest.mark.parametrize("text", ["0", "-3", "1.5", "", "some", "²", "٣"])
def test_parse_limit_refuses_what_is_no_count(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--limit: found '.*'; expected a positive number of cases, or all$"):
        parse_limit(text)


@pytest.mark.parametrize(
    ("value", "share"),
    [("2%", "1/50"), ("2 %", "1/50"), ("0.02", "1/50"), (0.02, "1/50"), ("100%", "1"), ("1", "1"), (1, "1")],
)
def test_a_share_is_read_exactly(value: str | float, share: str) -> None:
    assert parse_share(value) == Fraction(share)
    assert parse_share(None) is None


@pytest.mark.parametrize("value", ["0", "0%", "101%", "1.01", "-2%", "two", "nan", "inf", "1/0", "", "%"])
def test_a_share_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match=r"^--certify: found .*; expected a share above 0 % and up to 100 %, as 2% or"):
        parse_share(value)


@pytest.mark.parametrize(("share", "size", "taken"), [("1/50", 1, 1), ("7/100", 100, 7), ("1/3", 10, 4), ("1", 10, 10)])
def test_a_share_is_rounded_up(share: str, size: int, taken: int) -> None:
    assert len(share_of(cases([None] * size), Fraction(share), seed=0)) == taken
