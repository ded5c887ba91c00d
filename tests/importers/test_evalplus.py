"""EvalPlus's results: the pass@k that it printed, by both sets of tests."""

import gzip
import json

import numpy as np
import pytest

from harness.compare.alignment import align
from harness.compare.system import systems_of
from harness.errors import StoreError
from harness.errors import UsageError
from harness.statistics import REDUCERS

PRINTED = {
    "samples": {"humaneval": 0.667, "humaneval_plus": 0.500},
    "greedy": {"humaneval": 1.000, "humaneval_plus": 0.667},
    "base": {"humaneval": 1.000},
}
"""pass@1 as `evalplus.evaluate` 0.3.1 printed it of these files."""


def values(made):
    found = {}
    for (_, name), group in made.groups.items():
        for metric in group.metrics:
            stats = [group.score(case, metric["name"]).stats for case in group.planned]
            value = float(REDUCERS[metric["reducer"]](np.array(stats).sum(axis=0)))
            found.setdefault(name, {})[metric["name"]] = value
    return found


def results(tmp_path, content, name="mine"):
    path = tmp_path / f"{name}_eval_results.json"
    path.write_text(json.dumps(content))
    return path


def sample(base="pass", plus="pass", solution="pass\n"):
    return {"solution": solution, "base_status": base, "plus_status": plus}


@pytest.mark.parametrize("name", PRINTED)
def test_pass_at_1_is_what_evalplus_printed(load, files, name):
    made = load("evalplus", files / f"evalplus/{name}_eval_results.json")
    found = {benchmark: round(one["pass@1"], 3) for benchmark, one in values(made).items()}
    assert found == PRINTED[name]
    assert list(made.manifest["planned"]) == [name]


def test_samples_lead_to_their_results(load, files):
    made = load("evalplus", files / "evalplus/samples.jsonl", model="mine")
    assert values(made) == {"humaneval": {"pass@1": pytest.approx(2 / 3)}, "humaneval_plus": {"pass@1": 0.5}}
    record = made.records["humaneval_plus", "HumanEval/2"]
    programs = [json.loads(line)["solution"] for line in (files / "evalplus/samples.jsonl").read_text().splitlines()]
    assert [one.text for one in record.responses[0].completions] == programs[4:]
    assert record.scores[0].verdict is None
    assert list(made.manifest["planned"]) == ["mine"]
    assert "Models are named after the files." not in made.manifest["notes"]


def test_results_packed_by_gzip_are_the_same(load, files, tmp_path):
    folder = tmp_path / "packed"
    folder.mkdir()
    for name in ("samples.jsonl", "samples_eval_results.json"):
        (folder / f"{name}.gz").write_bytes(gzip.compress((files / "evalplus" / name).read_bytes()))
    plain = load("evalplus", files / "evalplus/samples_eval_results.json", "plain")
    for number, path in enumerate((folder, folder / "samples.jsonl.gz", folder / "samples_eval_results.json.gz")):
        found = load("evalplus", path, f"packed{number}")
        assert values(found) == values(plain)
        assert [one.digest for one in found.records.values()] == [one.digest for one in plain.records.values()]
        assert list(found.groups) == list(plain.groups)


def test_one_sample_is_right_or_wrong(load, files):
    made = load("evalplus", files / "evalplus/greedy_eval_results.json")
    scores = {key: record.scores[0] for key, record in made.records.items()}
    assert (scores["humaneval", "HumanEval/2"].verdict, scores["humaneval", "HumanEval/2"].cause) == ("correct", None)
    plus = scores["humaneval_plus", "HumanEval/2"]
    assert (plus.verdict, plus.cause, plus.stats) == ("wrong", "fail", (0.0, 1.0))
    assert made.manifest["benchmarks"]["humaneval"]["metrics"][0]["reducer"] == "proportion"


def test_pass_at_k_needs_k_samples_of_every_problem(load, tmp_path):
    ten = [sample("pass" if number < 3 else "timeout") for number in range(10)]
    made = load("evalplus", results(tmp_path, {"hash": "h", "eval": {"Mbpp/2": ten, "Mbpp/3": [*ten, sample()]}}))
    assert values(made)["mbpp"] == {"pass@1": pytest.approx((3 / 10 + 4 / 11) / 2), "pass@10": 1.0}
    assert made.manifest["benchmarks"]["mbpp"]["protocol"] == "EvalPlus, base tests, samples a problem: 10, 11"


