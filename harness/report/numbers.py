"""How a number is printed: one decimal, proportions in percent, BLEU and chrF on their own scale of 100."""

import math
from collections.abc import Mapping
from typing import Any

NOTHING = "\N{EN DASH}"
_OWN_SCALE = frozenset({"bleu", "chrf"})


def percent(score: Mapping[str, Any], value: float | None) -> float | None:
    """The value on a scale of 100, the one it is printed on; None where there is none."""
    if value is None or not math.isfinite(value):
        return None
    return value if score["reducer"] in _OWN_SCALE else 100 * value


def shown(score: Mapping[str, Any]) -> str:
    """A score with its interval: `43.8 [28.1, 60.7]`, `43.8 (no interval)`, or a dash where nothing was measured."""
    value, low, high = (percent(score, score["estimate"][name]) for name in ("value", "low", "high"))
    if value is None:
        return NOTHING
    if low is None or high is None:
        return f"{value:.1f} (no interval)"
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"
