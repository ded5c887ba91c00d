"""The wheel carries the pages and the sample rows: the suite works wherever it is installed."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COPIED = ("harness", "evals", "fixtures", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The files of the wheel, unpacked where nothing of the repository lies beside them."""
    place = tmp_path_factory.mktemp("wheel")
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "built", "."]
    subprocess.run(command, cwd=place, check=True, capture_output=True)
    (wheel,) = (place / "built").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site-packages")
    return place / "site-packages"


def run(installed, folder, code):
    """What code prints that runs on the unpacked wheel alone, as a list of JSON values."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(installed)!r})\n{code}"]
    found = subprocess.run(command, cwd=folder, env={"PATH": ""}, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return [json.loads(line) for line in found.stdout.splitlines()]


def test_its_packages_are_one(installed):
    assert {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")} == {"harness"}


def test_it_has_every_page_and_every_sample(installed):
    for folder in ("evals", "fixtures/samples"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                there = installed / "harness/bundled" / path.relative_to(ROOT)
                assert there.read_bytes() == path.read_bytes(), path


def test_evaluate_runs_its_pages_on_its_rows(installed, tmp_path):
    code = """
import json, os
os.environ["CROSSTASK_CACHE"] = "cache"
import harness
from harness import evaluate
run = evaluate(benchmarks=["boolq", "gsm8k"], engine="scripted")
print(json.dumps([harness.__file__, run.complete, sorted({row["benchmark"] for row in run.scores()})]))
"""
    ((place, complete, names),) = run(installed, tmp_path, code)
    assert Path(place).is_relative_to(installed)
    assert (complete, names) == (True, ["boolq", "gsm8k"])
    assert len(list((tmp_path / "reports").iterdir())) == 1


def test_the_command_lists_its_pages(installed, tmp_path):
    code = "from typer.testing import CliRunner; from harness.cli.main import app; import json\n"
    code += 'print(json.dumps(CliRunner().invoke(app, ["benchmarks"]).output))'
    (listed,) = run(installed, tmp_path, code)
    assert "gsm8k" in listed
