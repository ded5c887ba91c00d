"""A run's report: `summary.json` and `report.html`, the same bytes for the same folder."""

import json
from pathlib import Path
from typing import Any

from harness.report.html import write_html
from harness.report.summary import summarise
from harness.results.folder import read_run
from harness.store.atomic import write_atomic


def write_report(folder: Path, generalise_over: str | None = None) -> dict[str, Any]:
    """Make the report of a run's folder again and return the summary; `generalise_over` is `summarise`'s.

    Raises UsageError as it does, and StoreError where the folder cannot be read or written; a file is replaced whole or
    not at all.
    """
    run = read_run(folder)
    summary = summarise(run, generalise_over)
    write_atomic(folder / "summary.json", json.dumps(summary, indent=1, ensure_ascii=True, allow_nan=False) + "\n")
    write_html(run, summary, folder / "report.html")
    return summary
