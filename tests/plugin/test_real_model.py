"""The main job with real weights: the default model, the pages of this repository, the command a user types."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TASKS = {
    "boolq": ("language/boolq", "{index}"),
    "winogrande": ("language/winogrande", "winogrande_xl-{index}"),
    "truthfulqa_mc1": ("trust/truthfulqa", "multiple_choice-{index}"),
    "truthfulqa_mc2": ("trust/truthfulqa", "multiple_choice-{index}"),
    "gsm8k": ("math/gsm8k", "main-{index}"),
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache shared by this module, so that the weights are fetched once."""
    return tmp_path_factory.mktemp("real-cache")


@pytest.fixture
def evaluate(cache, tmp_path, monkeypatch):
    """Run pytest on this repository's pages; the records by (benchmark, case), and the output."""
    monkeypatch.setenv("CROSSTASK_CACHE", str(cache))

    def run(name, *arguments, status=0):
        folder = tmp_path / name
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--run-dir", str(folder), *arguments]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
        assert found.returncode == status, found.stdout + found.stderr
        lines = [json.loads(line)["record"] for line in (folder / "records.jsonl").read_text().splitlines()]
        return {(line["benchmark"], line["case"]): line for line in lines}, found.stdout

    return run


def verdicts(records):
    return {key: [(score["metric"], score["verdict"]) for score in record["scores"]] for key, record in records.items()}


def test_the_default_run_and_again_without_a_model(evaluate):
    first, output = evaluate("first", "evals/")
    assert "40 passed" in output
    assert "SAMPLE ROWS" in output
    again, output = evaluate("again", "evals/")
    assert "0 requests asked" in output
    assert verdicts(again) == verdicts(first)


@pytest.mark.parametrize("way", [("-n", "2"), ("--batch-tokens", "300")], ids=["workers", "small-batches"])
def test_workers_and_batch_size_change_no_verdict(evaluate, way):
    plain, _ = evaluate("plain", "evals/", "--limit", "6", "--refresh")
    other, _ = evaluate("other", "evals/", "--limit", "6", "--refresh", *way)
    assert verdicts(other) == verdicts(plain)
    texts = [{key: record["responses"][0].get("completions") for key, record in run.items()} for run in (plain, other)]
    assert texts[0] == texts[1]


@pytest.mark.shared
def test_every_verdict_is_lm_evaluation_harness_s(evaluate, shared):
    rows = {task: [json.loads(line) for line in (shared / f"parity/{task}.jsonl").open()] for task in TASKS}
    nodes = {
        f"evals/{page}.py::test_{page.split('/')[1]}[smollm2-135m-{case.format(index=row['mirror_index'])}]"
        for task, (page, case) in TASKS.items()
        for row in rows[task]
    }
    records, _ = evaluate("parity", *sorted(nodes), "--data", str(shared / "data/mirror"))
    for task, (page, case) in TASKS.items():
        for row in rows[task]:
            record = records[page.split("/")[1], case.format(index=row["mirror_index"])]
            agree(task, row, record)


def agree(task, row, record):
    """Log-likelihoods to 1e-4 nats, texts alike as far as both go, metrics equal."""
    scores = {score["metric"]: score["stats"][0] for score in record["scores"]}
    response = record["responses"][0]
    if task == "gsm8k":
        ours, theirs = response["completions"][0]["text"], row["generation"]
        assert ours.startswith(theirs)
        if row["generation_tokens"] < row["max_gen_toks"]:
            assert ours == theirs
            assert scores["strict-match"] == row["metrics"]["exact_match,strict-match"]
            assert scores["flexible-extract"] == row["metrics"]["exact_match,flexible-extract"]
        return
    if not task.startswith("truthfulqa"):
        assert response["values"] == pytest.approx(row["loglikelihoods"], abs=1e-4)
    metric = task.removeprefix("truthfulqa_") if task.startswith("truthfulqa") else "acc"
    assert scores[metric] == pytest.approx(row["metrics"]["acc"], abs=1e-4)


@pytest.fixture
def shared():
    return Path(os.environ["CROSSTASK_SHARED"])
