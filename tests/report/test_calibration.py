"""What is read of records for calibration, and what stands in summary and page; the arithmetic is statistics' own."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import LogLikelihoods
from harness.printing.numbers import NOTHING
from harness.report.calibration import MEASURES
from harness.report.calibration import calibrations
from harness.report.calibration import diagrams
from harness.report.calibration import printed_measure
from harness.report.write import write_report
from harness.results.folder import read_run
from harness.results.groups import groups
from harness.statistics import calibration


def found(folder, over="cases"):
    return calibrations(groups(read_run(folder.write()))[0], over)


def values(part):
    return {one["name"]: one["estimate"]["value"] for one in part["measures"]}


def rated(*probabilities):
    size = len(probabilities)
    return (LogLikelihoods(tuple(map(math.log, probabilities)), (1,) * size, (False,) * size),)


def moons(folder, count, **changes):
    """A run of so many moons, each with its own confidence; every fourth is wrong."""
    names = [f"moon-{row}" for row in range(count)]
    folder.records = [
        folder.moon(name, target=int(row % 4 == 0), responses=rated(0.6 + row / 100, 0.4 - row / 100), **changes)
        for row, name in enumerate(names)
    ]
    folder.manifest["planned"] = {"toy": {"moons": names}}


def test_a_confidence_is_the_likeliest_choices_share(folder):
    folder.change("moon-0", responses=rated(0.92, 0.08))
    folder.change("moon-1", responses=rated(0.09, 0.91))
    folder.change("moon-2", responses=rated(0.6e-30, 0.4e-30))
    (one,) = found(folder)
    assert (one["model"], one["area"], one["benchmark"]) == ("toy", "trust", "moons")
    assert (one["planned"], one["n"], one["clusters"]) == (3, 3, 3)
    assert list(values(one["raw"])) == list(MEASURES) == list(calibration.MEASURES)
    assert values(one["raw"])["confidence"] == pytest.approx((0.92 + 0.91 + 0.6) / 3)
    assert values(one["raw"])["accuracy"] == pytest.approx(2 / 3)
    assert values(one["raw"])["ece"] == pytest.approx((0.08 + 0.91 + 0.4) / 3)
    assert [each["n"] for each in one["raw"]["equal_width"]] == [1, 2]
    assert values(one["raw"])["ece_width"] == pytest.approx((0.92 + 0.91 - 1 + 0.4) / 3)


def test_scaling_leaves_the_accuracy_and_mends_the_confidence(folder):
    moons(folder, 20)
    (one,) = found(folder)
    before, after = values(one["raw"]), values(one["scaled"])
    assert before["accuracy"] == after["accuracy"] == 0.75
    assert abs(after["confidence"] - 0.75) < abs(before["confidence"] - 0.75) + 0.05
    assert len(one["temperature"]["folds"]) == 5
    signatures = [{part["signature"] for part in one[scaling]["measures"]} for scaling in ("raw", "scaled")]
    assert all("|temperature:1" in signature for signature in signatures[0])
    assert all("temperature:cross-fitted by cluster, 5 folds, held fixed" in signature for signature in signatures[1])


def test_cases_of_one_cluster_cannot_be_held_out(folder):
    moons(folder, 12, cluster="a")
    (one,) = found(folder)
    assert (one["clusters"], one["temperature"], one["scaled"]) == (1, None, None)
    assert [each.scaled for each in diagrams([one])] == [False]


def test_strata_are_drawn_where_intervals_generalise_over_them(folder):
    moons(folder, 12)
    folder.records = [
        one if number % 2 else folder.moon(one.case, stratum="a") for number, one in enumerate(folder.records)
    ]
    folder.manifest["benchmarks"]["moons"]["strata"] = "phase"
    assert found(folder, "phase")[0]["clusters"] == 12
    moons(folder, 12, stratum="a")
    assert found(folder, "phase")[0]["clusters"] == 1
    assert found(folder)[0]["clusters"] == 12


def test_cases_may_have_different_numbers_of_choices(folder):
    folder.change("moon-0", responses=rated(0.5, 0.25, 0.25), target=2)
    (one,) = found(folder)
    assert one["n"] == 3
    assert values(one["raw"])["nll"] == pytest.approx((-math.log(0.25) + 2 * math.log(1 + math.exp(-0.75))) / 3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1000, 0), min_size=2, max_size=6))
def test_every_case_is_in_one_bin(make, tmp_path_factory, likelihoods):
    folder = make(tmp_path_factory.mktemp("run"))
    size = len(likelihoods)
    for row in range(3):
        folder.change(f"moon-{row}", responses=(LogLikelihoods(tuple(likelihoods), (1,) * size, (False,) * size),))
    (one,) = found(folder)
    for part in (one["raw"], one["scaled"]):
        for bins in (part["equal_mass"], part["equal_width"]):
            assert sum(each["n"] for each in bins) == 3
        assert 1 / size - 1e-12 <= values(part)["confidence"] <= 1 + 1e-12


@pytest.mark.parametrize(
    "changes",
    [
        {"target": "no"},
        {"target": True},
        {"target": 2},
        {"responses": rated(0.5)},
        {"status": "error", "scores": ()},
        {"responses": ()},
        {"responses": (LogLikelihoods((-math.inf, -1.0), (1, 1), (False, False)),)},
    ],
)
def test_what_is_no_choice_among_several_is_left_out(folder, changes):
    for row in range(3):
        folder.change(f"moon-{row}", **changes)
    assert found(folder) == []
    folder.records[-1] = folder.moon("moon-2")
    assert [(one["n"], one["planned"]) for one in found(folder)] == [(1, 3)]


def test_summary_and_page_have_every_number_before_and_after(folder):
    moons(folder, 20)
    summary = write_report(folder.write())
    assert json.loads((folder.path / "summary.json").read_text())["calibration"] == summary["calibration"]
    page = (folder.path / "report.html").read_text()
    (one,) = summary["calibration"]
    for part in (one["raw"], one["scaled"]):
        for measure in part["measures"]:
            name = measure["name"]
            shown = printed_measure(name, measure["estimate"]["value"])
            assert f'data-label="{MEASURES[name]}">{shown}' in page
    assert [each.scaled for each in diagrams(summary["calibration"])] == [False, True]


def test_digits():
    assert [printed_measure(name, 0.12345) for name in ("ece", "nll", "brier")] == ["12.3", "0.123", "0.123"]
    assert printed_measure("auroc", None) == NOTHING
