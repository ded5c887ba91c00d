"""Pages: the files of benchmarks under a folder, and what is in them.

The plugin lets pytest import pages; for all else `importlib` does, under module names nothing else uses.
"""

import hashlib
import sys
import tomllib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import module_from_spec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import FunctionType
from types import ModuleType
from typing import Any

import harness
from harness.benchmark import Benchmark
from harness.cases.expressions import matching
from harness.cases.recipes import Recipe
from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Page:
    """A file of the evals folders, as known before it is imported: `names` are parts of its cases' names."""

    path: Path
    names: tuple[str, ...]

    @property
    def benchmark(self) -> str:
        """The benchmark's name, by convention the file's stem."""
        return self.path.stem

    @property
    def area(self) -> str:
        """The benchmark's area, by convention the folder's name."""
        return self.path.parent.name


def find_pages(folders: Iterable[Path], root: Path) -> list[Page]:
    """Every page under the folders, in order; names are the parts of its path below `root` and its test's name."""
    files = (path for folder in folders for path in _below(folder))
    return [Page(path, (*_relative(path, root).parts[1:], f"test_{path.stem}")) for path in files]


def named_by(pages: Sequence[Page], recipe: Recipe, is_argument: Callable[[Path], bool]) -> frozenset[Path]:
    """The pages that the command line names: by their file, or by a folder in which the recipe lists none."""
    listed = {parent for page in pages if recipe.includes(page.benchmark) for parent in page.path.parents}
    return frozenset(
        page.path for page in pages if is_argument(page.path) or any(map(is_argument, set(page.path.parents) - listed))
    )


def is_page(path: Path) -> bool:
    """Whether a file may hold a benchmark: not a conftest, not a package's `__init__`."""
    return path.suffix == ".py" and path.name != "conftest.py" and not path.name.startswith("_")


def table_of(root: Path) -> dict[str, Any] | None:
    """`[tool.crosstask]` of the root's pyproject.toml, None where there is none; raises UsageError on a broken file."""
    path = root / "pyproject.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; expected [tool.crosstask] evals, or give --evals DIR") from error
    except ValueError as error:
        raise UsageError(f"{path}: {error}; expected TOML in UTF-8") from error
    table: dict[str, Any] | None = content.get("tool", {}).get("crosstask")
    return table


def evals_directories(root: Path) -> tuple[Path, ...]:
    """The folders of pages that `[tool.crosstask] evals` of the root's pyproject.toml names.

    Where the root has no such table they are the pages that come with the suite. Raises UsageError where the file or
    the setting is wrong.
    """
    table = table_of(root)
    if table is None and (place := bundled()) is not None:
        return (place[0],)
    names = (table or {}).get("evals")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise UsageError(
            f"{root / 'pyproject.toml'}: evals = {names!r} in [tool.crosstask]; "
            "expected a list of folders, or give --evals DIR"
        )
    return tuple(root / name for name in names)


def load_pages(paths: Sequence[Path]) -> dict[str, Benchmark]:
    """The Benchmark objects at module level of every page under the folders (or of the files) given, by name.

    Raises UsageError where a path is missing, a page cannot be imported, or two pages share a benchmark's name.
    """
    benchmarks: dict[str, Benchmark] = {}
    places: dict[str, Path] = {}
    for page in dict.fromkeys(_pages(paths)):
        for benchmark in _benchmarks(_module(page)):
            if benchmark.name in benchmarks and benchmarks[benchmark.name] is not benchmark:
                raise UsageError(
                    f"{page}: benchmark {benchmark.name!r} stands in {places[benchmark.name]} too; rename one"
                )
            benchmarks[benchmark.name] = benchmark
            places.setdefault(benchmark.name, page)
    return benchmarks


def tests_of(page: Path) -> list[tuple[str, Callable[..., None]]]:
    """The test functions of a page by name, in its order; raises UsageError where the page cannot be imported."""
    members = vars(_module(page)).items()
    return [(name, value) for name, value in members if isinstance(value, FunctionType) and hasattr(value, "benchmark")]


def bundled() -> tuple[Path, Path] | None:
    """The folders of the pages and of the sample rows that come with the suite; None where it was installed without.

    They lie in the package, or beside it in a checkout.
    """
    package = Path(harness.__file__).parent
    places = (package / "bundled", package.parent)
    return next(
        ((place / "evals", place / "fixtures/samples") for place in places if (place / "fixtures/samples").is_dir()),
        None,
    )


def select(benchmarks: Mapping[str, Benchmark], expression: str) -> dict[str, Benchmark]:
    """The benchmarks whose name or area the expression holds for: parts of names, `and`, `or`, `not`, as pytest's -k.

    Raises UsageError where it is no such expression or nothing matches.
    """
    chosen = matching(expression, {name: benchmark.area for name, benchmark in benchmarks.items()}, "page")
    return {name: benchmark for name, benchmark in benchmarks.items() if name in chosen}


def _pages(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (page.resolve() for page in _below(path))
        elif path.is_file():
            yield path.resolve()
        else:
            raise UsageError(f"{path}: no such folder or page; expected the folder of the pages")


def _below(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.py")) if is_page(path)]


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def _module(page: Path) -> ModuleType:
    name = f"crosstask_page_{hashlib.sha256(str(page).encode()).hexdigest()[:16]}_{page.stem}"
    spec = spec_from_file_location(name, page)
    if spec is None or spec.loader is None:
        raise UsageError(f"{page}: no Python file; expected a page that ends in .py")
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their own module up while they are made
    try:
        spec.loader.exec_module(module)
    except (ImportError, SyntaxError) as error:
        raise UsageError(f"{page}: cannot be imported ({error}); correct the page") from error
    return module


def _benchmarks(module: ModuleType) -> Iterator[Benchmark]:
    return (value for value in vars(module).values() if isinstance(value, Benchmark))