def test_cases_align_by_the_version_of_the_dataset(load, files, tmp_path):
    first, second = (
        load("evalplus", files / f"evalplus/{name}_eval_results.json", name) for name in ("greedy", "base")
    )
    overlap = align(systems_of(first.run)[0], systems_of(second.run)[0], "humaneval")
    assert len(overlap.compared) == 3
    content = json.loads((files / "evalplus/base_eval_results.json").read_text())
    for number, change in enumerate(({"hash": "another"}, {"hash": None})):
        other = load("evalplus", results(tmp_path, content | change), f"other-{number}")
        overlap = align(systems_of(first.run)[0], systems_of(other.run)[0], "humaneval")
        assert (overlap.compared, len(overlap.changed)) == ((), 3)


def test_a_total_that_the_file_has_is_checked(load, tmp_path):
    content = {"hash": "h", "eval": {"HumanEval/0": [sample(plus="fail")]}, "pass_at_k": {"base": {"pass@1": 0.5}}}
    made = load("evalplus", results(tmp_path, content))
    assert "mine, humaneval: pass@1 is 0.5 in the file, 1 by its statuses." in made.manifest["notes"]


def test_a_folder_of_samples_names_the_model(load, tmp_path):
    place = tmp_path / "starcoder"
    place.mkdir()
    (place / "eval_results.json").write_text(json.dumps({"eval": {"HumanEval/0": [sample()]}}))
    assert list(load("evalplus", tmp_path).manifest["planned"]) == ["starcoder"]


def test_files_of_one_setting_are_one_run(load, tmp_path):
    content = {"hash": "h", "eval": {"HumanEval/0": [sample()]}}
    results(tmp_path, content, "one")
    results(tmp_path, content, "two")
    assert list(load("evalplus", tmp_path).manifest["planned"]) == ["one", "two"]
    results(tmp_path, {**content, "hash": "other"}, "three")
    with pytest.raises(UsageError, match=r"has other rows or samples a problem; import the files apart"):
        load("evalplus", tmp_path, "again")
    with pytest.raises(UsageError, match=r"m has humaneval in another file too; name one of the files"):
        load("evalplus", tmp_path, "named", model="m")


BROKEN = [
    ("no eval", {}, r"_eval_results\.json: field 'eval': found nothing; expected an object"),
    ("no problem", {"eval": {}}, r"field 'eval': found nothing; expected at least one problem"),
    (
        "no sample",
        {"eval": {"HumanEval/0": []}},
        r"eval: field 'HumanEval/0': found \[\]; expected at least one sample",
    ),
    ("no list", {"eval": {"HumanEval/0": 1}}, r"eval: field 'HumanEval/0': found 1; expected a list"),
    ("odd sample", {"eval": {"HumanEval/0": [1]}}, r"eval, HumanEval/0 0: found 1; expected a JSON object"),
    ("no status", {"eval": {"HumanEval/0": [{"solution": ""}]}}, r"HumanEval/0 0: field 'base_status': found nothing"),
    (
        "other tasks",
        {"eval": {"Java/0": [sample()]}},
        r"problems such as 'Java/0'; expected those of HumanEval/ or of M",
    ),
]


@pytest.mark.parametrize(("content", "message"), [one[1:] for one in BROKEN], ids=[one[0] for one in BROKEN])
def test_a_broken_file_is_named(load, tmp_path, content, message):
    with pytest.raises(StoreError, match=message) as raised:
        load("evalplus", results(tmp_path, content))
    assert "\n" not in str(raised.value)


def test_samples_without_results_say_what_is_missing(load, tmp_path):
    (tmp_path / "samples.jsonl").write_text("{}")
    for path in (tmp_path, tmp_path / "samples.jsonl"):
        with pytest.raises(
            StoreError, match=r"no \*_eval_results\.json; expected what `evalplus.evaluate --samples FILE"
        ):
            load("evalplus", path)
