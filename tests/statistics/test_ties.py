"""Values equal up to rounding are one: ranks and bins do not depend on the last bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.statistics.calibration import calibration
from harness.statistics.paired import Draws
from harness.statistics.ties import on_edges
from harness.statistics.ties import tied
from harness.statistics.ties import tied_shares
from harness.statistics.weighted import auroc


def area(scores, labels):
    return float(auroc(np.column_stack([scores, labels]))(np.ones((1, len(scores))))[0])


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=30),
    st.sampled_from([0.0, 1e-15, 1e-12, 1e-9, 4e-7]),
    st.integers(0, 9),
)
def test_noise_below_the_bound_joins_what_was_equal_and_no_more(levels, noise, seed):
    values = np.array(levels, dtype=float)
    shaken = values + noise * np.random.default_rng(seed).uniform(-1, 1, len(values))
    found = tied(shaken)
    assert (np.equal.outer(found, found) == np.equal.outer(values, values)).all()
    assert np.abs(found - values).max() <= 2 * noise


@pytest.mark.parametrize("values", [[np.inf, np.inf, 1.0], [-np.inf, 0.0, -np.inf], [1e300, -1e300], [0.0]])
def test_any_finite_or_infinite_value(values):
    assert tied(np.array(values)).tolist() == values


def test_large_values_are_equal_up_to_their_own_bits():
    assert len(set(tied(np.array([1e9, np.nextafter(1e9, 2e9), 1e9 + 1])))) == 2


@given(arrays.arrays(float, st.integers(2, 40), elements=st.sampled_from([0.0, 0.1, 0.5, 1 / 3, 0.999, 1 - 1e-9, 1.0])))
def test_shares_near_one_stay_apart(shares):
    ulp = np.nextafter(shares, 0)
    both = tied_shares(np.concatenate([shares, ulp]))
    assert len(set(both)) == len(set(shares))
    assert (both[: len(shares)] == both[len(shares) :]).all()


@pytest.mark.parametrize("noise", [1e-16, 1e-12, 1e-9, 4e-7])
@settings(max_examples=25)
@given(labels=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=8, max_size=60), seed=st.integers(0, 99))
def test_auroc_does_not_hear_noise(noise, labels, seed):
    scores = np.array([level for level, _ in labels], dtype=float)
    right = np.array([label for _, label in labels], dtype=float)
    shaken = scores + noise * np.random.default_rng(seed).uniform(-1, 1, len(scores))
    assert area(shaken, right) == area(scores, right) or np.isnan(area(scores, right))


@pytest.mark.parametrize("choices", [2, 3, 4, 5, 10])
def test_bins_do_not_hear_the_order_of_choices(choices):
    """Confidences of j / 15 lie on the edges of bins of one width; each case is one of few distributions."""
    generator = np.random.default_rng(choices)
    patterns = generator.dirichlet(np.ones(choices), 7)
    patterns[0] = [12 / 15, *[3 / 15 / (choices - 1)] * (choices - 1)]
    shares = patterns[generator.integers(0, 7, 300)]
    right = generator.integers(0, choices, 300)
    labels = [str(case) for case in range(300)]

    def measured(order):
        rows = np.log(np.take_along_axis(shares, order, axis=1))
        places = (order == right[:, None]).argmax(axis=1)
        found = calibration(rows, places, labels, draws=Draws(resamples=200))
        return [(each.n, each.right) for each in (*found.equal_mass, *found.equal_width)], found.measures["auroc"].value

    plain = np.tile(np.arange(choices), (300, 1))
    bins, auc = measured(plain)
    other_bins, other_auc = measured(generator.permuted(plain, axis=1))
    assert bins == other_bins
    assert auc == other_auc


def test_a_value_beside_an_edge_is_on_it():
    edges = np.linspace(0, 1, 16)
    beside = np.concatenate([np.nextafter(edges, 2), np.nextafter(edges, -1)])
    assert set(on_edges(beside, edges)) <= set(edges)
    assert on_edges(np.array([0.34]), edges) == [0.34]
