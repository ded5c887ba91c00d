"""Temperatures against scipy's minimiser, and what cross-fitting promises."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from harness.statistics.temperature import LIMIT
from harness.statistics.temperature import cross_fit
from harness.statistics.temperature import fit
from harness.statistics.temperature import log_shares

AT_LIMIT = "a temperature is at the limit, 64 or 1/64"


def drawn(n, sharper, seed=0):
    generator = np.random.default_rng(seed)
    log_p = generator.normal(size=(n, 4)) * 1.5
    right = (np.exp(log_softmax(log_p, axis=1)).cumsum(axis=1) > generator.random((n, 1))).argmax(axis=1)
    return log_p * sharper - 30, right


def labels(n):
    return [f"case-{row}" for row in range(n)]


@pytest.mark.parametrize("sharper", [0.3, 1.0, 4.0])
def test_a_fit_is_scipys_minimum(sharper):
    log_p, right = drawn(400, sharper)

    def loss(logarithm):
        return -log_softmax(log_p / np.exp(logarithm), axis=1)[np.arange(400), right].sum()

    expected = np.exp(minimize_scalar(loss, bounds=(-4, 4), method="bounded", options={"xatol": 1e-9}).x)
    assert fit(log_p, right) == pytest.approx(expected, rel=1e-5)


def test_shares_are_scipys_softmax():
    log_p, _ = drawn(5, 2.0)
    np.testing.assert_allclose(log_shares(log_p, 0.7), log_softmax(log_p / 0.7, axis=1), rtol=1e-12)
    each = np.array([0.5, 1, 2, 3, 4])
    np.testing.assert_allclose(log_shares(log_p, each), log_softmax(log_p / each[:, None], axis=1), rtol=1e-12)


def test_where_all_are_right_or_wrong_it_is_the_limit():
    log_p, _ = drawn(50, 1.0)
    assert fit(log_p, log_p.argmax(axis=1)) == pytest.approx(1 / LIMIT)
    assert fit(log_p, log_p.argmin(axis=1)) == pytest.approx(LIMIT)
    _, found = cross_fit(log_p, log_p.argmax(axis=1), labels(50))
    assert (found.low, found.high, found.note) == (None, None, AT_LIMIT)


def test_a_case_is_scaled_by_what_the_other_folds_say():
    log_p, right = drawn(100, 2.0)
    clusters = [str(row // 4) for row in range(100)]
    temperatures, found = cross_fit(log_p, right, clusters)
    assert len(found.folds) == 5
    assert (found.n, found.clusters, found.value) == (100, 25, fit(log_p, right))
    for temperature in found.folds:
        own = temperatures == temperature
        assert own.sum() == 20
        assert not {clusters[row] for row in np.flatnonzero(own)} & {clusters[row] for row in np.flatnonzero(~own)}
        assert temperature == pytest.approx(fit(log_p[~own], right[~own]))


def test_the_order_of_the_cases_changes_no_fold():
    log_p, right = drawn(60, 2.0)
    order = np.random.default_rng(1).permutation(60)
    names = labels(60)
    one, _ = cross_fit(log_p, right, names)
    other, _ = cross_fit(log_p[order], right[order], [names[place] for place in order])
    np.testing.assert_allclose(other, one[order], rtol=1e-9)


def test_few_clusters():
    log_p, right = drawn(12, 1.0)
    assert cross_fit(log_p, right, ["a"] * 12) is None
    _, found = cross_fit(log_p, right, ["a", "b", "c"] * 4)
    assert (len(found.folds), found.low, found.note.partition(";")[0]) == (3, None, "no interval: 3 clusters")


def test_the_interval_holds_the_temperature_of_the_draw():
    held = 0
    for seed in range(40):
        _, found = cross_fit(*drawn(200, 1.6, seed), labels(200))
        held += found.low <= 1.6 <= found.high
    assert held >= 35
