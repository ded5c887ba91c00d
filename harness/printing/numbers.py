"""How a number is printed: one decimal, values up to 1 in percent, BLEU, chrF and perplexities on their own scale."""

import math
from collections.abc import Mapping
from typing import Any

from harness.statistics import RANGES

NOTHING = "\N{EN DASH}"
_DECIMALS = {"bits_per_unit": 3}


def percent(score: Mapping[str, Any], value: float | None) -> float | None:
    """The value on the scale it is printed on: of 100, unless its reducer goes beyond 1; None where there is none."""
    if value is None or not math.isfinite(value):
        return None
    largest = max(map(abs, RANGES.get(score["reducer"], (0.0, 1.0))))
    return value if largest > 1 else 100 * value


def shown(score: Mapping[str, Any], estimate: Mapping[str, Any]) -> str:
    """An estimate of a score: `43.8 [28.1, 60.7]`, `43.8 (no interval)`, or a dash where nothing was measured."""
    value, low, high = (printed(score, estimate[name]) for name in ("value", "low", "high"))
    if value is None:
        return NOTHING
    return f"{value} (no interval)" if low is None or high is None else f"{value} [{low}, {high}]"


def interval(score: Mapping[str, Any], estimate: Mapping[str, Any]) -> str | None:
    """An estimate's interval, `[28.1, 60.7]`; None where it has none."""
    low, high = printed(score, estimate["low"]), printed(score, estimate["high"])
    return None if low is None or high is None else f"[{low}, {high}]"


def printed(score: Mapping[str, Any], value: float | None) -> str | None:
    """A value of a score in digits; None where there is none."""
    scaled = percent(score, value)
    return None if scaled is None else f"{scaled:.{_DECIMALS.get(score['reducer'], 1)}f}"
