"""Calibration against scikit-learn, against worked examples, and against what its intervals promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss
from sklearn.metrics import roc_auc_score

from harness.statistics.calibration import BINS
from harness.statistics.calibration import MEASURES
from harness.statistics.calibration import calibration
from harness.statistics.paired import Draws
from harness.statistics.selective import ranked
from harness.statistics.temperature import log_shares
from harness.statistics.weighted import auroc

QUICK = Draws(resamples=200)


def drawn(n, sharper=1.0, choices=4, seed=0):
    """Choices that are right with the probability they have, log P then made `sharper`."""
    generator = np.random.default_rng(seed)
    log_p = generator.normal(size=(n, choices)) * 1.5
    shares = np.exp(log_shares(log_p))
    right = (shares.cumsum(axis=1) > generator.random((n, 1))).argmax(axis=1)
    return log_p * sharper, right, [f"case-{row}" for row in range(n)]


def value(found, name):
    return found.measures[name].value


@pytest.mark.parametrize("choices", [2, 5])
def test_the_scores_are_scikit_learns(choices):
    log_p, right, labels = drawn(300, 1.7, choices)
    found = calibration(log_p, right, labels, 1.3, QUICK)
    shares = np.exp(log_shares(log_p, 1.3))
    correct = shares.argmax(axis=1) == right
    every = list(range(choices))
    one_hot = np.eye(choices)[right]
    assert value(found, "nll") == pytest.approx(log_loss(right, shares, labels=every), rel=1e-12)
    assert value(found, "brier") == pytest.approx(
        brier_score_loss(one_hot.argmax(axis=1), shares, labels=every, scale_by_half=False), rel=1e-12
    )
    assert value(found, "auroc") == pytest.approx(roc_auc_score(correct, shares.max(axis=1)), rel=1e-12)
    assert value(found, "accuracy") == pytest.approx(correct.mean())


def test_an_error_worked_out_by_hand():
    # Guo et al. 2017, equation 3, on four cases: bins (.6, .67] and (.8, .87] of equal width
    shares = np.array([[0.62, 0.38], [0.64, 0.36], [0.85, 0.15], [0.15, 0.85]])
    found = calibration(np.log(shares), np.array([0, 1, 0, 1]), list("abcd"))
    assert [one.n for one in found.equal_width] == [2, 2]
    assert value(found, "ece_width") == pytest.approx((2 * abs(0.63 - 0.5) + 2 * abs(0.85 - 1)) / 4)
    # of equal mass each confidence has its own bin, the two equal ones share theirs
    assert [one.n for one in found.equal_mass] == [1, 1, 2]
    assert value(found, "ece") == pytest.approx((0.38 + 0.64 + 2 * 0.15) / 4)
    assert value(found, "brier") == pytest.approx(2 * (0.38**2 + 0.64**2 + 2 * 0.15**2) / 4)


def test_bins_of_equal_mass_have_as_many_cases():
    found = calibration(*drawn(30 * BINS), 1.0, QUICK)
    assert [one.n for one in found.equal_mass] == [30] * BINS
    assert found.equal_mass[0].above == 0
    assert found.equal_mass[-1].upto == 1
    assert all(one.above < one.confidence <= one.upto for one in found.equal_mass)


def test_selective_accuracy_takes_the_surest():
    # Geifman and El-Yaniv 2017: the risk among the cases above a threshold, here the surest 5, 8 and 9 of 10
    confidence = np.linspace(0.95, 0.55, 10)
    right = np.array([1, 1, 1, 1, 0, 1, 0, 1, 0, 0])
    found = calibration(np.log(np.column_stack([confidence, 1 - confidence])), 1 - right, list("abcdefghij"))
    assert value(found, "selective_50") == pytest.approx(4 / 5)
    assert value(found, "selective_80") == pytest.approx(6 / 8)
    assert value(found, "selective_90") == pytest.approx(6 / 9)


def test_cases_of_one_confidence_count_in_part():
    surest = ranked(np.array([0.9, 0.9, 0.9, 0.6]), np.array([1.0, 0.0, 0.0, 1.0]), (0.5, 0.75, 1.0))
    (area, half, most, every) = surest(np.ones((1, 4)))[0]
    assert (half, most, every) == (pytest.approx(1 / 3), pytest.approx(1 / 3), 0.5)
    assert area == pytest.approx(roc_auc_score([1, 0, 0, 1], [0.9, 0.9, 0.9, 0.6]))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 3)), min_size=2, max_size=20))
def test_ranked_cases_that_count_twice_are_as_two_cases(cases):
    confidence, right, often = (np.array(part, dtype=float) for part in zip(*sorted(cases, reverse=True), strict=True))
    found = ranked(confidence, right, (0.5, 0.9))(often[None])[0]
    again = np.repeat(np.arange(len(often)), often.astype(int))
    if len(again):
        expected = ranked(confidence[again], right[again], (0.5, 0.9))(np.ones((1, len(again))))[0]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(found[0], auroc(np.column_stack([confidence, right]))(often[None])[0], rtol=1e-12)


def test_what_is_not_ranked_is_refused():
    with pytest.raises(ValueError, match="confidence: found an increase; expected the surest case first"):
        ranked(np.array([0.5, 0.6]), np.ones(2), (0.5,))
    with pytest.raises(ValueError, match=r"coverages: found \(0,\); expected shares above 0, at most 1"):
        ranked(np.array([0.6, 0.5]), np.ones(2), (0,))
    with pytest.raises(ValueError, match="calibration: found no case; expected at least one"):
        calibration(np.empty((0, 2)), np.empty(0, dtype=int), [])


def test_the_order_of_the_cases_changes_nothing():
    log_p, right, labels = drawn(60)
    clusters = [f"{row % 20}" for row in range(60)]
    order = np.random.default_rng(1).permutation(60)
    for names in (labels, clusters):
        shuffled = calibration(log_p[order], right[order], [names[place] for place in order], 1.0, QUICK)
        assert shuffled == calibration(log_p, right, names, 1.0, QUICK)


def test_a_padding_choice_is_none():
    log_p, right, labels = drawn(40)
    padded = np.column_stack([log_p, np.full(40, -np.inf)])
    assert calibration(padded, right, labels, 1.0, QUICK) == calibration(log_p, right, labels, 1.0, QUICK)


@pytest.mark.parametrize(
    ("clusters", "methods"), [(5, {None}), (20, {"t", "bootstrap", "wilson"}), (40, {"bootstrap", "wilson"})]
)
def test_methods_by_number_of_clusters(clusters, methods):
    log_p, right, _ = drawn(120)
    found = calibration(log_p, right, [str(row % clusters) for row in range(120)], 1.0, QUICK)
    assert {one.method for one in found.measures.values()} == methods
    for one in found.measures.values():
        assert (one.n, one.clusters) == (120, clusters)
        assert one.method is None or one.low <= one.value <= one.high
        assert one.note == ("no interval: 5 clusters" if clusters == 5 else None)


def test_few_single_cases_have_the_interval_of_their_accuracy_alone():
    found = calibration(*drawn(4))
    assert [name for name in MEASURES if found.measures[name].low is not None] == ["accuracy"]


def test_where_all_are_right_there_is_no_auroc_and_no_interval_is_a_point():
    log_p, _, labels = drawn(40)
    found = calibration(log_p, log_p.argmax(axis=1), labels, 1.0, QUICK)
    assert (value(found, "auroc"), found.measures["auroc"].note) == (None, "no value: undefined on these cases")
    for name in ("accuracy", "selective_50", "selective_90"):
        one = found.measures[name]
        assert one.value == 1.0
        assert one.low < 1.0


def test_the_intervals_of_calibrated_choices_reach_down_to_no_error():
    # the error of 200 calibrated cases is 0.1 by noise alone; percentiles of resamples would never hold 0
    held = [calibration(*drawn(200, seed=seed), 1.0, QUICK).measures["ece"].low == 0 for seed in range(20)]
    assert sum(held) >= 18


def test_the_interval_of_a_large_error_holds_it():
    # twice as sharp as they should be: the error of 20,000 such cases stands for the true one
    true = value(calibration(*drawn(20_000, 2.0, seed=99), 1.0, Draws(resamples=200)), "ece_width")
    found = [calibration(*drawn(300, 2.0, seed=seed), 1.0, QUICK).measures["ece_width"] for seed in range(20)]
    assert sum(one.low <= true <= one.high for one in found) >= 17
