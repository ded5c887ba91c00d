"""Run folders of earlier versions open, say the same, and are what today's command leaves.

`0.1.0` was written before the house was moved, on the bundled sample rows, by the command that its manifest has; its
answers are scripted.
"""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness import evaluate
from harness.cli.main import app
from harness.evaluation.evaluated import Evaluated
from harness.results.folder import read_run

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path for path in (ROOT / "tests/data/old_runs").iterdir() if path.is_dir())
BENCHMARKS = ["humaneval", "gsm8k", "boolq", "mmlu", "perplexity"]


@pytest.fixture(params=FOLDERS, ids=lambda path: path.name)
def old(request, tmp_path):
    """A copy of the folder."""
    return Path(shutil.copytree(request.param, tmp_path / "old"))


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


def near(value):
    """The same, each number but for its last digits, which differ from one processor to another."""
    if isinstance(value, dict):
        return {name: near(part) for name, part in value.items()}
    if isinstance(value, list):
        return [near(part) for part in value]
    return pytest.approx(value, rel=1e-12, abs=1e-12) if isinstance(value, float) else value


def scores(made):
    """A summary's scores, without what later versions say of them."""
    return [{name: part for name, part in score.items() if name != "between"} for score in made["scores"]]


def test_its_report_is_made_again_as_it_was(old):
    before = summary(old)
    found = CliRunner().invoke(app, ["report", str(old)])
    assert found.exit_code == 0, found.output
    now = summary(old)
    assert {name: now[name] for name in before} | {"scores": scores(now)} == near(before)
    assert now.keys() - before.keys() <= {"areas", "latency"}
    assert (old / "report.html").stat().st_size > 100_000


def test_todays_extraction_and_metrics_give_its_scores(old):
    before = summary(old)
    found = CliRunner().invoke(app, ["rescore", str(old), "--evals", str(ROOT / "evals")])
    assert found.exit_code == 0, found.output
    assert scores(summary(old)) == near(before["scores"])


def test_it_is_compared_and_listed_and_exported(old, tmp_path):
    for command in (
        ["compare", f"{old}:first", f"{old}:second"],
        ["baseline", str(old), str(tmp_path / "baseline.json")],
        ["plan", str(old)],
        ["history", str(old.parent)],
        ["export", str(old), str(tmp_path / "out.json"), "--format", "lm-eval", "--model", "first"],
    ):
        found = CliRunner().invoke(app, command)
        assert found.exit_code == 0, f"{command}: {found.output}"


def test_the_same_command_leaves_the_same_today(old, tmp_path, monkeypatch):
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path / "cache"))
    answers = old / "answers.json"
    shutil.copy(ROOT / "tests/data/old_runs/answers.json", answers)
    run = evaluate(
        ["first", "second"],
        BENCHMARKS,
        root=ROOT,
        recipe="all",
        data="sample",
        engine="scripted",
        answers=answers,
        limit=4,
        samples=2,
        temperature="0.8",
        run_dir=tmp_path / "new",
    )
    before = read_run(old).manifest
    after = read_run(run.path).manifest
    assert after["plan"] == before["plan"]
    assert after["planned"] == before["planned"]
    assert after["settings"] == before["settings"]
    assert scores(run.summary) == near(summary(old)["scores"])


def test_python_reads_it(old):
    run = Evaluated.read(old)
    assert run.complete
    assert len(run.cases()) == sum(row["planned"] for row in run.scores())
