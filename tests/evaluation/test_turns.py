"""A run of cases with several turns: one program of all answers, one sample a case, and the same when scored again."""

import json
import shutil
from pathlib import Path

import pytest

from harness import evaluate
from harness.cases.pages import load_pages
from harness.report.rescore import rescore
from harness.results.folder import read_run

SAMPLED = {"samples": 3, "temperature": 0.5, "unsandboxed": True}
ROOT = Path(__file__).parents[2]
ANSWERS = [
    {"match": r'named "numbers"\.\n$', "text": "numbers = [1, 2, 3, 4]\n"},
    {"match": r"Keep only the even numbers\.\n$", "text": "numbers = [n for n in numbers if n % 2 == 0]\n# next"},
    {"match": r"Print their sum\.\n$", "text": "print(sum(numbers))"},
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path / "cache"))
    (tmp_path / "pages/code").mkdir(parents=True)
    shutil.copy(ROOT / "evals/code/mtpb.py", tmp_path / "pages/code")
    sample = json.dumps(str(ROOT / "fixtures/samples"))
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.crosstask]\nevals = ["pages"]\nengine = "scripted"\nsample = {sample}\n'
    )
    (tmp_path / "script.json").write_text(json.dumps({"answers": ANSWERS}))
    return tmp_path


def test_the_program_of_a_case_is_made_of_all_its_answers(root: Path) -> None:
    script = str(root / "script.json")
    run = evaluate("toy", root=root, answers=script, data="sample", limit="all", **SAMPLED)
    (score,) = [score for score in run.summary["scores"] if score["metric"] == "pass@1"]
    # every program sums 2 and 4, which two of the first problem's five inputs want
    assert (score["estimate"]["value"], score["counts"]["measured"]) == (2 / 20, 20)
    groups = {part["by"]: {group["group"]: group["n"] for group in part["groups"]} for part in score["breakdowns"]}
    assert groups["turns"] == {"2": 5, "3": 10, "4": 5}
    assert set(groups["problem"]) == {"1", "2", "3", "4"}
    notes = json.loads((run.path / "manifest.json").read_text())["notes"]
    assert "mtpb: one sample a case, as each sample would have turns of its own" in notes
    (root / "again").mkdir()
    changes = rescore(read_run(run.path), load_pages([root / "pages"]), root / "again")
    assert [(change.cases, change.changed) for change in changes] == [(20, 0), (20, 0)]
