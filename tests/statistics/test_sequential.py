"""Alpha spending: the published boundaries, and that all looks together err as often as they may."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.statistics.sequential import boundaries
from harness.statistics.sequential import level
from harness.statistics.sequential import spent


@pytest.mark.parametrize(
    ("spending", "expected"),
    [
        ("obrien-fleming", (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)),
        ("pocock", (2.4380, 2.4268, 2.4101, 2.3966, 2.3859)),
    ],
)
def test_five_even_looks_have_the_published_boundaries(spending: str, expected: tuple[float, ...]) -> None:
    """Reboussin, DeMets, Kim and Lan 2000, Controlled Clinical Trials 21:190, for two sides and 0.05."""
    assert boundaries([0.2, 0.4, 0.6, 0.8, 1], 0.05, spending) == pytest.approx(expected, abs=2e-4)


def test_a_single_look_at_the_end_is_no_sequential_test() -> None:
    assert boundaries([1.0])[0] == pytest.approx(1.959964, abs=1e-6)
    assert level([1.0], 0.01) == pytest.approx(0.99, abs=1e-9)


@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=20, unique=True), st.sampled_from(["obrien-fleming", "pocock"])
)
@settings(max_examples=30, deadline=None)
def test_earlier_boundaries_do_not_depend_on_later_looks(looks: list[int], spending: str) -> None:
    fractions = [look / 20 for look in sorted(looks)]
    whole = boundaries(fractions, 0.05, spending)
    assert boundaries(fractions[:1], 0.05, spending) == pytest.approx(whole[:1], abs=1e-8)
    assert all(1.9 < critical <= 9 for critical in whole)
    assert level(fractions, 0.05, spending) < 1


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_paths_without_a_difference_cross_as_often_as_alpha_says(spending: str) -> None:
    fractions = np.arange(1, 13) / 12
    steps = np.random.default_rng(2).normal(size=(200_000, 12)) * np.sqrt(1 / 12)
    z = np.abs(steps.cumsum(axis=1) / np.sqrt(fractions))
    crossed = (z > boundaries(fractions.tolist(), 0.05, spending)).any(axis=1).mean()
    assert crossed == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_everything_is_spent_at_the_end(spending: str) -> None:
    assert spent(1.0, 0.02, spending) == pytest.approx(0.02)
    assert [spent(part / 10, 0.02, spending) for part in range(1, 11)] == sorted(
        spent(part / 10, 0.02, spending) for part in range(1, 11)
    )


@pytest.mark.parametrize("fractions", [[], [0.5, 0.4], [0.0, 1.0], [0.5, 1.1]])
def test_looks_that_do_not_rise_are_refused(fractions: list[float]) -> None:
    with pytest.raises(ValueError, match="expected rising numbers above 0, at most 1"):
        boundaries(fractions)
