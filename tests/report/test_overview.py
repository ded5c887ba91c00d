"""The first screen: one number a benchmark, what is wrong, and who is ahead."""

import pytest

from harness.report.areas import areas
from harness.report.overview import Lead
from harness.report.overview import Standing
from harness.report.overview import faults
from harness.report.overview import leader
from harness.report.overview import means
from harness.report.overview import rows
from harness.report.overview import standings
from harness.report.summary import summarise
from harness.results.folder import read_run


def result(**changes):
    """Of the second of two models on a benchmark: better by more than chance."""
    known = {"first": "old", "second": "new", "benchmark": "a", "difference": 0.2, "p_corrected": 0.01, "level": 0.95}
    return known | {"higher_is_better": True, "is_shown": True} | changes


def screen(folder, models):
    summary = summarise(read_run(folder.write()))
    return rows(summary, areas(summary, ["tins", "moons"]), models)


@pytest.mark.parametrize(
    ("changes", "ahead"),
    [
        ({}, "new"),
        ({"difference": -0.2}, "old"),
        ({"higher_is_better": False}, "old"),
        ({"p_corrected": 0.05}, None),
        ({"p_corrected": None}, None),
        ({"difference": 0.0}, None),
    ],
)
def test_who_is_ahead_is_so_by_more_than_chance(changes, ahead):
    assert leader(result(**changes)) == ahead


def test_a_pair_stands_by_the_metrics_whose_p_is_corrected():
    results = [
        result(),
        result(benchmark="b", difference=-0.3),
        result(benchmark="c", p_corrected=1.0),
        result(is_shown=False),
    ]
    assert standings({"results": results}) == [Standing("old", "new", ("a",), ("b",), 1)]
    assert standings(None) == []


def test_each_benchmark_has_one_number_a_model_and_who_leads(folder):
    folder.add_model("other", {f"tin-{row}": " 9" for row in range(12)})
    (_, (tins,)), (_, (moons,)) = screen(folder, ["toy", "other"])
    assert [cell.estimate["value"] for cell in tins.cells] == [1.0, 0.0]
    assert tins.leads == (Lead("toy", ("other",)),)
    assert moons.leads == ()
    assert (tins.n, tins.is_whole) == ("12", True)


def test_a_model_that_was_not_asked_has_no_number(folder):
    folder.add_model("other", {})
    folder.manifest["planned"]["other"] = {"moons": folder.manifest["planned"]["toy"]["moons"]}
    (_, (tins,)), _ = screen(folder, ["toy", "other"])
    assert tins.cells[1] is None


def test_what_is_wrong_is_said_by_kind_the_worst_first(folder):
    folder.drop("tin-4")
    folder.change("tin-0", status="error", reason="it broke", scores=())
    by_area = screen(folder, ["toy"])
    assert [(fault.count, fault.what, fault.where, fault.show) for fault in faults(by_area)] == [
        ("1 case", "ended in an error", "tins 1", "error"),
        ("1 case", "did not run", "tins 1", "not_run"),
    ]
    assert (by_area[0][1][0].n, by_area[0][1][0].is_whole) == ("10/12", False)


def test_an_area_of_several_benchmarks_has_a_mean_a_model():
    two, one = ["a", "b"], ["c"]
    areas = [
        {
            "area": "code",
            "means": [
                {"model": "old", "value": 41.25, "low": 30.0, "high": 52.04, "benchmarks": two},
                {"model": "new", "value": 50.0, "low": None, "high": None, "benchmarks": two},
                {"model": "none", "value": None, "low": None, "high": None, "benchmarks": []},
            ],
        },
        {"area": "math", "means": [{"model": "old", "value": 1.0, "low": 0.0, "high": 2.0, "benchmarks": one}]},
    ]
    shown = means({"areas": areas}, ["new", "old", "none"])
    assert shown == {"code": ("50.0", "41.2 [30.0, 52.0]", "")}
