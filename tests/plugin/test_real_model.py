"""The main job with real weights: the default model, the pages of this repository, the command a user types."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cases.recipes import load

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TASKS = {
    "arc_challenge": ("language/arc_challenge", "ARC-Challenge-{index}"),
    "arc_easy": ("language/arc_easy", "ARC-Easy-{index}"),
    "boolq": ("language/boolq", "{index}"),
    "cb": ("language/cb", "{index}"),
    "copa": ("language/copa", "{index}"),
    "hellaswag": ("language/hellaswag", "default-{index}"),
    "lambada_openai": ("language/lambada", "default-{index}"),
    "multirc": ("language/multirc", "{idx[paragraph]}-{idx[question]}"),
    "openbookqa": ("language/openbookqa", "main-{index}"),
    "piqa": ("language/piqa", "plain_text-{index}"),
    "rte": ("language/rte", "{index}"),
    "wic": ("language/wic", "{index}"),
    "wsc": ("language/wsc", "{index}"),
    "winogrande": ("language/winogrande", "winogrande_xl-{index}"),
    "truthfulqa_mc1": ("trust/truthfulqa", "multiple_choice-{index}"),
    "truthfulqa_mc2": ("trust/truthfulqa", "multiple_choice-{index}"),
    "gsm8k": ("math/gsm8k", "main-{index}"),
    "mgsm_direct_en": ("math/mgsm", "en-{index}"),
    "mmlu_abstract_algebra": ("language/mmlu", "all-{index}"),
    "mmlu_high_school_us_history": ("language/mmlu", "all-{index}"),
    "mmlu_moral_scenarios": ("language/mmlu", "all-{index}"),
    "mmlu_professional_law": ("language/mmlu", "all-{index}"),
}
KINDS = "gsm8k or boolq or winogrande or conala or perplexity or (truthfulqa and not gen) or multirc or humaneval_x"
"""A page of each kind of request; all pages would take a quarter of an hour."""
ASKED = ("evals/", "-k", KINDS, "--limit", "6", "--refresh")
TWO_SHOT = {f"{task}_2shot": found for task, found in TASKS.items() if task.startswith("mmlu")}
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache shared by this module, so that the weights are fetched once."""
    return tmp_path_factory.mktemp("real-cache")


@pytest.fixture(scope="module")
def evaluate(cache, tmp_path_factory):
    """Run pytest on this repository's pages; the records by (benchmark, case), and the output."""
    place = tmp_path_factory.mktemp("runs")
    env = os.environ | {"CROSSTASK_CACHE": str(cache)}

    def run(name, *arguments, status=0):
        folder = place / name
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--run-dir", str(folder), *arguments]
        found = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=3600, check=False)
        assert found.returncode == status, found.stdout + found.stderr
        lines = [json.loads(line)["record"] for line in (folder / "records.jsonl").read_text().splitlines()]
        return {(line["benchmark"], line["case"]): line for line in lines}, found.stdout

    return run


def verdicts(records):
    return {key: [(score["metric"], score["verdict"]) for score in record["scores"]] for key, record in records.items()}


def test_the_default_run_and_again_without_a_model(evaluate):
    first, output = evaluate("first", "evals/")
    recipe = load("overview")
    assert f"{recipe.sample_limit * len(recipe.benchmarks)} passed" in output
    assert "SAMPLE ROWS" in output
    again, output = evaluate("again", "evals/")
    assert "0 requests asked" in output
    assert verdicts(again) == verdicts(first)


@pytest.fixture(scope="module")
def plain(evaluate):
    """The records of a page of each kind, asked as ever."""
    return evaluate("plain", *ASKED)[0]


@pytest.mark.parametrize("way", [("-n", "2"), ("--batch-tokens", "300")], ids=["workers", "small-batches"])
def test_workers_and_batch_size_change_no_verdict(evaluate, plain, way):
    other, _ = evaluate(way[0], *ASKED, *way)
    assert verdicts(other) == verdicts(plain)
    texts = [{key: record["responses"][0].get("completions") for key, record in run.items()} for run in (plain, other)]
    assert texts[0] == texts[1]


