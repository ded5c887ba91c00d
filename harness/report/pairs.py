"""Paired differences as the page shows them: the second model less the first, one table a pair.

Plain values for the templates, from the summary's `comparisons`.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.printing.numbers import percent
from harness.printing.numbers import printed
from harness.report.areas import Place
from harness.report.areas import bounded

_REACHES = (1, 2, 5, 10, 20, 30, 40, 50, 60, 80, 100, 200)
_LEAST = 1e-4
Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two models and their results; the axis of the differences goes from -`reach` to `reach`."""

    first: str
    second: str
    results: tuple[Result, ...]

    @property
    def shown(self) -> list[tuple[str, list[Result]]]:
        """By benchmark the results whose p is corrected."""
        return _by_benchmark(result for result in self.results if result["is_shown"])

    @property
    def others(self) -> list[tuple[str, list[Result]]]:
        """By benchmark the results of its other metrics."""
        return _by_benchmark(result for result in self.results if not result["is_shown"])

    @property
    def reach(self) -> int:
        """The smallest round number that no bound of a metric with an upper bound is beyond."""
        ends = [
            abs(value)
            for result in self.results
            if bounded(result)
            for name in ("difference", "low", "high")
            if (value := percent(result, result[name])) is not None
        ]
        return next((reach for reach in _REACHES if reach >= max(ends, default=0)), _REACHES[-1])


def _by_benchmark(results: Iterable[Result]) -> list[tuple[str, list[Result]]]:
    grouped: dict[str, list[Result]] = {}
    for result in results:
        grouped.setdefault(result["benchmark"], []).append(result)
    return list(grouped.items())


def pairs(comparisons: Mapping[str, Any] | None) -> list[Pair]:
    """Each pair of models with its results."""
    by_pair: dict[tuple[str, str], list[Result]] = {}
    for result in comparisons["results"] if comparisons else ():
        by_pair.setdefault((result["first"], result["second"]), []).append(result)
    return [Pair(first, second, tuple(results)) for (first, second), results in by_pair.items()]


def place(result: Result, reach: int) -> Place | None:
    """Where the difference lies on an axis from 0 to 100 whose middle is no difference."""
    value, low, high = (percent(result, result[name]) for name in ("difference", "low", "high"))
    if value is None or not bounded(result):
        return None
    ends = [None if bound is None else _on_axis(bound, reach) for bound in (low, high)]
    return Place(_on_axis(value, reach), ends[0], ends[1])


def signed(result: Result, value: float | None) -> str | None:
    """A difference in digits with its sign."""
    text = printed(result, value)
    if text is None or not float(text):
        return None if text is None else text.removeprefix("-")
    return text.replace("-", "\N{MINUS SIGN}") if text.startswith("-") else f"+{text}"


def chance(p: float | None) -> str | None:
    """A p with two digits that count, at most four decimals."""
    if p is None:
        return None
    return "<0.0001" if p < _LEAST else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def _on_axis(value: float, reach: int) -> float:
    return round(min(100.0, max(0.0, 50 + 50 * value / reach)), 2)
