"""How many cases a difference takes: normal theory against scipy's, from two runs or an assumption about one."""

import math

import pytest
from scipy.stats import norm

from harness.compare.planning import lines
from harness.compare.planning import needs
from harness.compare.table import Choice
from harness.errors import UsageError
from harness.printing.numbers import NOTHING

OLD, NEW = "+" * 60 + "-" * 40, "+" * 50 + "-" * 30 + "+" * 20
REACH = norm.isf(0.025) + norm.isf(0.2)
STANDARD = Choice()


def two(make, verdicts, cases=3270):
    runs = [make("old", tins=verdicts(OLD)), make("new", tins=verdicts(NEW))]
    for run in runs:
        run.manifest["benchmarks"]["tins"]["cases"] = cases
    return [run.system(name) for run, name in zip(runs, "AB", strict=True)]


def test_two_runs_tell_by_the_cases_on_which_they_differ(make, verdicts):
    (found,) = needs(two(make, verdicts), 10.0, STANDARD)
    # Bonett and Price 2012: one pair more of either kind
    first, second, pairs = 21 / 102, 11 / 102, 102
    error = math.sqrt((first + second - (first - second) ** 2) / pairs)
    assert (found.n, found.discordance) == (100, 0.3)
    assert found.detectable == pytest.approx(REACH * error, rel=1e-9)
    assert found.needed == math.ceil(100 * (REACH * error / 0.10) ** 2)


def test_one_run_is_taken_to_meet_another_that_errs_independently(make, verdicts):
    (found,) = needs(two(make, verdicts)[:1], 10.0, STANDARD)
    assert found.discordance == pytest.approx(2 * 0.6 * 0.4)
    # two independent shares of .6 in 100 cases each; the error is that of Wilson's interval, a little narrower
    assert found.detectable == pytest.approx(REACH * math.sqrt(2 * 0.6 * 0.4 / 100), rel=0.03)


def test_all_the_cases_there_are_detect_less(make, verdicts):
    (found,) = needs(two(make, verdicts, cases=400), 10.0, STANDARD)
    assert found.at_most == pytest.approx(found.detectable / 2)


@pytest.mark.parametrize(("cases", "enough"), [(100_000, True), (100, False), (None, None)])
def test_a_benchmark_has_so_many_cases_or_not(make, verdicts, cases, enough):
    (found,) = needs(two(make, verdicts, cases), 2.0, STANDARD)
    assert found.is_enough is enough


def test_half_the_difference_takes_four_times_the_cases(make, verdicts):
    systems = two(make, verdicts)
    (wide,), (narrow,) = needs(systems, 2.0, STANDARD), needs(systems, 1.0, STANDARD)
    assert narrow.needed == pytest.approx(4 * wide.needed, abs=4)


def test_a_point_of_bleu_is_one_of_a_hundred(make):
    sums = {str(row): (9, 9, 5 + row % 4, 3, 2, 1, 9, 8, 7, 6) for row in range(40)}
    system = make("run", {"toy": {"lines": sums}}, {"lines": {"bleu": "bleu"}}).system("A")
    (found,) = needs([system], 1.0, STANDARD)
    assert found.discordance is None
    assert found.needed == math.ceil(40 * found.detectable**2)


def test_where_no_error_is_known_nothing_is_claimed(make):
    sums = {str(row): (9, 9, 5, 3, 2, 1, 9, 8, 7, 6) for row in range(4)}
    system = make("run", {"toy": {"lines": sums}}, {"lines": {"bleu": "bleu"}}).system("A")
    (found,) = needs([system], 1.0, STANDARD)
    assert (found.detectable, found.needed, found.at_most, found.is_enough) == (None,) * 4


def test_cases_without_a_score_are_not_counted(make, verdicts):
    system = make("run", tins={**verdicts("+-" * 10), "20": "refused"}, cups={"0": "error"}).system("A")
    assert [(one.benchmark, one.n) for one in needs([system], 1.0, STANDARD)] == [("tins", 20)]


def test_three_models_or_none_scored_are_one_sentence(make, verdicts):
    three = make("run", {name: {"tins": verdicts("+-")} for name in ("one", "two", "three")}).systems()
    with pytest.raises(UsageError, match=r"^plan: found 3 models; expected one run of one model, or two to compare$"):
        needs(three, 1.0, STANDARD)
    with pytest.raises(UsageError, match=r"^plan: found no scored case; expected a run with scores$"):
        needs([make("none", tins={"0": "refused"}).system("A")], 1.0, STANDARD)


def test_the_text_says_what_it_takes_and_on_which_assumption(make, verdicts):
    systems = two(make, verdicts)
    text = lines(needs(systems, 1.0, STANDARD), 1.0, systems)
    assert text[0] == "To find a difference of 1 pt four times of five, at a two-sided level of .05:"
    (row,) = [line.split() for line in text if line.startswith("tins")]
    (found,) = needs(systems, 1.0, STANDARD)
    assert row == ["tins", "acc", "100", "30.0", "%", "15.3", f"{found.needed:,}", "3,270", "2.7", "no"]
    assert text[-1].startswith("From the cases on which toy (")
    one = lines(needs(systems[:1], 1.0, STANDARD), 1.0, systems[:1])
    assert "another is assumed to score the same and to err independently" in one[-2]


def test_what_is_not_known_is_a_dash(make, verdicts):
    systems = two(make, verdicts, cases=None)
    (row,) = [line.split() for line in lines(needs(systems, 1.0, STANDARD), 1.0, systems) if line.startswith("tins")]
    assert row[-3:] == [NOTHING] * 3
