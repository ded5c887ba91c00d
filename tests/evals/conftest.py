"""Pages as they stand under `evals/`, and the tables they name."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def page() -> Callable[[str], Benchmark]:
    """Load the benchmark of a page by `<area>/<name>`."""

    def load(name: str) -> Benchmark:
        path = ROOT / "evals" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        benchmark = getattr(module, path.stem)
        assert isinstance(benchmark, Benchmark)
        return benchmark

    return load


@pytest.fixture(scope="session")
def samples() -> Path:
    """The directory of the bundled sample rows."""
    return ROOT / "fixtures" / "samples"
