"""Every pair, benchmark and metric: paired numbers by the cases' own clusters, corrected for all that is shown."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy.stats import binom
from scipy.stats import false_discovery_control

from harness.compare.compare import compare
from harness.compare.results import Flips
from harness.compare.system import CaseScores
from harness.compare.system import System
from harness.compare.table import Choice
from harness.errors import StoreError
from harness.errors import UsageError
from harness.statistics import Design
from harness.statistics import Draws
from harness.statistics import paired
from harness.statistics.bounded import BoundedMean
from harness.statistics.detectable import detectable_drop

QUICK = Choice(draws=Draws(resamples=200))
OLD, NEW = "++++++--------------", "+++----+++++++++++--"


def named(runs):
    """The only system of each run, under the next letter."""
    return [run.system(name) for run, name in zip(runs, "ABCD", strict=False)]


def pair(make, verdicts, **changes):
    runs = [make("a", tins=verdicts(OLD)), make("b", tins=verdicts(NEW))]
    for name, labels in changes.items():
        for run in runs:
            getattr(run, name).update({("tins", str(place)): label for place, label in enumerate(labels)})
    return named(runs)


def test_the_difference_is_the_second_less_the_first(make, verdicts):
    (only,) = compare(pair(make, verdicts)).results
    assert (only.first, only.second, only.benchmark, only.column.title) == ("A", "B", "tins", "acc")
    assert only.paired.values == (14 / 20, 6 / 20)
    assert only.paired.difference == pytest.approx(0.4)
    assert (only.paired.wins, only.paired.losses, only.paired.ties) == (11, 3, 6)


def test_p_is_mcnemars_mid_p(make, verdicts):
    (only,) = compare(pair(make, verdicts)).results
    # Fagerland, Lydersen and Laake 2013: the exact conditional p less the probability of what was seen
    expected = 2 * binom.cdf(3, 14, 0.5) - binom.pmf(3, 14, 0.5)
    assert only.paired.p == pytest.approx(expected, rel=1e-12)
    assert only.p_corrected == only.paired.p


def test_the_detectable_difference_is_that_of_the_level_in_force(make, verdicts):
    """One comparison is decided at .05; of two the stricter at .025, which asks for more (statistics/detectable)."""
    (only,) = compare(pair(make, verdicts)).results
    lost, won, same = (float(count) for count in (only.paired.losses, only.paired.wins, only.paired.ties))
    differences = BoundedMean(np.array([-1.0, 1.0, 0.0]), np.ones(3), np.array([lost, won, same]), (-1.0, 1.0))
    assert only.detectable == pytest.approx(detectable_drop(differences, 0.95))
    old, new = (
        make(name, **{page: verdicts(text) for page in ("tins", "cups")}).system(letter)
        for name, text, letter in (("old", OLD, "A"), ("new", NEW, "B"))
    )
    both = compare([old, new]).results
    assert [one.detectable for one in both] == pytest.approx([detectable_drop(differences, 0.975)] * 2)


def test_verdicts_in_one_run_and_shares_in_the_other_are_both_means(make, verdicts):
    """An import tells proportions by the scores it finds, so two of one metric may differ in it."""
    rights = verdicts("+++---" * 5)
    shares = dict.fromkeys(rights, (0.5, 1.0))
    old = make("old", tins=rights).system("A")
    new = make("new", {"toy": {"tins": shares}}, {"tins": {"acc": "share"}}).system("B")
    (only,) = compare([old, new]).results
    assert (only.column.reducer, only.paired.difference, only.paired.method) == ("mean", 0.0, "gaffke")


def test_flips_are_the_cases_that_one_alone_has_right(make, verdicts):
    (only,) = compare(pair(make, verdicts)).flips
    assert only == Flips("A", "B", "tins", "acc", ("3", "4", "5"), tuple(map(str, range(7, 18))))


def test_swapping_the_runs_turns_every_sign(make, verdicts):
    systems = pair(make, verdicts)
    (there,), (back,) = compare(systems).results, compare(systems[::-1]).results
    assert back.paired.difference == pytest.approx(-there.paired.difference)
    assert (back.paired.low, back.paired.high) == pytest.approx((-there.paired.high, -there.paired.low))
    assert (back.paired.wins, back.paired.losses) == (there.paired.losses, there.paired.wins)
    assert back.paired.p == pytest.approx(there.paired.p)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_a_run_against_itself_has_no_difference(rights):
    facts = {
        "version": 1,
        "metrics": [{"name": "acc", "reducer": "proportion", "signature": "-", "higher_is_better": True}],
    }
    cases = {
        str(place): CaseScores("measured", "x", stats={"acc": (float(right), 1.0)})
        for place, right in enumerate(rights)
    }
    one = System("A", "toy", "a", {"benchmarks": {"tins": facts}, "models": {}}, {"tins": cases})
    (only,) = compare([one, replace(one, name="B")], QUICK).results
    assert (only.paired.difference, only.paired.p, only.p_corrected) == (0, 1, 1)
    assert (only.paired.wins, only.paired.losses, only.paired.ties) == (0, 0, len(rights))


def test_clusters_are_those_of_the_cases(make, verdicts):
    labels = [f"passage {place // 2}" for place in range(20)]
    (only,) = compare(pair(make, verdicts, clusters=labels)).results
    tables = [np.array([(letter == "+", 1) for letter in text]) for text in (NEW, OLD)]
    assert only.paired == paired(*tables, "proportion", Design(labels))
    assert (only.paired.clusters, only.paired.p_mcnemar) == (10, None)


def test_strata_give_a_mean_over_them_that_is_not_shown_first(make, verdicts):
    systems = pair(make, verdicts, strata=["a"] * 15 + ["b"] * 5)
    micro, macro = compare(systems).results
    assert (micro.column.title, macro.column.title) == ("acc", "macro acc")
    assert macro.paired.values == pytest.approx(((11 / 15 + 3 / 5) / 2, (6 / 15 + 0 / 5) / 2))
    assert (micro.is_shown, macro.is_shown, macro.p_corrected) == (True, False, None)


def test_whole_strata_are_drawn_where_that_is_generalised_over(make, verdicts):
    labels = [f"subject {place % 10}" for place in range(20)]
    runs = [make("a", tins=verdicts(OLD)), make("b", tins=verdicts(NEW))]
    for run in runs:
        run.strata.update({("tins", str(place)): label for place, label in enumerate(labels)})
        run.manifest["benchmarks"]["tins"]["strata"] = "subject"
    systems = named(runs)
    assert [one.paired.clusters for one in compare(systems).results] == [20, 20]
    assert [one.paired.clusters for one in compare(systems, Choice(over="subject")).results] == [10, 10]
    runs[0].manifest["generalise_over"] = "subject"
    assert compare([runs[0].system("A"), systems[1]]).results[0].paired.clusters == 10


def test_a_word_that_no_benchmark_has_is_one_sentence(make, verdicts):
    with pytest.raises(UsageError, match=r"^--generalise-over: found 'subject'; expected cases$"):
        compare(pair(make, verdicts), Choice(over="subject"))


def several(make, verdicts):
    texts = {"tins": (OLD, NEW), "cups": (OLD, OLD), "jars": ("+---------", "++--------"), "pots": (NEW, OLD)}
    runs = [make(name, **{key: verdicts(text[side]) for key, text in texts.items()}) for side, name in enumerate("ab")]
    return named(runs)


def test_holm_corrects_for_all_benchmarks(make, verdicts):
    found = compare(several(make, verdicts))
    raw = [one.paired.p for one in found.results]
    # Holm 1979: the smallest p times m, the next times m - 1 and no smaller than the one before, at most 1
    order, expected, least = np.argsort(raw, kind="stable"), {}, 0.0
    for rank, place in enumerate(order):
        least = expected[place] = min(1.0, max(least, raw[place] * (len(raw) - rank)))
    assert [one.p_corrected for one in found.results] == pytest.approx([expected[place] for place in range(4)])
    assert found.family == 4


def test_benjamini_hochberg_by_option_as_scipy_has_it(make, verdicts):
    found = compare(several(make, verdicts), Choice(correction="bh"))
    raw = [one.paired.p for one in found.results]
    assert [one.p_corrected for one in found.results] == pytest.approx(list(false_discovery_control(raw)), rel=1e-12)


TWO = {"acc": "proportion", "f1": "f1"}


def two_metrics(make):
    def scores(text):
        return {
            str(place): (letter == "+", (1, 0, 0) if letter == "+" else (0, 1, 1)) for place, letter in enumerate(text)
        }

    return [make(name, {"toy": {"tins": scores(text)}}, {"tins": TWO}) for name, text in (("a", OLD), ("b", NEW))]


@pytest.mark.parametrize(
    ("metrics", "shown"), [((), ["acc"]), (("f1",), ["f1"]), (("acc", "f1"), ["acc", "f1"]), (("all",), ["acc", "f1"])]
)
def test_what_is_shown_is_what_is_corrected_for(make, metrics, shown):
    systems = named(two_metrics(make))
    found = compare(systems, replace(QUICK, metrics=metrics))
    assert [one.column.metric for one in found.results] == ["acc", "f1"]
    assert [one.column.metric for one in found.results if one.is_shown] == shown
    assert [one.column.metric for one in found.results if one.p_corrected is not None] == shown


def test_the_recipes_headline_comes_before_the_first_metric(make):
    runs = two_metrics(make)
    runs[1].manifest["recipe"]["metrics"] = {"tins": "f1"}
    found = compare(named(runs), QUICK)
    assert [one.column.metric for one in found.results if one.is_shown] == ["f1"]


def test_a_headline_may_be_the_mean_over_strata(make, verdicts):
    systems = pair(make, verdicts, strata=["a", "b"] * 10)
    manifest = {**systems[0].manifest, "recipe": {"name": "own", "metrics": {"tins": "macro acc"}}}
    found = compare([replace(systems[0], manifest=manifest), systems[1]], QUICK)
    assert [one.column.title for one in found.results if one.is_shown] == ["macro acc"]


def test_a_metric_that_there_is_not_is_one_sentence(make):
    systems = named(two_metrics(make))
    with pytest.raises(UsageError, match=r"^--metric: found 'bleu'; expected all or one of acc, f1$"):
        compare(systems, replace(QUICK, metrics=("bleu",)))


def test_a_metric_of_another_reducer_is_not_compared_and_said(make):
    runs = two_metrics(make)
    runs[1].manifest["benchmarks"]["tins"]["metrics"][1]["reducer"] = "mean"
    found = compare(named(runs), QUICK)
    assert [one.column.metric for one in found.results] == ["acc"]
    assert found.notes == ("tins: f1: not compared, as A and B differ in it",)


def test_lower_is_better_decides_who_wins_not_the_sign(make):
    runs = [
        make(
            name,
            {"toy": {"tins": {str(row): (-value - row / 9, 1) for row in range(12)}}},
            {"tins": {"ppl": "perplexity"}},
        )
        for name, value in (("a", 1.0), ("b", 2.0))
    ]
    (only,) = compare(named(runs), QUICK).results
    assert only.paired.difference > 0
    assert (only.paired.wins, only.paired.losses) == (0, 12)
    assert not compare(named(runs), QUICK).flips


def test_benchmarks_that_one_run_alone_has_are_said(make, verdicts):
    runs = [make("a", tins=verdicts("+-"), cups=verdicts("+")), make("b", tins=verdicts("++"), jars=verdicts("+"))]
    found = compare(named(runs), QUICK)
    assert [one.benchmark for one in found.results] == ["tins"]
    assert found.notes == ("only in A: cups", "only in B: jars")


def test_other_clusters_are_said(make, verdicts):
    runs = [make("a", tins=verdicts(OLD)), make("b", tins=verdicts(NEW))]
    for number in range(20):
        runs[0].clusters["tins", str(number)] = f"passage {number // 2}"
    found = compare(named(runs), QUICK)
    assert found.results[0].paired.clusters == 10
    assert found.notes == ("tins: cases are resampled in the clusters of A; B has others",)


@pytest.mark.parametrize("other", [{"cups": {"0": True}}, {"tins": {"9": True}}, {"tins": {"0": "refused"}}])
def test_runs_without_a_scored_case_in_common_are_one_sentence(make, verdicts, other):
    systems = [make("a", tins=verdicts("+")).system("A"), make("b", **other).system("B")]
    with pytest.raises(UsageError, match=r"a and .*b: no scored case in common; expected runs of the same benchmark"):
        compare(systems)


def test_statistics_that_are_none_name_run_benchmark_and_metric(make):
    runs = [make(name, tins={"0": (0.5, 1)}) for name in ("a", "b")]
    with pytest.raises(
        StoreError, match=r"a, .*b: tins acc: stats: found other values than 0 and 1 .*crosstask rescore"
    ):
        compare(named(runs))


def test_three_systems_are_paired_each_with_each_and_ranked(make, verdicts):
    good, fair, poor = "+" * 38 + "--", "+" * 20 + "-" * 20, "-+" * 10 + "+" * 8 + "-" * 12
    systems = [
        make(name.lower(), tins=verdicts(text)).system(name)
        for name, text in zip("ABC", (poor, good, fair), strict=True)
    ]
    found = compare(systems)
    assert [(one.first, one.second) for one in found.results] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert found.family == 3
    (ranked,) = found.rankings
    assert ranked.systems == ("A", "B", "C")
    assert [(one.rank, one.best, one.worst) for one in ranked.ranking.ranks] == [(3, 2, 3), (1, 1, 1), (2, 2, 3)]
    assert ranked.ranking.groups == ((1,), (2, 0))


def test_two_systems_are_not_ranked(make, verdicts):
    assert compare(pair(make, verdicts)).rankings == ()


def test_a_ranking_is_over_the_cases_that_all_have(make, verdicts):
    texts = {"A": verdicts("+" * 30), "B": verdicts("-" * 25), "C": verdicts("+-" * 15)}
    systems = [make(name.lower(), tins=cases).system(name) for name, cases in texts.items()]
    found = compare(systems, QUICK)
    assert [one.paired.n for one in found.results] == [25, 30, 25]
    assert found.rankings[0].ranking.n == 25
