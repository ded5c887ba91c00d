"""The means of areas in a summary: each benchmark alike, clusters drawn within it, two models on the cases of both."""

import math
import random

import pytest

from harness.core import Score
from harness.report.summary import summarise
from harness.results.folder import read_run
from harness.statistics.intervals import student


def in_one_area(folder):
    """Both benchmarks in the area of the first."""
    folder.manifest["benchmarks"]["moons"]["area"] = "math"
    return folder


def areas(folder):
    summary = summarise(read_run(folder.write()))
    return summary, {area["area"]: area for area in summary["areas"]}


def test_an_area_of_one_benchmark_has_its_own_interval(folder):
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "wrong"),))
    summary, known = areas(folder)
    estimate = summary["scores"][0]["estimate"]
    (mean,) = known["math"]["means"]
    assert [mean[key] for key in ("value", "low", "high")] == pytest.approx(
        [100 * estimate[key] for key in ("value", "low", "high")]
    )
    assert (mean["n"], mean["benchmarks"], known["math"]["difference"]) == (12, ["tins"], None)


def test_each_benchmark_counts_alike_and_the_interval_is_students_of_both(folder):
    """Expected: the mean's standard error from either benchmark's variance, Satterthwaite's degrees of freedom."""
    draw = random.Random(1)
    whole = in_one_area(folder)
    values = {"tin": [draw.gauss(0.5, 0.1) for _ in range(12)], "moon": [draw.gauss(0.8, 0.01) for _ in range(3)]}
    for name, metric in (("tins", "exact"), ("moons", "acc")):
        folder.manifest["benchmarks"][name]["metrics"][0]["reducer"] = "mean"
        for row, number in enumerate(values[name[:-1]]):
            whole.change(f"{name[:-1]}-{row}", scores=(Score(metric, (number, 1.0)),))
    _, known = areas(whole)
    (mean,) = known["math"]["means"]
    means = [sum(part) / len(part) for part in values.values()]
    assert mean["value"] == pytest.approx(100 * sum(means) / 2)
    noise = [
        sum((number - middle) ** 2 for number in part) / (len(part) - 1) / len(part) / 4
        for part, middle in zip(values.values(), means, strict=True)
    ]
    freedom = sum(noise) ** 2 / sum(part**2 / (n - 1) for part, n in zip(noise, (12, 3), strict=True))
    reach = 100 * student(0.95, freedom) * math.sqrt(sum(noise))
    assert freedom > 9
    assert (mean["high"] - mean["low"]) / 2 == pytest.approx(reach, rel=0.08)
    assert (mean["n"], mean["benchmarks"]) == (15, ["tins", "moons"])


def test_the_cases_of_a_cluster_are_drawn_together(folder):
    """Two clusters are too few for an interval, however many cases they hold."""
    for row in range(12):
        in_one_area(folder).change(
            f"tin-{row}", cluster=str(row % 2), scores=(Score("exact", (float(row % 2), 1.0), "wrong"),)
        )
    _, known = areas(folder)
    (mean,) = known["math"]["means"]
    assert (mean["value"], mean["low"], mean["high"]) == (75.0, None, None)


def test_what_has_no_place_in_a_mean_is_said(folder):
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = "perplexity"
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["higher_is_better"] = False
    _, known = areas(folder)
    assert known["math"]["means"] == [
        {"model": "toy", "value": None, "low": None, "high": None, "n": 0, "benchmarks": []}
    ]
    assert "tins: in no area's mean, as exact is better the lower it is" in known["math"]["notes"]


def test_two_models_have_their_paired_difference(folder):
    folder.add_model("other", {f"tin-{row}": " 9" for row in range(6)})
    summary, known = areas(folder)
    result = next(one for one in summary["comparisons"]["results"] if one["benchmark"] == "tins")
    apart = known["math"]["difference"]
    assert apart["value"] == pytest.approx(-50)
    assert [apart["low"], apart["high"]] == pytest.approx([100 * result["low"], 100 * result["high"]])
    assert (apart["n"], apart["benchmarks"]) == (12, ["tins"])
    assert [mean["value"] for mean in known["math"]["means"]] == [100, 50]


def test_the_difference_of_a_mean_is_the_mean_of_the_differences(folder):
    in_one_area(folder).add_model("other", {f"tin-{row}": " 9" for row in range(6)})
    _, known = areas(folder)
    assert known["math"]["difference"]["value"] == pytest.approx((-50 + 0) / 2)


def test_a_run_without_a_score_has_areas_without_means(folder):
    folder.records = []
    _, known = areas(folder)
    assert [(area["means"], area["difference"]) for area in known.values()] == [([], None), ([], None)]
