"""Margins: how large a drop the gate tolerates, in points of the scale that scores are printed on."""

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from harness.errors import UsageError
from harness.printing.points import parse_points
from harness.printing.points import per_point
from harness.statistics import RANGES

DEFAULT = 2.0
"""Points, where none are asked for."""
_TABLE = "[tool.crosstask.gate]"
_KEY = "margin"
_NAMED = re.compile(r"\s*([A-Za-z][\w.-]*)\s*=(.*)")


@dataclass(frozen=True, slots=True)
class Margins:
    """Points by benchmark, and those of all others; `default` is for metrics on a scale of 100 alone."""

    default: float = DEFAULT
    benchmarks: Mapping[str, float] = field(default_factory=dict)

    def points(self, benchmark: str, reducer: str) -> float | None:
        """The margin of a benchmark's metric; None where it has no scale of 100 and no margin of its own."""
        return self.benchmarks.get(benchmark, self.default if _is_of_100(reducer) else None)

    def check(self, known: Iterable[str]) -> None:
        """Raise UsageError where a margin is of a benchmark that is not among the `known`."""
        names = sorted(set(known))
        for name in self.benchmarks:
            if name not in names:
                raise UsageError(f"--margin: found the benchmark {name!r}; expected one of {', '.join(names)}")

    def written(self) -> dict[str, Any]:
        """The margins as the manifest has them."""
        return {"default": self.default, "benchmarks": dict(self.benchmarks)}


def read_margins(table: object, given: Sequence[str]) -> Margins:
    """The margins of the table `[tool.crosstask.gate]`, those of the command line over them.

    The table's `margin` is for all benchmarks, any other key is a benchmark's name; on the command line `2pt` is for
    all and `NAME=2pt` for one. Raises UsageError where one is no margin.
    """
    margins = {} if table is None else dict(_of_table(table))
    for text in given:
        named = _NAMED.fullmatch(text)
        name, points = (named[1], named[2]) if named else (_KEY, text)
        margins[name] = parse_points("--margin", points)
    return Margins(margins.pop(_KEY, DEFAULT), margins)


def from_manifest(written: Mapping[str, Any]) -> Margins:
    """The inverse of `written`."""
    return Margins(written["default"], written["benchmarks"])


def _of_table(table: object) -> Iterable[tuple[str, float]]:
    if not isinstance(table, Mapping):
        raise UsageError(f'{_TABLE}: found {table!r}; expected a table, as margin = "2pt"')
    for name, text in table.items():
        if not isinstance(text, str):
            raise UsageError(f'{_TABLE} {name}: found {text!r}; expected text, as "2pt"')
        yield name, parse_points(f"{_TABLE} {name}", text)


def _is_of_100(reducer: str) -> bool:
    """Whether the metric is printed on a scale that 100 ends."""
    return RANGES.get(reducer, (0.0, 1.0))[1] * (1 / per_point(reducer)) <= 100
