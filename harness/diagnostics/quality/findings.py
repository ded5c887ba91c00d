"""Security findings by Bandit (https://bandit.readthedocs.io): which of its tests fire in a program, and how severe."""

import re
import tempfile
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from harness.extras import require
from harness.languages.building.syntax import silence
from harness.store.temporary import own_prefix

_ENCODING = re.compile(r"[ \t\f]*#.*?coding[:=]")
"""The comment in one of the first two lines that names a file's encoding (PEP 263)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that Bandit names: its test (`B602`), severity and confidence (LOW, MEDIUM, HIGH), line from 1."""

    test: str
    severity: str
    confidence: str
    line: int
    text: str


def findings(code: str) -> tuple[Finding, ...] | None:
    """What Bandit's default tests say of a Python program, in the order of its lines; None where it cannot read it.

    What a program says to Bandit (`# nosec`) is not heard, nor the encoding it names, as here it is text. Raises
    UsageError where the extra is not installed.
    """
    with tempfile.TemporaryDirectory(prefix=own_prefix()) as folder, silence():
        path = Path(folder) / "program.py"
        path.write_text(_without_encoding(code), encoding="utf-8")
        issues = _issues(str(path))
    return None if issues is None else tuple(sorted(issues, key=lambda issue: (issue.line, issue.test)))


def _issues(path: str) -> list[Finding] | None:
    require("quality", "quality")
    from bandit.core.config import BanditConfig
    from bandit.core.manager import BanditManager

    manager = BanditManager(BanditConfig(), "file", quiet=True, ignore_nosec=True)
    manager.discover_files([path])
    with redirect_stderr(StringIO()):  # where it prints of a program that is too deep for it
        manager.run_tests()
    if manager.get_skipped():
        return None
    return [
        Finding(issue.test_id, issue.severity, issue.confidence, issue.lineno, issue.text)
        for issue in manager.get_issue_list()
    ]


def _without_encoding(code: str) -> str:
    lines = code.split("\n")
    return "\n".join(["#" if _ENCODING.match(line) else line for line in lines[:2]] + lines[2:])
