"""pass@k over k and temperature, against the statistic's own estimate."""

import pytest

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Score
from harness.core import fingerprint
from harness.report.samples import curves
from harness.results.folder import read_run
from harness.results.groups import groups
from harness.statistics import estimate_pass_at_k


def drawn(folder, right, samples=10, temperature=0.8):
    """Each tin with several samples, of which so many are right."""
    request = Generate("Tin?", temperature=temperature, samples=samples)
    folder.requests[fingerprint(request)] = request
    response = Completions(tuple(Completion(f" {sample}", "stop", 2) for sample in range(samples)))
    for row, count in enumerate(right):
        score = Score("exact", (float(count), float(samples)))
        folder.change(f"tin-{row}", responses=(response,), scores=(score,), prompts=(fingerprint(request),))


def found(folder):
    run = read_run(folder.write())
    return curves(groups(run)[0], run.prompts)


def test_a_curve_has_the_estimate_of_each_k(folder):
    right = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]
    drawn(folder, right)
    (curve,) = found(folder)
    assert (curve.model, curve.benchmark, curve.metric, curve.temperature) == ("toy", "tins", "exact", 0.8)
    assert [k for k, _ in curve.points] == [1, 2, 3, 5, 8, 10]
    for k, estimate in curve.points:
        assert estimate == estimate_pass_at_k([10] * 12, right, k).estimate
    assert curve.points[-1][1].value == pytest.approx(11 / 12)


def test_temperatures_have_curves_of_their_own(folder):
    drawn(folder, [5] * 12, temperature=0.8)
    drawn(folder, [5] * 4, temperature=0.2)
    assert [(curve.temperature, curve.points[0][1].n) for curve in found(folder)] == [(0.2, 4), (0.8, 8)]


def test_the_largest_k_is_the_fewest_samples(folder):
    drawn(folder, [5] * 12)
    drawn(folder, [1], samples=4)
    (curve,) = found(folder)
    assert (curve.samples, [k for k, _ in curve.points]) == (4, [1, 2, 3, 4])


@pytest.mark.parametrize("stats", [(1.0, 1.0), (0.5, 10.0), (1.0, 10.0, 0.0)])
def test_statistics_that_are_no_such_counts_make_no_curve(folder, stats):
    drawn(folder, [5] * 12)
    for row in range(12):
        folder.change(f"tin-{row}", scores=(Score("exact", stats),))
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = "mean"
    assert found(folder) == []


def test_one_sample_a_case_makes_no_curve(folder):
    assert found(folder) == []
