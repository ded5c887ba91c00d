"""Reducers: laws that hold for each, and values worked out by hand."""

import math

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.statistics import REDUCERS

WIDTHS = {
    "mean": 2,
    "proportion": 2,
    "f1": 3,
    "macro_f1": 9,
    "balanced_accuracy": 6,
    "matthews": 4,
    "bias": 2,
    "scaled_bias": 4,
    "perplexity": 2,
    "bits_per_unit": 2,
    "bleu": 10,
    "chrf": 18,
    "share": 2,
    "rate": 2,
    "contrast": 4,
}


@pytest.mark.parametrize("name", REDUCERS)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_reducer_vectorises(name: str, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([(3,), (2, 3), (1, 2, 2)]))
    sums = data.draw(arrays(float, (*shape, WIDTHS[name]), elements=st.integers(0, 30).map(float)))
    values = REDUCERS[name](sums)
    assert values.shape == shape
    each = [float(REDUCERS[name](row)) for row in sums.reshape(-1, WIDTHS[name])]
    np.testing.assert_array_equal(values.ravel(), each)


@pytest.mark.parametrize("name", REDUCERS)
def test_a_reducer_of_nothing_is_undefined_or_zero(name: str) -> None:
    value = float(REDUCERS[name](np.zeros(WIDTHS[name])))
    assert math.isnan(value) == (name not in {"bleu", "chrf"})  # sacrebleu's scores of nothing are 0


@pytest.mark.filterwarnings("ignore:A single label was found")
@given(labels=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_macro_f1_and_matthews_are_sklearns(labels: list[tuple[int, int]]) -> None:
    gold, predicted = np.array(labels).T
    pairs = [(predicted == label, gold == label) for label in range(3)]
    counts = np.array([[(p & g).sum(), (p & ~g).sum(), (~p & g).sum()] for p, g in pairs], float).ravel()
    expected = sklearn.metrics.f1_score(gold, predicted, labels=[0, 1, 2], average="macro", zero_division=0)
    assert REDUCERS["macro_f1"](counts) == pytest.approx(expected, abs=1e-12)
    binary = np.array([*counts[:3], len(gold) - counts[:3].sum()])
    expected = sklearn.metrics.matthews_corrcoef(gold == 0, predicted == 0)
    assert REDUCERS["matthews"](binary) == pytest.approx(expected, abs=1e-12)


def test_perplexity_and_bits_undo_the_logarithm() -> None:
    sums = np.array([3 * math.log(1 / 8), 3.0])  # three tokens of probability 1/8: perplexity 8, three bits each
    assert REDUCERS["perplexity"](sums) == pytest.approx(8)
    assert REDUCERS["bits_per_unit"](sums) == pytest.approx(3)


@pytest.mark.parametrize(("sums", "value"), [((3, 4), 0.75), ((0, 2), 0), ((2.5, 10), 0.25)])
def test_mean(sums: tuple[float, float], value: float) -> None:
    assert REDUCERS["mean"](np.array(sums, float)) == value


@pytest.mark.parametrize(
    ("sums", "value"),
    [
        # precision 6/8, recall 6/10: 2 * 0.75 * 0.6 / 1.35
        ((6, 2, 4), 2 / 3),
        ((0, 3, 2), 0.0),
        ((5, 0, 0), 1.0),
    ],
)
def test_f1(sums: tuple[int, int, int], value: float) -> None:
    assert REDUCERS["f1"](np.array(sums, float)) == pytest.approx(value)


def test_bias_by_hand() -> None:
    """Six of eight with the stereotype: 2 * 6/8 - 1; two of ten right: scaled by 8/10; where none takes a side, 0."""
    assert REDUCERS["contrast"](np.array([3, 4, 1, 2], float)) == 0.25
    assert REDUCERS["bias"](np.array([6, 8], float)) == 0.5
    assert REDUCERS["scaled_bias"](np.array([6, 8, 2, 10], float)) == pytest.approx(0.4)
    assert REDUCERS["scaled_bias"](np.array([0, 0, 10, 10], float)) == 0


def test_bleu_by_hand() -> None:
    """Precisions 3/4, 2/3, 1/2 and, smoothed, (1/2)/1; four words against five: exp(1 - 5/4)."""
    sums = np.array([4, 5, 3, 2, 1, 0, 4, 3, 2, 1], float)
    expected = 100 * math.exp(1 - 5 / 4) * (3 / 4 * 2 / 3 * 1 / 2 * 1 / 2) ** 0.25
    assert REDUCERS["bleu"](sums) == pytest.approx(expected)


def test_chrf_by_hand() -> None:
    """Orders 1 and 2 are there: precision (1/2 + 0)/2, recall (1/3 + 0)/2; F with recall twice as heavy."""
    sums = np.zeros((6, 3))
    sums[0], sums[1], sums[2] = (2, 3, 1), (1, 2, 0), (0, 1, 0)
    precision, recall = 1 / 4, 1 / 6
    expected = 100 * 5 * precision * recall / (4 * precision + recall)
    assert REDUCERS["chrf"](sums.ravel()) == pytest.approx(expected)
