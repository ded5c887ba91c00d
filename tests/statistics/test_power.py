"""Power against scipy, against exact sums over McNemar's test, and its own inverse."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics.power import cases_needed
from harness.statistics.power import detectable_difference
from harness.statistics.power import pairs_needed
from harness.statistics.power import power
from harness.statistics.significance import mcnemar


def test_power_is_the_normal_distributions() -> None:
    expected = scipy.stats.norm.sf(1.959963985 - 2.5) + scipy.stats.norm.cdf(-1.959963985 - 2.5)
    assert power(0.05, 0.02) == pytest.approx(expected, abs=1e-9)
    assert power(0.0, 0.02) == pytest.approx(0.05)


def test_detectable_differences_of_known_benchmarks() -> None:
    """2.80 standard errors; HumanEval's 164 problems where the runs differ on a fifth of them: 9.8 points."""
    assert detectable_difference((0.2 / 164) ** 0.5) == pytest.approx(0.098, abs=5e-4)
    assert detectable_difference(1.0) == pytest.approx(2.8016, abs=1e-4)


@given(st.floats(1e-4, 0.5), st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_a_detectable_difference_is_found_that_often(error: float, level: float, chance: float) -> None:
    found = power(detectable_difference(error, level, chance), error, level)
    assert chance - 1e-9 <= found <= chance + (1 - level) / 2


@given(st.floats(1e-3, 0.1), st.integers(10, 10_000), st.floats(1e-3, 0.2))
def test_the_cases_needed_are_the_fewest(error: float, n: int, difference: float) -> None:
    needed = cases_needed(error, n, difference)
    assert detectable_difference(error * (n / needed) ** 0.5) <= difference * (1 + 1e-9)
    if needed > 1:
        assert detectable_difference(error * (n / (needed - 1)) ** 0.5) > difference * (1 - 1e-9)


@pytest.mark.parametrize(("discordance", "difference"), [(0.1, 0.05), (0.2, 0.05), (0.3, 0.1)])
def test_pairs_needed_give_mid_p_mcnemar_its_power(discordance: float, difference: float) -> None:
    """Summed exactly over how many pairs differ, and how many of them for the first run."""
    n = pairs_needed(discordance, difference)
    share = (discordance + difference) / 2 / discordance
    found = 0.0
    for differing in range(n + 1):
        weight = scipy.stats.binom.pmf(differing, n, discordance)
        if weight > 1e-7:
            first = np.arange(differing + 1)
            rejected = [mcnemar(int(one), int(differing - one)) <= 0.05 for one in first]
            found += weight * scipy.stats.binom.pmf(first, differing, share)[rejected].sum()
    assert found == pytest.approx(0.8, abs=0.02)


def test_one_point_of_a_tenth_that_differs_needs_7847_pairs() -> None:
    """Connor 1987: ((1.95996 sqrt(.1) + .84162 sqrt(.1 - .0001)) / .01)^2 = 88.5806^2 = 7846.5."""
    assert pairs_needed(0.1, 0.01) == 7847


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pairs_needed(0.01, 0.02), "discordance: found 0.01; expected at least the difference 0.02, at most 1"),
        (lambda: pairs_needed(0.1, 0.0), "difference: found 0.0; expected a positive number"),
        (lambda: cases_needed(0.1, 5, 0.0), "difference: found 0.0; expected a positive number"),
        (lambda: detectable_difference(0.0), "error: found 0.0; expected a positive number"),
        (lambda: power(0.1, -1.0), "error: found -1.0; expected a positive number"),
    ],
)
def test_what_has_no_power_is_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
