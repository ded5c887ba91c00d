"""Resampling: the draws, what they keep fixed, and that no order of the cases matters."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.statistics import REDUCERS
from harness.statistics.resampling import Design
from harness.statistics.resampling import sample

MEAN = REDUCERS["mean"]


def weighted(values: np.ndarray) -> np.ndarray:
    """Values of one run as statistics (n, 1, 2) of weight 1."""
    return np.stack([values, np.ones_like(values)], axis=-1)[:, None]


@pytest.mark.parametrize("levels", [5, 400], ids=["few rows", "many rows"])
def test_the_bootstrap_spreads_as_the_standard_error_of_a_mean(levels: int) -> None:
    values = np.random.default_rng(3).choice(np.linspace(0, 8, levels), size=400)
    resampled = sample(weighted(values), MEAN, Design()).resampled(4000, seed=1)
    assert resampled.shape == (4000, 1)
    assert resampled.mean() == pytest.approx(values.mean(), abs=0.01)
    assert resampled.std() == pytest.approx(values.std() / 20, rel=0.05)


def test_given_draws_the_values_are_scipys() -> None:
    """scipy.stats.bootstrap draws indices by `integers`; counted, over values in the order `sample` gives them."""
    values = np.sort(np.random.default_rng(8).exponential(size=60))
    expected = scipy.stats.bootstrap((values,), np.mean, n_resamples=500, method="percentile", rng=9)
    indices = np.random.default_rng(9).integers(0, 60, size=(500, 60))
    counts = np.array([np.bincount(row, minlength=60) for row in indices], dtype=float)
    found = MEAN(sample(weighted(values), MEAN, Design()).pools[0].summed(counts))
    assert found.ravel() == pytest.approx(expected.bootstrap_distribution, abs=1e-12)


def test_runs_share_their_draws() -> None:
    values = np.random.default_rng(4).normal(size=50)
    both = np.concatenate([weighted(values), weighted(values + 1)], axis=1)
    resampled = sample(both, MEAN, Design()).resampled(200, seed=0)
    assert resampled[:, 1] - resampled[:, 0] == pytest.approx(np.ones(200), abs=1e-12)


def test_nested_clusters_are_drawn_within_strata() -> None:
    """Strata that are far apart but alike within have no spread at all, so the mean of their means has none either."""
    values, strata = np.repeat([0.0, 10.0, 50.0], 8), np.repeat(["a", "b", "c"], 8)
    labels = list(np.repeat(np.arange(12), 2))
    drawn = sample(weighted(values), MEAN, Design(labels, list(strata), "macro"))
    assert [pool.draws for pool in drawn.pools] == [3, 3, 3]
    assert (drawn.resampled(50, seed=1) == 20).all()
    assert drawn.units == 12


def test_within_strata_the_spread_is_that_of_the_stratified_error() -> None:
    generator = np.random.default_rng(12)
    sizes = [3, 4, 5, 6] * 5
    values, strata = generator.normal(size=sum(sizes)), np.repeat(np.arange(20), sizes)
    parts = [values[strata == number] for number in range(20)]
    error = np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts)) / 20
    drawn = sample(weighted(values), MEAN, Design(strata=list(strata), average="macro"))
    assert drawn.resampled(20_000, seed=3).std() == pytest.approx(error, rel=0.03)
    assert drawn.freedom == len(values) - 20


def test_clusters_that_cross_strata_are_drawn_whole() -> None:
    """A problem in three languages, equally hard in each: the mean over languages spreads as the problems do."""
    hardness = np.random.default_rng(1).normal(size=40)
    values, languages = np.tile(hardness, 3), np.repeat(["de", "en", "sw"], 40)
    drawn = sample(weighted(values), MEAN, Design(list(range(40)) * 3, list(languages), "macro"))
    assert drawn.units == 40
    assert drawn.values()[0] == pytest.approx(hardness.mean())
    assert drawn.resampled(20_000, seed=3).std() == pytest.approx(hardness.std() / np.sqrt(40), rel=0.03)


@pytest.mark.parametrize("average", ["micro", "macro"])
def test_whole_strata_are_drawn(average: str) -> None:
    means = np.random.default_rng(1).normal(size=25)
    drawn = sample(
        weighted(np.repeat(means, 6)), MEAN, Design(None, list(np.repeat(np.arange(25), 6)), average, "strata")
    )
    assert drawn.units == 25
    assert drawn.resampled(20_000, seed=3).std() == pytest.approx(means.std() / 5, rel=0.03)


def test_macro_weighs_strata_alike_and_micro_cases() -> None:
    values, strata = np.array([1.0, 1, 1, 0, 0, 0]), list("aaaabb")
    found = [
        sample(weighted(values), MEAN, Design(None, strata, average)).values()[0] for average in ("macro", "micro")
    ]
    assert found == [0.375, 0.5]


def test_strata_with_a_single_cluster_are_drawn_whole_and_told() -> None:
    drawn = sample(weighted(np.arange(7.0)), MEAN, Design(strata=list("aabbbcd"), average="macro"))
    assert drawn.units == 4
    assert drawn.note == "strata drawn whole: 2 of 4 have a single cluster"


@given(
    st.permutations(range(24)), st.sampled_from(["micro", "macro"]), st.sampled_from(["cases", "strata"]), st.booleans()
)
@settings(max_examples=60, deadline=None)
def test_the_order_of_cases_changes_nothing(order: list[int], average: str, resample: str, crossing: bool) -> None:
    """To the last bit, although sums of floats depend on their order."""
    table = np.random.default_rng(6).random((24, 1, 2))
    strata = [f"s{case % 3}" for case in range(24)]
    labels = [case // 2 if crossing else f"{case % 3}{case // 6}" for case in range(24)]
    found = []
    for chosen in (list(range(24)), order):
        design = Design([labels[case] for case in chosen], [strata[case] for case in chosen], average, resample)
        drawn = sample(table[chosen], MEAN, design)
        found.append((drawn.values().tolist(), drawn.resampled(20, seed=1).tolist(), drawn.units))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("design", "message"),
    [
        (Design(average="macro"), "strata: found none; expected one for each case"),
        (Design(resample="strata"), "strata: found none; expected one for each case"),
        (Design(strata=["a"], average="macro"), "strata: found 1 labels for 4 cases; expected one for each"),
        (Design(strata=["a"]), "strata: found 1 labels for 4 cases; expected one for each"),
        (Design(average="weighted"), "design: found 'weighted'; expected one of micro, macro"),
        (Design(resample="all"), "design: found 'all'; expected one of cases, strata"),
        (Design(clusters=["a"]), "clusters: found 1 labels for 4 cases; expected one for each"),
    ],
)
def test_labels_that_do_not_fit_are_refused(design: Design, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sample(weighted(np.zeros(4)), MEAN, design)
