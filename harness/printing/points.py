"""Points: differences on the scale that scores are printed on, `1pt` is a hundredth of accuracy, one of 100 of BLEU."""

import re

from harness.errors import UsageError
from harness.printing.numbers import NOTHING
from harness.printing.numbers import percent
from harness.printing.numbers import printed

_POINTS = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(?:pt|pts|points?|%)?")
_SMALLEST = 0.001


def parse_points(option: str, text: str) -> float:
    """The points of a text such as `1pt`, `0.5pt` or `2`; raises UsageError naming the option where it is none."""
    match = _POINTS.fullmatch(text.strip())
    if match is None or float(match[1]) <= 0:
        raise UsageError(f"{option}: found {text!r}; expected points above 0, as 1pt or 0.5pt")
    return float(match[1])


def per_point(reducer: str) -> float:
    """What a point is on the metric's own scale."""
    return 1 / (percent({"reducer": reducer}, 1.0) or 1.0)


def value(reducer: str, number: float | None) -> str:
    """A score in digits; a dash where there is none."""
    return printed({"reducer": reducer}, number) or NOTHING


def signed(reducer: str, number: float | None) -> str:
    """A difference in points, its sign always shown: `+3.3`, `-0.4`, `0.0`."""
    text = printed({"reducer": reducer}, number)
    if text is None:
        return NOTHING
    return text.removeprefix("-") if float(text) == 0 else text if text.startswith("-") else f"+{text}"


def interval(reducer: str, low: float | None, high: float | None) -> str:
    """Both ends of a difference's interval, or that there is none."""
    return "(no interval)" if low is None else f"[{signed(reducer, low)}, {signed(reducer, high)}]"


def probability(p: float | None) -> str:
    """A p to three digits: `.034`, `<.001`, `1`; a dash where there is none."""
    if p is None or p == 1:
        return NOTHING if p is None else "1"
    return f"<{_SMALLEST:.3f}".replace("0.", ".") if p < _SMALLEST else f"{p:.3f}".removeprefix("0")
