"""A run's scores as comma-separated values (RFC 4180): a line for each number of the summary, in full precision.

For a spreadsheet or a data frame, so values are on the metric's own scale and an empty cell means there is none.
"""

import csv
from collections.abc import Iterator
from collections.abc import Mapping
from io import StringIO
from typing import Any

from harness.report.apart import APART

ALL = "all"
_SCORE = ("model", "area", "benchmark", "version", "metric", "reducer", "signature", "higher_is_better", "headline")
_ESTIMATE = ("value", "low", "high", "level", "method", "n", "clusters", "note")
_COUNTS = ("planned", "measured", "truncated", "empty", "not_extracted", "refused", "errors", "not_run", APART)
COLUMNS = (*_SCORE, "part", *_ESTIMATE, *_COUNTS)
"""`part` says of which cases the number is: `all`, `macro`, `without LIST VERSION`, or a group, `subject: algebra`."""


def comma_separated(summary: Mapping[str, Any]) -> str:
    """The lines with their heading, each ended by a line feed; counts of cases stand beside `all` alone."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for score in summary["scores"]:
        for part, estimate, counts in _parts(score):
            writer.writerow(
                [score[name] for name in _SCORE]
                + [part]
                + [estimate[name] for name in _ESTIMATE]
                + [counts.get(name, 0 if counts and name == APART else None) for name in _COUNTS]
            )
    return text.getvalue()


def _parts(score: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    yield ALL, score["estimate"], score["counts"]
    if score["macro"] is not None:
        yield "macro", score["macro"], {}
    for part in score["without"]:
        yield f"without {part['name']} {part['version']}", part["estimate"], {}
    for breakdown in score["breakdowns"]:
        for group in breakdown["groups"]:
            yield f"{breakdown['by']}: {group['group']}", group["estimate"], {}
