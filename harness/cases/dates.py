"""Cases by their date: those of a problem that was published before a model's data was gathered may be known to it.

Jain et al. 2024, "LiveCodeBench: Holistic and Contamination Free Evaluation of Large Language Models for Code",
arXiv:2403.07974, section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from harness.core import Case
from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included, as ISO 8601 has them; None where there is no bound."""

    after: str | None = None
    before: str | None = None

    def __bool__(self) -> bool:
        """Whether there is any bound."""
        return self.after is not None or self.before is not None

    def __contains__(self, day: str) -> bool:
        """Whether a day is within it."""
        return (self.after or day) <= day <= (self.before or day)

    def __str__(self) -> str:
        """The options that say it."""
        given = (("after", self.after), ("before", self.before))
        return " ".join(f"--{name} {day}" for name, day in given if day is not None)


def parse_period(after: Any, before: Any) -> Period:
    """The values of `--after` and `--before`; raises UsageError where one is no date, or they leave no day."""
    period = Period(_day("after", after), _day("before", before))
    if period.after and period.before and period.after > period.before:
        raise UsageError(f"--after: found {period.after}; expected a date up to that of --before, {period.before}")
    return period


def within(benchmark: str, cases: Sequence[Case], period: Period) -> tuple[tuple[Case, ...], str | None]:
    """The cases of a period and a note on those without a date, which stay; all where there is no bound.

    Raises UsageError where cases have dates and none is within the period.
    """
    if not period:
        return tuple(cases), None
    days = sorted(case.date for case in cases if case.date is not None)
    if not days:
        return tuple(cases), f"{benchmark}: its cases have no dates, so {period} leaves them as they are."
    kept = tuple(case for case in cases if case.date is None or case.date in period)
    if not any(case.date for case in kept):
        raise UsageError(f"{benchmark}: found no case within {period}; expected dates from {days[0]} to {days[-1]}")
    return kept, None


def _day(option: str, text: Any) -> str | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(str(text)).isoformat()
    except ValueError as error:
        raise UsageError(f"--{option}: found {str(text)!r}; expected a date as 2024-09-01") from error
