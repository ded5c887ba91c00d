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
COPIED = ("docs", "harness", "evals", "fixtures", "tests/conftest.py", "conftest.py", "pyproject.toml", "README.md")
NEW_FILE = re.compile(r"[Nn]ew file `([^`]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
APPENDED = re.compile(r"appended to `([^`]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"```bash\n(.*?)```", re.DOTALL)
PROGRAMS = {
    "pytest": ["-m", "pytest", "-p", "no:cacheprovider"],
    "crosstask": ["-c", "from harness.cli.main import app; app()"],
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the repository, whose packages are imported in the place of the installed ones."""
    place = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        source = ROOT / name
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)
    return place


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
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    outputs = []
    for line in "".join(COMMANDS.findall(SECTIONS[section])).splitlines():
        program, *arguments = (str(names.get(word, word)) for word in shlex.split(line))
        found = subprocess.run(
            [sys.executable, *PROGRAMS[program], *arguments],
            cwd=copy,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert found.returncode == 0, f"{line}\n{found.stdout}{found.stderr}"
        outputs.append(found.stdout)
    assert outputs, f"{section}: no command"
    return "\n".join(outputs)


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
    output = run("Add a benchmark", copy)
    assert "3 passed" in output
    assert re.search(r"opposites +acc +\S+ \[", output)
    assert "SAMPLE ROWS, no real benchmark: opposites" in output


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
    output = run("Add a model", copy)
    cases, benchmarks = map(int, re.search(r"someone-1b: (\d+) cases of (\d+) benchmarks", output).groups())
    assert 1 < benchmarks < cases
    assert re.search(r"someone-1b +1.5 B +general +base +Apache-2.0 +someone/Model-1B", output)


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
