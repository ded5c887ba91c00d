"""What tests of the sandbox share: one sandbox for a module, and the modules that lie beside them."""

import sys
from pathlib import Path

import pytest

from harness.core import Execute
from harness.sandbox import open_sandbox
from harness.sandbox.limits import Limits

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def sandbox():
    """A sandbox of two slots with a short time limit."""
    opened = open_sandbox(2, limits=Limits(cpu=1.0, wall_constant=8.0))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def execute(sandbox):
    """Run one program against its tests."""

    def run(code, *tests, language="python", **more):
        return sandbox.submit(Execute(language, code, tests, **more)).result(120)

    return run
