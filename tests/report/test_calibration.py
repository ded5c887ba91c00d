"""Reliability bins and the calibration error, against the definition worked out on a few cases."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import LogLikelihoods
from harness.report.calibration import reliability
from harness.report.folder import read_run
from harness.report.groups import groups
from harness.statistics import wilson


def found(folder):
    return reliability(groups(read_run(folder.write()))[0])


def rated(*probabilities):
    size = len(probabilities)
    return (LogLikelihoods(tuple(map(math.log, probabilities)), (1,) * size, (False,) * size),)


def test_the_error_is_the_weighted_distance_from_the_diagonal(folder):
    folder.change("moon-0", responses=rated(0.95, 0.05))
    folder.change("moon-1", responses=rated(0.09, 0.91))
    folder.change("moon-2", responses=rated(0.6, 0.4))
    (one,) = found(folder)
    assert (one.model, one.benchmark, one.n) == ("toy", "moons", 3)
    assert one.confidence == pytest.approx((0.95 + 0.91 + 0.6) / 3)
    assert one.right == pytest.approx(2 / 3)
    middle, high = one.bins
    assert (middle.above, middle.upto, middle.n, middle.right) == (0.5, 0.6, 1, 1.0)
    assert (high.n, high.right, high.confidence) == (2, 0.5, pytest.approx(0.93))
    assert (high.low, high.high) == wilson(1, 2)
    assert one.error == pytest.approx((2 * 0.43 + 1 * 0.4) / 3)


def test_a_confidence_is_a_share_so_a_factor_on_all_does_not_matter(folder):
    for row in range(3):
        folder.change(f"moon-{row}", responses=rated(0.95e-30, 0.05e-30))
    (one,) = found(folder)
    assert one.confidence == pytest.approx(0.95)


@given(st.lists(st.floats(-1000, 0), min_size=2, max_size=6))
def test_every_case_is_in_one_bin(make, tmp_path_factory, values):
    folder = make(tmp_path_factory.mktemp("run"))
    size = len(values)
    for row in range(3):
        folder.change(f"moon-{row}", responses=(LogLikelihoods(tuple(values), (1,) * size, (False,) * size),))
    (one,) = found(folder)
    assert sum(each.n for each in one.bins) == one.n == 3
    assert 1 / size - 1e-12 <= one.confidence <= 1
    assert 0 <= one.error <= 1


@pytest.mark.parametrize(
    "changes",
    [
        {"target": "no"},
        {"target": True},
        {"target": 2},
        {"responses": rated(0.5)},
        {"status": "error", "scores": ()},
        {"responses": ()},
        {"responses": (LogLikelihoods((-math.inf, -math.inf), (1, 1), (False, False)),)},
    ],
)
def test_what_is_no_choice_among_several_is_left_out(folder, changes):
    for row in range(3):
        folder.change(f"moon-{row}", **changes)
    assert found(folder) == []
