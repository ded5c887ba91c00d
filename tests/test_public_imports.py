"""What README, CONTRIBUTING and the documentation show a page's author can be imported from where they show it."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = sorted(
    {found for path in TEXTS for found in re.findall(r"from (harness[\w.]*) import (\w+)", path.read_text())}
)
ONCE_SHOWN = {("harness.models", "Settings"), ("harness.models", "Weights")}
"""Shown by earlier versions, and still promised."""
LISTED = {
    ("harness", "evaluate"),
    ("harness.benchmark", "Benchmark"),
    ("harness.core", "Case"),
    ("harness.core", "Completion"),
    ("harness.core", "Completions"),
    ("harness.core", "Generate"),
    ("harness.core", "LogLikelihood"),
    ("harness.core", "LogLikelihoods"),
    ("harness.core", "Refusal"),
    ("harness.core", "Request"),
    ("harness.core", "Response"),
    ("harness.core", "Score"),
    ("harness.engines.descriptor", "EngineDescriptor"),
    ("harness.engines.descriptor", "EngineSpec"),
    ("harness.engines.options", "Option"),
    ("harness.engines.options", "STANDARD"),
    ("harness.engines.preparing", "from_weights"),
    ("harness.extract", "last_number"),
    ("harness.extract", "plain_number"),
    ("harness.core", "Execute"),
    ("harness.languages", "Language"),
    ("harness.languages.building.diagnosis", "Diagnosis"),
    ("harness.languages.building.program", "Build"),
    ("harness.languages.building.program", "Program"),
    ("harness.languages.building.sources", "Syntax"),
    ("harness.languages.building.sources", "TEXT"),
    ("harness.languages.building.tools", "Tool"),
    ("harness.metrics.accuracy", "Accuracy"),
    ("harness.metrics.answers", "reference"),
    ("harness.metrics.answers", "text"),
    ("harness.metrics.containment", "Containment"),
    ("harness.metrics.exact_match", "ExactMatch"),
    ("harness.models", "Settings"),
    ("harness.models", "Weights"),
    ("harness.sources", "Row"),
    ("harness.sources", "from_file"),
    ("harness.sources", "from_hub"),
    ("harness.sources", "from_text"),
    ("harness.sources", "haystack"),
}
"""The names whose place is promised."""
WRITTEN = {("harness.metrics.contains", "Contains")}
"""CONTRIBUTING writes it as its example of a metric."""


def test_all_that_is_shown_is_promised():
    assert set(SHOWN) - WRITTEN == LISTED - ONCE_SHOWN


@pytest.mark.parametrize(("module", "name"), sorted(LISTED))
def test_it_is_there(module, name):
    assert hasattr(importlib.import_module(module), name) or importlib.import_module(f"{module}.{name}")
