"""Samples, temperatures and k: what is asked of a case, and what is refused."""

import pytest

from harness.cases.sampling import Sampling
from harness.cases.sampling import check_greedy
from harness.cases.sampling import parse_ks
from harness.cases.sampling import parse_samples
from harness.cases.sampling import parse_temperatures
from harness.cases.sampling import parse_top_p
from harness.cases.sampling import samples_of
from harness.core import Case
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import Trial
from harness.errors import UsageError

WRITTEN = Case("a", (Generate("say"),), "x")
TRIED = Case("b", (Generate("write"),), None, trial=Trial("python", "continuation"))
CHOSEN = Case("c", (LogLikelihood((("a", "b"),)),), 0)


def test_samples_are_of_cases_whose_answers_are_run():
    wish = Sampling(20, (0.8,), 0.95)
    (tried,), (written,) = wish.variants(TRIED), wish.variants(WRITTEN)
    assert tried.requests == (Generate("write", samples=20, temperature=0.8, top_p=0.95),)
    assert written.requests == (Generate("say", temperature=0.8, top_p=0.95),)
    assert (tried.id, tried.tags, tried.cluster) == ("b", (), None)
    assert samples_of([tried, written]) == 20
    assert samples_of([written]) == 0


def test_each_temperature_is_a_case_of_one_cluster():
    found = Sampling(temperatures=(0.2, 1.0)).variants(WRITTEN)
    assert [(one.id, one.tags, one.cluster) for one in found] == [
        ("a-t0.2", ("temperature:0.2",), "a"),
        ("a-t1", ("temperature:1",), "a"),
    ]


@pytest.mark.parametrize("case", [WRITTEN, TRIED, CHOSEN])
def test_nothing_wished_changes_nothing(case):
    assert Sampling().variants(case) == (case,)


def test_what_is_not_generated_has_no_temperature():
    assert Sampling(5, (0.2, 0.8)).variants(CHOSEN) == (CHOSEN,)


@pytest.mark.parametrize(("samples", "ks"), [(1, (1,)), (9, (1,)), (10, (1, 10)), (200, (1, 10, 100))])
def test_the_k_are_those_there_are_samples_for(samples, ks):
    assert Sampling().ks_of("toy", samples) == ks
    assert Sampling(ks=(1,)).ks_of("toy", samples) == (1,)


def test_a_k_above_the_samples_is_refused():
    with pytest.raises(UsageError, match="--k: found 10, but 5 samples a case of toy; expected --samples 10 or more"):
        Sampling(ks=(1, 10)).ks_of("toy", 5)


def test_greedy_samples_are_refused():
    with pytest.raises(UsageError, match="--samples: found 4 samples of toy at temperature 0, all the same; expected"):
        check_greedy("toy", Sampling(4).variants(TRIED))
    check_greedy("toy", Sampling(4, (0.2,)).variants(TRIED))


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_samples, 20, 20),
        (parse_samples, "20", 20),
        (parse_temperatures, 0.8, (0.8,)),
        (parse_temperatures, "0.2, 0.8", (0.2, 0.8)),
        (parse_top_p, "0.95", 0.95),
        (parse_ks, "100,1,10,1", (1, 10, 100)),
        (parse_ks, 5, (5,)),
    ],
)
def test_what_is_read(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_samples, "none", "--samples: found 'none'; expected a whole number from 1"),
        (parse_temperatures, "0.2,0.2", "--temperature: found '0.2,0.2'; expected different numbers from 0, as 0.8 or"),
        (parse_temperatures, "nan", "--temperature: found 'nan'"),
        (parse_temperatures, "-1", "--temperature: found '-1'"),
        (parse_top_p, "0", "--top-p: found '0'; expected a number above 0, up to 1"),
        (parse_top_p, 1.5, "--top-p: found 1.5"),
        (parse_ks, "1,0", "--k: found '1,0'; expected whole numbers from 1, as 1,10,100"),
    ],
)
def test_what_cannot_be_read(parse, text, message):
    with pytest.raises(UsageError, match=message):
        parse(text)
