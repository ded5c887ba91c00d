"""The models of one run compared with each other, for its summary."""

from typing import Any

from harness.compare.compare import compare
from harness.compare.document import part
from harness.compare.system import systems_of
from harness.compare.table import Choice
from harness.errors import UsageError
from harness.results.folder import Run


def within(run: Run, generalise_over: str | None = None) -> dict[str, Any] | None:
    """All pairs of the run's models, each named as itself; None where no two have a scored case in common."""
    systems = systems_of(run)
    if len(systems) < 2:
        return None
    try:
        return part(compare(systems, Choice(over=generalise_over)))
    except UsageError:
        # nothing in common yet: the scores say which cases are missing
        return None
