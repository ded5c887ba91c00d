"""Which strata differ on the problems that all of them have: languages solved alike, and one that is not."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import harness
from harness.core import Record
from harness.core import Score
from harness.report.between import between
from harness.report.between import sentence
from harness.report.html import write_html
from harness.report.summary import summarise
from harness.report.terminal import View
from harness.report.terminal import table
from harness.results.folder import read_run
from harness.statistics import ranking
from harness.statistics.reducers import CONTRAST

SCHEMA = Path(harness.__file__).with_name("schemas") / "summary.schema.json"


def scored(solved, problems=40, often=1):
    """Records and scores of {language: the numbers of the problems it solves}, or of (those, those it has)."""
    cases = []
    for language, known in solved.items():
        right, there = known if isinstance(known, tuple) else (known, range(problems))
        cases += [
            (
                Record(
                    "toy", "tins", 1, f"{language}-{number}-{time}", "node", 1, "measured", "d", None,
                    cluster=str(number), stratum=language,
                ),
                Score("acc", (float(number in right), 1.0)),
            )
            for number in there
            for time in range(often)
        ]  # fmt: skip
    return cases


EVEN, ODD, FEW = set(range(0, 40, 2)), set(range(1, 40, 2)), {0, 2}
THREE = scored({"lua": EVEN, "php": FEW, "perl": ODD})


def test_languages_that_solve_as_many_are_a_group_and_one_that_solves_few_another():
    part = between(THREE, "proportion", "language", higher_is_better=True)
    assert (part["by"], part["problems"], part["left_out"], part["level"]) == ("language", 40, [], 0.95)
    assert part["groups"] == [["lua", "perl"], ["php"]]
    assert [(pair["first"], pair["second"], pair["difference"], pair["apart"]) for pair in part["pairs"]] == [
        ("lua", "php", 0.45, True),
        ("lua", "perl", 0.0, False),
        ("php", "perl", -0.45, True),
    ]


def test_the_numbers_are_those_of_a_ranking_of_runs_on_the_same_cases():
    part = between(THREE, "proportion", "language", higher_is_better=True)
    runs = [[(float(number in right), 1.0) for number in range(40)] for right in (EVEN, FEW, ODD)]
    ranked = ranking(runs, "proportion")
    assert [(pair["low"], pair["high"], pair["p"]) for pair in part["pairs"]] == [
        (pair.low, pair.high, pair.p) for pair in ranked.pairs
    ]


def test_where_lower_is_better_the_best_is_first():
    assert between(THREE, "proportion", None, higher_is_better=False)["groups"] == [["php"], ["lua", "perl"]]
    assert between(THREE, "proportion", None, higher_is_better=False)["by"] == "stratum"


def test_a_difference_is_over_the_problems_that_all_have_and_a_stratum_with_few_is_left_out():
    cases = scored({"lua": EVEN, "php": (FEW, range(30)), "perl": (ODD, range(5))})
    part = between(cases, "proportion", "language", higher_is_better=True)
    assert (part["problems"], part["left_out"]) == (30, ["perl"])
    assert [pair["difference"] for pair in part["pairs"]] == [pytest.approx(15 / 30 - 2 / 30)]


def test_several_cases_of_a_problem_are_one_cluster():
    """Each twice, as at two temperatures: intervals are no narrower than with one."""
    once = between(THREE, "proportion", "language", higher_is_better=True)
    twice = between(
        scored({"lua": EVEN, "php": FEW, "perl": ODD}, often=2), "proportion", "language", higher_is_better=True
    )
    assert twice["problems"] == 40
    widths = np.array([[pair["high"] - pair["low"] for pair in part["pairs"]] for part in (once, twice)])
    assert np.allclose(widths[0], widths[1], rtol=0.05)


@pytest.mark.parametrize(
    ("cases", "reducer"),
    [
        ([], "proportion"),
        (scored({"lua": EVEN}), "proportion"),
        (scored({"lua": (EVEN, range(9)), "php": (FEW, range(9))}), "proportion"),
        (scored({"lua": (EVEN, range(20)), "php": (FEW, range(20, 40))}), "proportion"),
        (THREE, CONTRAST),
    ],
    ids=["nothing", "one stratum", "nine problems", "none of them shared", "a contrast of strata"],
)
def test_without_ten_shared_problems_nothing_is_compared(cases, reducer):
    assert between(cases, reducer, "language", higher_is_better=True) is None


def test_a_case_without_a_problem_or_a_stratum_is_in_no_comparison():
    cases = [(Record("toy", "tins", 1, "x", "node", 1, "measured", "d", None, stratum="lua"), Score("acc", (1.0, 1.0)))]
    assert between([*THREE, *cases], "proportion", "language", higher_is_better=True) == between(
        THREE, "proportion", "language", higher_is_better=True
    )


def test_strata_that_differ_on_every_problem_differ():
    """There is no error then, and no interval."""
    cases = scored({"lua": set(range(40)), "php": set()})
    (pair,) = between(cases, "proportion", "language", higher_is_better=True)["pairs"]
    assert (pair["low"], pair["apart"]) == (None, True)


def test_the_groups_in_a_sentence():
    part = between(THREE, "proportion", "language", higher_is_better=True)
    assert sentence({"between": {**part, "left_out": ["go", "d"]}}) == (
        "by language, groups in which no two differ by more than chance, best first: lua, perl; php (2 of 3 pairs "
        "differ, 95 % together, 40 problems; not compared: go, d)"
    )
    assert sentence({"between": None}) is None
    assert sentence({}) is None


def test_a_report_shows_the_groups_where_it_shows_the_strata(folder):
    """The terminal at the detail of strata, the page below them, the summary always."""
    folder.manifest["benchmarks"]["tins"]["strata"] = "language"
    names = [f"tin-{row}" for row in range(24)]
    folder.records += [replace(folder.tin(name, "Tin"), scores=folder.records[0].scores) for name in names[12:]]
    folder.manifest["planned"]["toy"]["tins"] = names
    for row, name in enumerate(names):
        right = Score("exact", (float(row < 12 or row == 20), 1.0))
        folder.change(name, stratum="lua" if row < 12 else "php", cluster=str(row % 12), scores=(right,))
    summary = summarise(read_run(folder.write()))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(json.dumps(summary)))
    said = "by language, groups in which no two differ by more than chance, best first: lua; php (1 of 1 pairs differ"
    for detail, there in ((2, True), (1, False)):
        assert any(f"tins: {said}" in line.text for line in table(summary, View(detail=detail))) == there
    write_html(read_run(folder.path), summary, folder.path / "report.html")
    page = (folder.path / "report.html").read_text()
    assert said in page
    assert 'pairs that differ <span class="aside">1 of 1</span>' in page
