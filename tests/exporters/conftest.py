"""A run of our own, as the tests of the report write it."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def make():
    """Make a run by hand in any folder."""
    path = Path(__file__).parents[1] / "report/conftest.py"
    spec = importlib.util.spec_from_file_location("report_conftest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Folder
