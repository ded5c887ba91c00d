"""Sessions under a recipe: solved examples by benchmark, the sample's cap on them, headlines, missing splits.

On the pages of this repository, with scripted answers.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOTS = {"arc_challenge": 2, "hellaswag": 2, "mmlu": 2, "truthfulqa": 0, "winogrande": 2, "gsm8k": 2}


@pytest.fixture
def evaluate(tmp_path):
    """Run pytest on this repository's pages; the output and the run's folder."""

    def run(*arguments, status=0):
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        ways = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:anyio"]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "evals/",
            *ways,
            "--engine",
            "scripted",
            "--run-dir",
            str(folder),
            *arguments,
        ]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert found.returncode == status, found.stdout + found.stderr
        return found.stdout + found.stderr, folder

    return run


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text())


def test_the_sample_caps_solved_examples_and_says_so(evaluate):
    output, folder = evaluate("--recipe", "open-llm-v1", "--limit", "3")
    assert "At most 2 solved examples, fewer than the recipe's; --shots K asks for more." in output
    manifest = manifest_of(folder)
    assert manifest["settings"]["shots"] == SHOTS
    drawn = {name: len(facts["shots"]) for name, facts in manifest["benchmarks"].items()}
    assert drawn == SHOTS | {"mmlu": 3 * 2}  # two of each of the sample's three subjects
    prompts = [json.loads(line)["request"] for line in (folder / "prompts.jsonl").read_text().splitlines()]
    asked = [prompt["pairs"][0][0] for prompt in prompts if prompt["kind"] == "LogLikelihood"]
    assert sum(context.count("Question: ") == 3 for context in asked) == 3  # ARC's cases


def test_what_is_asked_for_is_not_capped_and_stands_for_the_recipe_s(evaluate):
    own = ("--shots", "4", "--chat-template", "on")
    output, folder = evaluate("--recipe", "open-llm-v1", "--limit", "3", "-k", "arc_challenge", *own)
    assert "fewer than the recipe's" not in output
    assert "--shots 4 stands for the solved examples of recipe open-llm-v1." in output
    assert "--chat-template on stands for what recipe open-llm-v1 says." in output
    assert "The chat template is for generations; log-likelihoods are asked without it." in output
    assert manifest_of(folder)["settings"]["shots"] == 4
    assert len(manifest_of(folder)["benchmarks"]["arc_challenge"]["shots"]) == 4


def test_the_recipe_s_headlines_and_their_mean_are_in_summary_and_output(evaluate):
    output, folder = evaluate("--recipe", "open-llm-v1")
    summary = json.loads((folder / "summary.json").read_text())
    marked = {(score["benchmark"], score["metric"]) for score in summary["scores"] if score["headline"]}
    assert marked == {
        ("arc_challenge", "acc_norm"),
        ("hellaswag", "acc_norm"),
        ("mmlu", "acc"),
        ("truthfulqa", "mc2"),
        ("winogrande", "acc"),
        ("gsm8k", "strict-match"),
    }
    (found,) = summary["headlines"]
    assert found["mean"] == pytest.approx(sum(one["value"] for one in found["scores"]) / 6)
    assert f"{100 * found['mean']:.1f} is the mean of 6 headline scores (" in output


def test_without_the_split_of_the_examples_a_page_is_not_run_and_the_split_is_named(evaluate, tmp_path):
    path = "allenai/openbookqa/main/test.jsonl"
    content = (ROOT / "fixtures/samples" / path).read_bytes()
    (tmp_path / "mirror" / path).parent.mkdir(parents=True)
    (tmp_path / "mirror" / path).write_bytes(content)
    entry = {"hub_id": "allenai/openbookqa", "config": "main", "split": "test", "path": path, "records": 10}
    entry["sha256"] = hashlib.sha256(content).hexdigest()
    (tmp_path / "mirror/MANIFEST.json").write_text(json.dumps([entry]))
    mirror = ("--data", str(tmp_path / "mirror"), "-k", "openbookqa")
    assert "10 passed" in evaluate(*mirror)[0]
    output, _ = evaluate(*mirror, "--shots", "5", status=12)
    named = f"openbookqa: not run: allenai/openbookqa/main/train: not in {tmp_path}/mirror/MANIFEST.json; add it with"
    assert named in output


def test_a_page_without_such_a_split_refuses_shots(evaluate):
    output, _ = evaluate("--shots", "1", "-k", "lambada", status=4)
    assert "--shots 1: lambada names no split to draw examples from; expected 0 for it" in output


def test_a_headline_that_is_no_metric_of_the_page_ends_the_session(evaluate, tmp_path):
    (tmp_path / "own.toml").write_text('benchmarks = ["piqa"]\nmetrics.piqa = "f1"\n')
    output, _ = evaluate("--recipe", str(tmp_path / "own.toml"), status=4)
    assert "recipe own: found metric 'f1' for piqa; expected one of acc, acc_norm, acc_bytes" in output
