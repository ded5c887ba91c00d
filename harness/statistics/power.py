"""Power: which difference a comparison can see, and how many cases it needs to see a given one.

Normal theory for a two-sided test: Cohen 1988, chapter 2; for verdicts Connor 1987, Biometrics 43:207.
"""

import math
from statistics import NormalDist

from harness.statistics.intervals import normal


def power(difference: float, error: float, level: float = 0.95) -> float:
    """How often a true `difference` is found by a two-sided test whose standard error is `error`, in 0..1."""
    _check("error", error)
    cumulative, quantile, shift = NormalDist().cdf, normal(level), difference / error
    return cumulative(shift - quantile) + cumulative(-shift - quantile)


def detectable_difference(error: float, level: float = 0.95, chance: float = 0.8) -> float:
    """The true difference that is found with probability `chance`: 2.80 standard errors at the defaults."""
    _check("error", error)
    return (normal(level) + NormalDist().inv_cdf(chance)) * error


def cases_needed(error: float, n: int, difference: float, level: float = 0.95, chance: float = 0.8) -> int:
    """How many cases find `difference` with probability `chance`, where `n` cases have left the standard error `error`.

    Clustered cases stay as clustered as these are.
    """
    _check("difference", abs(difference))
    return math.ceil(n * (detectable_difference(error, level, chance) / difference) ** 2)


def pairs_needed(discordance: float, difference: float, level: float = 0.95, chance: float = 0.8) -> int:
    """How many single cases find a `difference` of two proportions whose verdicts differ on a `discordance` of cases.

    Raises ValueError where the difference is 0 or larger than the discordance, which it cannot be.
    """
    _check("difference", abs(difference))
    if not abs(difference) <= discordance <= 1:
        raise ValueError(f"discordance: found {discordance}; expected at least the difference {difference}, at most 1")
    null, true = math.sqrt(discordance), math.sqrt(discordance - difference**2)
    quantiles = normal(level), NormalDist().inv_cdf(chance)
    return math.ceil(((quantiles[0] * null + quantiles[1] * true) / difference) ** 2)


def _check(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{name}: found {value}; expected a positive number")
