"""CONTRIBUTING.md is true: its files, changes and commands are tried in a copy of the repository."""

import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in TEXT.split("\n## ")[1:]}
FOLDERS = ("docs", "harness", "evals", "fixtures", "tests")
FILES = (
    "conftest.py",
    "pyproject.toml",
    "README.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "reports/README.md",
    "benchmarks/README.md",
)
NEW_FILE = re.compile(r"[Nn]ew file `([^`]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
APPENDED = re.compile(r"appended to `([^`]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"```bash\n(.*?)```", re.DOTALL)
PROGRAMS = {
    "python": [],
    "pytest": ["-m", "pytest", "-p", "no:cacheprovider"],
    "crosstask": ["-c", "from harness.cli.main import app; app()"],
}


def copied(place):
    """A copy of the repository, whose packages are imported in the place of the installed ones."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, place / name)
    return place


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy that the recipes share."""
    return copied(tmp_path_factory.mktemp("copy"))


@pytest.fixture
def fresh(tmp_path):
    """A copy of a test's own."""
    return copied(tmp_path)


@pytest.fixture
def folder(tmp_path):
    """A model folder in the Hub's format with a weight of one number, for engines that need none."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    return tmp_path


def written(section, copy):
    """Write and change the files of a section; the new ones."""
    paths = []
    for name, content in NEW_FILE.findall(SECTIONS[section]):
        paths.append(copy / name)
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        paths[-1].write_text(content, encoding="utf-8")
    for name, content in APPENDED.findall(SECTIONS[section]):
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{content}")
    return paths


def run(section, copy, **names):
    """Run a section's commands in the copy, placeholders replaced; the output of all."""
    lines = "".join(COMMANDS.findall(SECTIONS[section])).splitlines()
    assert lines, f"{section}: no command"
    return "\n".join(output(line, copy, **names) for line in lines)


def output(line, copy, **names):
    """What a command says in the copy, where no folder of shared data is named; it must end well."""
    dropped = ("PYTEST_", "CROSSTASK_SHARED")
    env = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    env |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    program, *arguments = (str(names.get(word, word)) for word in shlex.split(line))
    found = subprocess.run(
        [sys.executable, *PROGRAMS[program], *arguments],
        cwd=copy,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert found.returncode == 0, f"{line}\n{found.stdout}{found.stderr}"
    return found.stdout


def linted(paths, copy):
    """What ruff says of new files under the project's rules."""
    python = [str(path) for path in paths if path.suffix == ".py"]
    command = [sys.executable, "-m", "ruff"]
    found = [
        subprocess.run([*command, *words, *python], cwd=copy, capture_output=True, text=True, check=False)
        for words in (("check", "--no-cache"), ("format", "--check", "--no-cache"))
    ]
    return "".join(one.stdout + one.stderr for one in found if one.returncode)


def test_a_benchmark(copy):
    assert linted(written("Add a benchmark", copy), copy) == ""
    said = run("Add a benchmark", copy)
    assert "8 passed" in said  # its sample rows
    assert re.search(r"opposites +acc +\S+ +\[", said)
    assert "SAMPLE ROWS, no real benchmark: opposites" in said
    assert "`opposites`, `perplexity`" in (copy / "README.md").read_text()
    assert "### opposites\n" in (copy / "docs/benchmarks.md").read_text()
    assert re.search(r"opposites +language", output("crosstask benchmarks", copy))


def test_tests_of_all_pages_pass_with_the_new_one(fresh):
    """No list and no number of pages stands in a test."""
    written("Add a benchmark", fresh)
    output("python docs/tables.py", fresh)
    places = "tests/cases/test_catalogue.py tests/cases/test_recipes.py tests/test_readme.py"
    left_out = "not example and not leaves and not without_the_table and not every_option"
    assert " passed" in output(f"pytest -q {places} -k '{left_out}'", fresh)


def test_a_document_without_the_new_page_is_found(fresh):
    """The test that compares names the command that writes."""
    written("Add a benchmark", fresh)
    with pytest.raises(AssertionError, match=r"README\.md: stale; run python docs/tables\.py"):
        output("pytest -q tests/test_readme.py -k generated", fresh)


def test_a_metric(copy):
    assert linted(written("Add a metric", copy), copy) == ""
    assert "3 passed" in run("Add a metric", copy)


def test_an_engine(copy, folder):
    assert linted(written("Add an engine", copy), copy) == ""
    assert re.search(r"\b4 passed", run("Add an engine", copy, FOLDER=folder))
    (run_folder,) = copy.glob(f"reports/{folder.name}-*")
    records = [json.loads(line)["record"] for line in (run_folder / "records.jsonl").read_text().splitlines()]
    chosen = {score["extracted"] for record in records for score in record["scores"] if score["metric"] == "acc"}
    assert chosen == {"0"}  # " no" is shorter than " yes"


def test_a_language(copy):
    """`tests/plugin/test_own_language.py` asks a page in it."""
    assert linted(written("Add a language", copy), copy) == ""
    assert re.search(r"^\s*perl +\S", run("Add a language", copy), re.MULTILINE)


def test_a_model(copy):
    written("Add a model", copy)
    said = run("Add a model", copy)
    cases, benchmarks = map(int, re.search(r"someone-1b: (\d+) cases of (\d+) benchmarks", said).groups())
    assert 1 < benchmarks < cases
    assert re.search(r"someone-1b +1.5 B +general +base +Apache-2.0 +someone/Model-1B", said)


def test_the_checks_are_those_of_ci():
    checks = COMMANDS.sub("", SECTIONS["The checks"])
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for command in ("ruff check", "ruff format --check", "mypy", "pytest", "pytest -m slow", "pip install"):
        assert command in checks
        assert command in ci
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {"ruff", "mypy"} <= {requirement.partition(">")[0] for requirement in extras["test"]}
    assert (ROOT / "constraints.txt").is_file()


def test_every_recipe_is_one_screen():
    for name, text in SECTIONS.items():
        if name.startswith("Add"):
            assert len(text.splitlines()) <= 85, name


def test_the_files_it_names_are_there():
    new = {name for name, _ in NEW_FILE.findall(TEXT)}
    for name in re.findall(r"`((?:harness|tests|evals|docs|fixtures)/[\w./-]+\.\w+)`", TEXT):
        assert name in new or (ROOT / name).is_file(), name
