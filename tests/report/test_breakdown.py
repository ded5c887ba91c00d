"""A score in parts: means over strata and values within groups, by hand."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Record
from harness.core import Score
from harness.errors import UsageError
from harness.report.breakdown import Estimator
from harness.report.breakdown import with_cutoff
from harness.results.population import check_word
from harness.statistics import estimate
from harness.statistics import wilson


def scored(*cases, clusters=None):
    """(right, stratum, tags) of each case as records and scores."""
    return [
        (
            Record(
                "toy",
                "tins",
                1,
                f"tins-{number}",
                "node",
                1,
                "measured",
                "d",
                None,
                stratum=stratum,
                tags=tags,
                cluster=clusters[number] if clusters else None,
            ),
            Score("acc", (float(right), 1.0), "correct" if right else "wrong"),
        )
        for number, (right, stratum, tags) in enumerate(cases)
    ]


TINS = scored(
    (True, "sizes", ("level:10",)),
    (True, "sizes", ("level:2", "old")),
    (False, "sizes", ("level:2",)),
    (True, "sizes", ()),
    (False, "colours", ("level:2", "colour:red", "colour:blue")),
    (False, "colours", ("colour:red",)),
)
ESTIMATOR = Estimator("proportion", "subject")


def values(breakdown):
    return {one["group"]: (one["estimate"]["value"], one["n"]) for one in breakdown["groups"]}


def test_micro_counts_every_case_alike_and_macro_every_stratum():
    assert ESTIMATOR.micro(TINS).value == pytest.approx(3 / 6)
    assert ESTIMATOR.macro(TINS).value == pytest.approx((3 / 4 + 0) / 2)


def test_each_stratum_is_a_group_with_wilsons_interval():
    first = ESTIMATOR.breakdowns(TINS)[0]
    assert first["by"] == "subject"
    assert values(first) == {"colours": (0.0, 2), "sizes": (0.75, 4)}
    sizes = first["groups"][1]["estimate"]
    assert (sizes["low"], sizes["high"], sizes["method"]) == (*wilson(3, 4), "wilson")


def test_tags_with_a_key_are_groups_in_the_order_of_their_numbers():
    _, level, colour = ESTIMATOR.breakdowns(TINS)
    assert (level["by"], list(values(level).items())) == ("level", [("2", (1 / 3, 3)), ("10", (1.0, 1))])
    assert (colour["by"], values(colour)) == ("colour", {"blue": (0.0, 1), "red": (0.0, 2)})


def test_a_tag_under_the_word_for_strata_names_the_stratum_once():
    cases = scored(*((True, language, (f"language:{language}",)) for language in ("de", "sw", "sw")))
    (only,) = Estimator("proportion", "language").breakdowns(cases)
    assert values(only) == {"de": (1.0, 1), "sw": (1.0, 2)}


def test_strata_without_a_word_are_called_so():
    assert Estimator("proportion").breakdowns(TINS)[0]["by"] == "stratum"


def test_cases_without_groups_have_no_parts():
    plain = scored((True, None, ("excluded by ours 1",)), (False, None, ()))
    assert (ESTIMATOR.macro(plain), ESTIMATOR.breakdowns(plain)) == (None, [])
    assert (ESTIMATOR.macro([]), ESTIMATOR.breakdowns([]), ESTIMATOR.micro([]).value) == (None, [], None)


def test_where_a_case_has_no_stratum_there_is_no_mean_over_strata():
    some = [*TINS, *scored((True, None, ()))]
    assert ESTIMATOR.macro(some) is None
    assert values(ESTIMATOR.breakdowns(some)[0]) == {"colours": (0.0, 2), "sizes": (0.75, 4)}


def many(strata, each):
    """Cases of which the first stratum knows none, the last all: strata differ more than cases do."""
    return scored(
        *((case < each * number / strata, f"s{number}", ()) for number in range(strata) for case in range(each))
    )


def test_what_is_generalised_over_is_drawn():
    cases = many(12, 40)
    over = Estimator("proportion", "subject", "subject")
    by_cases, by_strata = ESTIMATOR.micro(cases), over.micro(cases)
    assert (by_cases.clusters, by_strata.clusters) == (480, 12)
    assert by_cases.value == by_strata.value
    assert by_strata.high - by_strata.low > 2 * (by_cases.high - by_cases.low)
    labels = [record.stratum for record, _ in cases]
    stats = [score.stats for _, score in cases]
    assert by_strata == estimate(stats, "proportion", labels)
    assert over.macro(cases) == estimate(stats, "proportion", strata=labels, average="macro", resample="strata")
    assert over.breakdowns(cases) == ESTIMATOR.breakdowns(cases)


def test_a_word_of_another_benchmark_changes_nothing():
    assert Estimator("proportion", "language", "subject").micro(TINS) == ESTIMATOR.micro(TINS)


def test_groups_of_a_tag_draw_whole_strata_too():
    cases = scored(*((case < number, f"s{number}", ("level:1",)) for number in range(12) for case in range(12)))
    _, level = Estimator("proportion", "subject", "subject").breakdowns(cases)
    assert level["groups"][0]["estimate"]["clusters"] == 12


def test_a_group_is_judged_by_its_own_clusters():
    problems = [f"problem-{number}" for number in range(12)] * 2
    cases = scored(*((True, language, ()) for language in ("de", "sw") for _ in range(12)), clusters=problems)
    languages = Estimator("proportion", "language")
    assert languages.micro(cases).clusters == 12
    assert [one["estimate"]["method"] for one in languages.breakdowns(cases)[0]["groups"]] == ["wilson", "wilson"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), min_size=1, max_size=40))
def test_the_parts_make_the_whole(found):
    cases = scored(*((right, stratum, ()) for right, stratum in found))
    groups = ESTIMATOR.breakdowns(cases)[0]["groups"]
    assert sum(one["n"] for one in groups) == len(found)
    shares = [one["estimate"]["value"] for one in groups]
    assert ESTIMATOR.macro(cases).value == pytest.approx(np.mean(shares))
    right = sum(Fraction(one["estimate"]["value"]).limit_denominator(40) * one["n"] for one in groups)
    assert ESTIMATOR.micro(cases).value == pytest.approx(float(right / len(found)))


def test_an_unknown_word_names_the_known_ones():
    check_word("cases", [None])
    check_word("subject", [None, "language", "subject"])
    with pytest.raises(UsageError, match=r"^--generalise-over: found 'topic'; expected cases or language or subject$"):
        check_word("topic", [None, "language", "subject", "language"])
    with pytest.raises(UsageError, match=r"^--generalise-over: found 'subject'; expected cases$"):
        check_word("subject", [None])


def test_months_after_a_cutoff_are_told():
    dated = scored(*((True, "sizes", (f"month:{month}", "level:2")) for month in ("2023-02", "2023-03", "2023-04")))
    found = ESTIMATOR.breakdowns(dated)
    assert with_cutoff(found, None) == found
    for cutoff in ("2023-03", "2023-03-15"):
        subject, months, level = with_cutoff(found, cutoff)
        assert [(part["group"], part["after_cutoff"]) for part in months["groups"]] == [
            ("2023-02", False),
            ("2023-03", False),
            ("2023-04", True),
        ]
        assert [subject, level] == [found[0], found[2]]
