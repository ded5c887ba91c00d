"""Scores in lm-evaluation-harness's shape: its keys and names, and its own numbers there and back."""

import json
from pathlib import Path

import pytest

from harness.cases.pages import load_pages
from harness.encoding import encode
from harness.errors import UsageError
from harness.exporters.lm_eval import results
from harness.importers.run import ImportOptions
from harness.importers.run import write
from harness.importers.tools import read_with
from harness.results.folder import read_run

ROOT = Path(__file__).parents[2]
FILES = ROOT / "tests/data/importers/lm_eval"
KEYS = {"results", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples", "config"}
"""What 0.4.13's `make_table` and result_schema.py name and a run of ours knows."""
SUMMED_OTHERWISE = {("multirc", "acc_stderr,none"), ("lambada_openai", "perplexity_stderr,none")}
"""Standard errors of clusters, and lm-evaluation-harness's bootstrap: a run of ours has intervals for these."""


def exported(folder, tmp_path, pages, model=None):
    write(read_with("lm-eval", folder, ImportOptions(pages)), tmp_path / "run", ["crosstask"])
    return results(read_run(tmp_path / "run"), model)


def told(folder):
    found = {}
    for path in folder.rglob("results_*.json"):
        found |= json.loads(path.read_text())["results"]
    return found


@pytest.mark.parametrize("folder", ["zero", "shots", "chat"])
@pytest.mark.parametrize("paged", [True, False], ids=["pages", "no pages"])
def test_what_was_imported_is_exported_as_it_was(tmp_path, folder, paged):
    pages = load_pages([ROOT / "evals"]) if paged else {}
    made = exported(FILES / folder, tmp_path, pages)
    for task, numbers in told(FILES / folder).items():
        assert task in made["results"]
        for name, value in numbers.items():
            if name in ("name", "alias") or (task, name) in SUMMED_OTHERWISE or (not paged and name.startswith("f1")):
                continue
            if name == "sample_len" and task in ("multirc", "mgsm_direct_en", "gsm8k"):
                continue  # answers to one question are one case here, and it counts each filter's lines
            expected = value if isinstance(value, str) else pytest.approx(value)
            assert made["results"][task][name] == expected, (task, name)
    assert set(made) >= KEYS
    for task in made["results"]:
        assert {task} <= set(made["versions"]) & set(made["n-samples"]) & set(made["configs"])
        better = made["higher_is_better"][task]
        named = {name.partition(",")[0] for name in made["results"][task] if "," in name}
        assert set(better) == {name for name in named if not name.endswith("_stderr")}


def test_shots_and_settings_are_those_the_run_knows(tmp_path):
    made = exported(FILES / "shots", tmp_path, load_pages([ROOT / "evals"]))
    assert made["n-shot"] == {"boolq": 1, "mmlu": 1, "mmlu_computer_security": 1}
    assert made["config"]["model"] == "crosstask lm-eval hf"
    assert made["config"]["model_args"] == {"pretrained": "smollm2-135m", "dtype": "float32"}
    assert (made["model_source"], made["model_name"]) == ("crosstask", "smollm2-135m")
    assert made["transformers_version"] == "5.23.0"
    assert "lm_eval_version" not in made


def test_strata_are_the_tasks_of_a_group(tmp_path):
    made = exported(FILES / "zero", tmp_path, load_pages([ROOT / "evals"]))
    assert made["group_subtasks"] == {"mgsm_direct": ["mgsm_direct_en"], "mmlu": ["mmlu_computer_security"]}
    assert made["groups"]["mmlu"] == made["results"]["mmlu"]
    assert made["results"]["mmlu_computer_security"]["acc,none"] == made["results"]["mmlu"]["acc,none"]


class Run:
    """A run of our own with two models, written by hand."""

    def __init__(self, make, path):
        self.folder = make(path)

    def second_model(self):
        self.folder.manifest["models"]["other"] = {"card": {"name": "other"}}
        self.folder.manifest["planned"]["other"] = {"moons": ["moon-0"]}


@pytest.fixture
def own(tmp_path, make):
    return Run(make, tmp_path / "own")


def test_a_run_of_ours_has_its_own_names(own):
    made = results(read_run(own.folder.write()))
    assert made["results"]["tins"] == {
        "name": "tins",
        "alias": "tins",
        "sample_len": 12,
        "exact,none": 1.0,
        "exact_stderr,none": 0.0,
    }
    assert made["versions"] == {"tins": 1, "moons": 1}
    assert made["n-shot"] == {"tins": 0, "moons": 0}
    assert made["n-samples"]["moons"] == {"effective": 3}
    config = made["configs"]["tins"]
    assert (config["dataset_path"], config["dataset_name"], config["test_split"]) == ("org/rows", "default", "test")
    assert config["metadata"] == {
        "version": 1,
        "crosstask": {"benchmark": "tins", "signatures": {"exact": "exact|v:1"}},
    }
    assert made["date"] == 1767323045.0
    assert made["total_evaluation_time_seconds"] == "61.0"


def test_cases_without_a_score_are_not_in_it(own):
    own.folder.change("moon-1", status="error", scores=())
    own.folder.drop("moon-2")
    made = results(read_run(own.folder.write()))
    assert made["results"]["moons"]["sample_len"] == 1
    assert made["results"]["moons"]["acc_stderr,none"] == "N/A"
    for number in range(3):
        own.folder.drop(f"moon-{number}")
    assert results(read_run(own.folder.write()))["results"]["moons"]["acc,none"] == "N/A"


def test_how_many_examples_is_as_the_settings_say(own):
    own.folder.manifest["benchmarks"]["tins"]["shots"] = ["a", "b", "c", "d"]
    own.folder.manifest["settings"]["shots"] = {"tins": 2}
    assert results(read_run(own.folder.write()))["n-shot"] == {"tins": 2, "moons": 0}
    own.folder.manifest["settings"]["shots"] = None
    assert results(read_run(own.folder.write()))["n-shot"] == {"moons": 0}


def test_one_model_a_file(own):
    own.second_model()
    run = read_run(own.folder.write())
    with pytest.raises(UsageError, match=r"found 2 models to export; name one of toy, other with --model"):
        results(run)
    with pytest.raises(UsageError, match=r"found 0 models to export; name one of toy, other with --model"):
        results(run, "third")
    assert list(results(run, "other")["results"]) == ["moons"]
    assert encode(results(run, "toy")["results"])["tins"]["exact,none"] == 1.0
