"""`crosstask rescore --similarity`: programs that were run in the real sandbox, compared with the references."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cases.pages import load_pages
from harness.cli.main import app
from harness.metrics.codebleu import parts
from harness.results.folder import read_run
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROOT = Path(__file__).parents[2]
pytest.importorskip("tree_sitter_python")
ADDED = ("code_exact_match", "edit_similarity", "bleu", "rougeL", "codebleu")
WRONG = "def {name}(*arguments):\n    return 'no answer at all'\n"
pytestmark = pytest.mark.parametrize("run", [(), ("-n", "2")], ids=["alone", "workers"], indirect=True)


@pytest.fixture(scope="module")
def cases():
    """Four cases of the sample of MBPP."""
    page = load_pages([ROOT / "evals"])["mbpp"]
    opener = Opener(parse_data("sample", samples=ROOT / "fixtures/samples"))
    return page.collect([opener.open(table) for table in page.tables])[:4]


@pytest.fixture(scope="module")
def run(request, cases, tmp_path_factory):
    """The folder of a run of a right answer with prose around it, a wrong one, an empty one, a broken one."""
    path = tmp_path_factory.mktemp("similarity")
    texts = [
        f"Here it is:\n```python\n{cases[0].trial.reference}\n```\nThat is all.",
        f"```python\n{WRONG.format(name=cases[1].trial.names[0])}```",
        "",
        "```python\ndef broken(:\n```",
    ]
    lines = [
        {"benchmark": "mbpp", "case": case.id, "texts": [text], "model": "m"}
        for case, text in zip(cases, texts, strict=True)
    ]
    answers = path / "answers.jsonl"
    answers.write_text("\n".join(map(json.dumps, lines)))
    chosen = " or ".join(case.id for case in cases)
    asked = ["evals/code/mbpp.py", "-k", f"({chosen})", "--data", "sample", "--limit", "all", *request.param]
    replay = ["--engine", "replay", "--answers", str(answers), "--model", "m", "--run-dir", str(path / "run")]
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *asked, *replay],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"CROSSTASK_CACHE": str(path / "cache")},
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return path / "run"


def rescored(run: Path, *options: object) -> str:
    found = CliRunner().invoke(app, ["rescore", str(run), "--evals", str(ROOT / "evals"), *map(str, options)])
    assert found.exit_code == 0, found.output
    return found.stdout


def values(run: Path, metric: str) -> dict[str, float]:
    """Each case's own value of a metric, as it is stored."""
    return {
        record.case: score.stats[0]
        for record in read_run(run).records
        for score in record.scores
        if score.metric == metric
    }


def test_codebleu_is_that_of_the_programs_and_not_of_the_answers(run, cases, tmp_path):
    output = rescored(run, "--similarity", "--out", tmp_path / "again")
    stored = {record.case: record for record in read_run(run).records}
    assert stored[cases[0].id].executions[0].verdict == "passed"
    assert stored[cases[0].id].executions[0].judged != "unsandboxed"
    found = values(tmp_path / "again", "codebleu")
    for case in cases:
        each = parts(stored[case.id].programs[0] or "", case.trial.reference, "python")
        assert found[case.id] == pytest.approx(sum(each) / len(each), abs=1e-12)
    right, wrong, empty, broken = (found[case.id] for case in cases)
    assert right == pytest.approx(1)
    assert 0 < wrong < 0.5
    assert empty == 0
    assert 0 <= broken < 0.5
    summary = json.loads((tmp_path / "again/summary.json").read_text())
    shown = {one["metric"]: one["estimate"]["value"] for one in summary["scores"]}
    assert shown["codebleu"] == pytest.approx((right + wrong + empty + broken) / 4)
    assert (shown["pass@1"], shown["code_exact_match"]) == (0.25, 0.25)
    assert f"codebleu {shown['codebleu'] * 100:.1f} e" in " ".join(output.split())  # no interval; one answer is empty


def test_the_answers_and_the_verdicts_stay(run, tmp_path):
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    output = rescored(run, "--similarity", "--out", tmp_path / "again")
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    assert "mbpp pass@1: 0 verdicts changed in 4 cases" in output
    assert "mbpp codebleu: 4 values changed in 4 cases" in output
    old, new = (
        [(one.case, one.prompts, one.responses, one.programs) for one in read_run(path).records]
        for path in (run, tmp_path / "again")
    )
    assert new == old
    assert values(tmp_path / "again", "pass@1") == values(run, "pass@1")


def test_scores_made_again_without_it_have_it_no_more(run, tmp_path):
    rescored(run, "--similarity", "--out", tmp_path / "again")
    rescored(tmp_path / "again")
    summary = json.loads((tmp_path / "again/summary.json").read_text())
    assert not {one["metric"] for one in summary["scores"]} & set(ADDED)
    rescored(tmp_path / "again", "--similarity")
    summary = json.loads((tmp_path / "again/summary.json").read_text())
    assert set(ADDED) <= {one["metric"] for one in summary["scores"]}
    assert summary["complete"] is True
