"""The measured figures: the document has a table for each part, and the script hides nothing from its neighbours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("coverage", "comparison", "few", "bounded", "candidates", "problems", "unbounded", "family", "detects")
PARTS += ("pitfalls", "gate", "sequential", "languages", "parity", "beside", "speed")


@pytest.mark.parametrize("part", PARTS)
def test_the_document_has_a_table_of_each_part(part: str) -> None:
    _, _, rest = (ROOT / "docs/statistics.md").read_text().partition(f"<!-- {part} -->\n")
    table, end, _ = rest.partition(f"\n<!-- /{part} -->")
    assert end
    head, rule, *rows = table.splitlines()
    assert rows
    assert {line.count(" | ") for line in (head, rule, *rows)} == {head.count(" | ")}


def test_the_scripts_name_is_not_the_standard_librarys() -> None:
    """A script's folder leads sys.path, so a neighbour that imports `statistics` would find the script."""
    command = [sys.executable, "-c", "import statistics; print(statistics.median([3, 1, 2]))"]
    answer = subprocess.run(command, cwd=ROOT / "benchmarks", capture_output=True, text=True, check=True)
    assert answer.stdout == "2\n"


def test_an_unknown_part_is_refused() -> None:
    command = [sys.executable, str(ROOT / "benchmarks/statistics.py"), "covrage"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert answer.returncode == 2
    assert f"found covrage; expected {', '.join(PARTS)}" in answer.stderr
