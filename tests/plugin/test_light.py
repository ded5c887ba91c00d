"""Without torch and datasets: a server is asked, recorded answers are scored, runs are gated and compared."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))
from toy_server import Toy
from toy_server import ToyServer

import harness

ROOT = Path(harness.__file__).parents[1]
HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "pyarrow",
    "pandas",
    "accelerate",
    "gguf",
    "safetensors",
    "tokenizers",
    "huggingface_hub",
)
REFUSING = f'''
"""Refuses the heavy libraries in every interpreter that starts here, as where they are not installed."""
import sys


class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HEAVY!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, Refusing())
'''
IMPORT_ALL = """
import importlib, pkgutil, sys
import harness
for module in pkgutil.walk_packages(harness.__path__, "harness.", onerror=print):
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        print(module.name, error.name)
"""
COMMANDS = """
import sys
from typer.testing import CliRunner
from harness.cli.main import app
for line in sys.argv[1:]:
    done = CliRunner().invoke(app, line.split())
    print(line, done.exit_code, done.output)
"""
OF_ENGINES = "harness.engines.transformers."


@pytest.fixture
def light(tmp_path, monkeypatch):
    """An environment in which the heavy libraries cannot be imported."""
    folder = tmp_path / "refusing"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(REFUSING)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(folder), str(ROOT))))
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


def run(command, folder, status=0):
    """What a command says, after its exit status is checked; never a traceback."""
    words = [sys.executable, *command]
    found = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    output = found.stdout + found.stderr
    assert found.returncode == status, output
    assert "Traceback" not in output, output
    return output


@pytest.mark.usefixtures("light")
def test_all_but_the_parts_of_one_engine_can_be_imported():
    found = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=True, cwd="/")
    lines = [line.split() for line in found.stdout.splitlines()]
    assert {module for module, _ in lines if not module.startswith(OF_ENGINES)} == set()
    assert {library.partition(".")[0] for _, library in lines} <= set(HEAVY)
    assert lines


@pytest.mark.usefixtures("light")
def test_what_needs_an_extra_says_so_in_one_sentence(project):
    (project.path / "pyproject.toml").write_text(
        f'[tool.crosstask]\nevals = ["{ROOT}/evals"]\nsample = "{ROOT}/fixtures/samples"\n'
    )
    pages = (f"{ROOT}/evals/language/boolq.py", "-p", "no:cacheprovider", "--limit", "1", "-q")
    said = run(("-m", "pytest", *pages, "--data", "sample"), project.path, status=4)
    libraries = "torch, transformers, accelerate, gguf, huggingface-hub, safetensors and tokenizers"
    assert f"--engine transformers: {libraries} are not installed; expected pip install 'crosstask[local]'" in said
    said = run(("-m", "pytest", *pages, "--engine", "scripted", "--data", "hub"), project.path, status=4)
    assert "(--data hub): datasets and huggingface-hub are not installed; expected pip install 'crosstask[hub]'" in said
    said = " ".join(run(("-c", COMMANDS, "data fetch mirror -k boolq", "doctor"), project.path).split())
    assert "mirror -k boolq 2 crosstask: rows of the Hub (--data hub): datasets and huggingface-hub are not" in said
    assert "Hub not asked huggingface-hub is not installed; expected pip install 'crosstask[hub]'" in said


@pytest.mark.usefixtures("light")
def test_a_server_is_asked_and_its_run_gated_compared_and_carried_on(project):
    project.page("alpha", rows=4)
    server = ToyServer(Toy())
    try:
        asked = ("--engine", "openai", "--model", "toy", "--base-url", server.url)
        project.run(*asked, "--run-dir", "old")
        project.run(*asked, "--run-dir", "new", "--gate", "--baseline", "old", "--margin", "99pt", status=None)
    finally:
        server.close()
    assert json.loads((project.path / "new/baseline.json").read_text())
    lines = [{"benchmark": "alpha", "case": f"alpha-{k}", "model": "mine", "texts": [f" {k + 1}"]} for k in range(4)]
    (project.path / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    project.run("--engine", "replay", "--answers", "answers.jsonl", "--run-dir", "replayed")
    project.run("--engine", "scripted", "--run-dir", "scripted")
    commands = (
        "report old",
        "report old --format latex",
        "rescore new",
        "compare old new replayed",
        "baseline old baseline.json",
        "plan --detect 30pt old",
        "export old exported.json --format lm-eval",
        "history .",
        "benchmarks",
        "models",
    )
    said = run(("-c", COMMANDS, *commands), project.path)
    for command in commands:
        assert f"\n{command} 0 " in f"\n{said}", said
