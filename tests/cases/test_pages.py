"""Pages found and imported without pytest."""

from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.cases.pages import evals_directories
from harness.cases.pages import load_pages
from harness.cases.pages import select
from harness.errors import UsageError
from harness.metrics.accuracy import Accuracy
from harness.sources import from_hub

ROOT = Path(__file__).parents[2]
PAGE = '''"""Sums of our own."""

from dataclasses import dataclass

from harness.benchmark import Benchmark
from harness.metrics.accuracy import Accuracy
from harness.sources import from_hub


@dataclass(frozen=True)
class Local:
    size: int


{name} = Benchmark(
    name="{name}", version=1, area="{area}", paper="our own", protocol="zero-shot",
    rows=from_hub("org/{name}", split="test"), to_case=lambda row, shots: None, metrics=(Accuracy(),),
)


@{name}.cases
def test_{name}(case, response, record):
    record({name}.score(case, response))
'''


def write(folder, name, area, file=None):
    path = folder / area / f"{file or name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGE.format(name=name, area=area))
    return path


def test_every_page_below_a_folder_is_found(tmp_path):
    write(tmp_path, "tins", "math")
    write(tmp_path, "jars", "code")
    (tmp_path / "conftest.py").write_text("raise RuntimeError")
    (tmp_path / "code" / "_draft.py").write_text("raise RuntimeError")
    found = load_pages([tmp_path])
    assert {name: page.area for name, page in found.items()} == {"jars": "code", "tins": "math"}


def test_a_page_may_be_named_by_file_and_twice(tmp_path):
    path = write(tmp_path, "tins", "math")
    assert set(load_pages([path, tmp_path])) == {"tins"}


def test_two_pages_of_one_file_name_do_not_meet(tmp_path):
    write(tmp_path, "tins", "math", "page")
    write(tmp_path, "jars", "code", "page")
    assert set(load_pages([tmp_path])) == {"tins", "jars"}


def test_two_pages_with_one_benchmarks_name_are_refused(tmp_path):
    write(tmp_path, "tins", "math")
    write(tmp_path, "tins", "code")
    with pytest.raises(UsageError, match=r"math/tins\.py: benchmark 'tins' stands in .*code/tins\.py too; rename one"):
        load_pages([tmp_path])


@pytest.mark.parametrize("content", ["import nothing_of_that_name", "def broken(:"])
def test_a_page_that_cannot_be_imported_is_named(tmp_path, content):
    (tmp_path / "tins.py").write_text(content)
    with pytest.raises(UsageError, match=r"tins\.py: cannot be imported \(.*\); correct the page"):
        load_pages([tmp_path])


def test_a_path_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match="none: no such folder or page; expected the folder of the pages"):
        load_pages([tmp_path / "none"])


def test_the_folders_come_from_the_projects_table(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["evals", "more"]\n')
    assert evals_directories(tmp_path) == (tmp_path / "evals", tmp_path / "more")


@pytest.mark.parametrize("content", [None, "[tool]\n", "[project]\nname = 'own'\n"])
def test_without_a_table_the_pages_are_those_that_come_with_the_suite(tmp_path, content):
    if content is not None:
        (tmp_path / "pyproject.toml").write_text(content)
    assert evals_directories(tmp_path) == (ROOT / "evals",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[tool.crosstask]\n", r"evals = None in \[tool\.crosstask\]; expected a list of folders, or give --evals DIR"),
        ("[tool.crosstask]\nevals = 'evals'\n", r"evals = 'evals' in \[tool\.crosstask\]; expected a list of folders"),
        ("[tool.crosstask\n", "expected TOML in UTF-8"),
    ],
)
def test_a_project_without_folders_is_told_what_to_do(tmp_path, content, message):
    (tmp_path / "pyproject.toml").write_text(content)
    with pytest.raises(UsageError, match=message):
        evals_directories(tmp_path)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("tins", {"tins"}),
        ("TIN", {"tins", "tin-cups"}),
        ("code", {"jars", "tin-cups"}),
        ("tin and not math", {"tin-cups"}),
        ("tins or jars", {"tins", "jars"}),
        ("not (tins or jars)", {"tin-cups"}),
        ("tin-cups", {"tin-cups"}),
    ],
)
def test_an_expression_selects_by_parts_of_name_and_area(expression, names):
    assert set(select(benchmarks(), expression)) == names


@pytest.mark.parametrize("expression", ["tins jars", "and", "(tins", "tins or", "not", ""])
def test_what_is_no_expression_is_refused(expression):
    with pytest.raises(UsageError, match="no expression; expected parts of names with and, or, not"):
        select(benchmarks(), expression)


def test_an_expression_that_selects_nothing_lists_the_names():
    with pytest.raises(UsageError, match="-k 'cows': no page; expected parts of tins, jars, tin-cups"):
        select(benchmarks(), "cows")


def benchmarks():
    named = (("tins", "math"), ("jars", "code"), ("tin-cups", "code"))
    return {name: benchmark(name, area) for name, area in named}


def benchmark(name, area):
    return Benchmark(
        name=name,
        version=1,
        area=area,
        paper="our own",
        protocol="zero-shot",
        rows=from_hub(f"org/{name}", split="test"),
        to_case=lambda _row, _shots: None,
        metrics=(Accuracy(),),
    )


def test_the_pages_of_this_repository_are_read():
    found = load_pages(evals_directories(ROOT))
    assert {"gsm8k", "truthfulqa", "boolq", "winogrande", "conala"} <= set(found)