@pytest.fixture(scope="module")
def parity(evaluate, shared):
    """The records of all tasks without solved examples, which one session asks; its model is loaded once."""
    return asked_as_logged(evaluate, shared, TASKS, 0)


def logged(shared, task):
    return [json.loads(line) for line in (shared / f"parity/{task}.jsonl").open()]


def asked_as_logged(evaluate, shared, tasks, shots):
    """The records of the cases that lm-evaluation-harness's logs of some tasks have."""
    nodes = {
        f"evals/{page}.py::test_{page.split('/')[1]}[smollm2-135m-{case_id(case, row)}]"
        for task, (page, case) in tasks.items()
        for row in logged(shared, task)
    }
    how = ("--recipe", "paper", "--data", str(shared / "data/mirror"), "--shots", str(shots))
    return evaluate(f"parity-{shots}", *sorted(nodes), *how)[0]


@pytest.mark.shared
@pytest.mark.parametrize("task", TASKS)
def test_every_verdict_is_lm_evaluation_harness_s(task, parity, shared):
    page, case = TASKS[task]
    rows = logged(shared, task)
    assert rows
    for row in rows:
        agree(task, row, parity[page.split("/")[1], case_id(case, row)])


@pytest.mark.shared
def test_every_verdict_after_solved_examples_is_lm_evaluation_harness_s(evaluate, shared):
    records = asked_as_logged(evaluate, shared, TWO_SHOT, 2)
    for task, (page, case) in TWO_SHOT.items():
        rows = logged(shared, task)
        assert rows
        for row in rows:
            agree(task, row, records[page.split("/")[1], case_id(case, row)])


def test_perplexity_of_the_sample_s_articles_is_lm_evaluation_harness_s(evaluate):
    """Sums of `HFLM.loglikelihood_rolling` (0.4.13, same weights) over the articles as its wikitext task reads them."""
    records, _ = evaluate("articles", "evals/language/perplexity.py", "--recipe", "paper", "--limit", "all")
    found = [records["perplexity", f"wikitext-2-raw-v1-{number}"]["responses"][0] for number in range(8)]
    expected = {
        152: -491.503967,
        108: -379.041504,
        126: -400.773499,
        117: -453.465881,
        115: -399.440308,
        132: -466.754608,
        99: -378.651154,
        103: -397.175720,
    }
    assert [response["tokens"] for response in found] == [[tokens] for tokens in expected]
    assert [response["values"][0] for response in found] == pytest.approx(list(expected.values()), abs=5e-4)


def case_id(pattern, row):
    return pattern.format(index=row["mirror_index"], idx=row["doc"].get("idx"))


def agree(task, row, record):
    """Log-likelihoods to rounding, texts alike as far as both go, metrics equal."""
    scores = {score["metric"]: score["stats"][0] for score in record["scores"]}
    response = record["responses"][0]
    if task in {"gsm8k", "mgsm_direct_en"}:
        ours, theirs = response["completions"][0]["text"], row["generation"]
        assert ours.startswith(theirs)
        if row["generation_tokens"] < row["max_gen_toks"]:
            assert ours == theirs
            del scores["number"]  # a metric of ours, beside theirs
            assert {f"exact_match,{metric}": value for metric, value in scores.items()} == row["metrics"]
        return
    if task == "multirc":  # the log has an answer, a case all answers to a question
        answers = list(zip(response["values"][::2], response["values"][1::2], strict=True))
        (place,) = [
            k for k, found in enumerate(answers) if found == pytest.approx(row["loglikelihoods"], abs=TOLERANCE)
        ]
        choice = int(record["scores"][0]["extracted"].split()[place])
        assert float(choice == row["target"]) == row["metrics"]["acc"]
        return
    if not task.startswith("truthfulqa"):
        assert response["values"] == pytest.approx(row["loglikelihoods"], abs=TOLERANCE)
    names = {"acc": task.removeprefix("truthfulqa_") if task.startswith("truthfulqa") else "acc"}
    for metric in {"acc", "acc_norm", "perplexity"} & set(row["metrics"]):
        assert scores[names.get(metric, metric)] == pytest.approx(row["metrics"][metric], abs=TOLERANCE)


@pytest.fixture(scope="module")
def shared():
    return Path(os.environ["CROSSTASK_SHARED"])
