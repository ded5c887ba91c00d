"""A baseline: the same comparison as from the run's folder, without prompts, targets, answers or paths, and small."""

import json
from dataclasses import replace
from importlib import resources

import jsonschema
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.compare.baseline import read_baseline
from harness.compare.baseline import write_baseline
from harness.compare.compare import compare
from harness.compare.differences import differences
from harness.compare.document import document
from harness.compare.system import CaseScores
from harness.compare.system import System
from harness.errors import StoreError

SCHEMA = json.loads((resources.files("harness") / "schemas" / "baseline.schema.json").read_text(encoding="utf-8"))
METRICS = {"acc": "proportion", "f1": "f1"}


def two_models(make):
    """A run of two models with clusters, strata, and cases without a score."""
    right, wrong = (True, (1, 0, 0)), (False, (0, 1.5, 1))
    parts = {
        "one": {"tins": {"a": right, "b": wrong, "c": "refused", "d": "not_run"}, "cups": {"0": True}},
        "two": {"tins": {"a": wrong, "b": wrong, "c": right, "d": "error"}, "cups": {"0": False}},
    }
    run = make("run", parts, {"tins": METRICS})
    run.clusters.update({("tins", "a"): "p", ("tins", "b"): "p", ("tins", "c"): "q"})
    run.strata.update({("tins", case): "algebra" for case in "abcd"})
    run.manifest["benchmarks"]["tins"]["cases"] = 40
    run.manifest["command"] = ["pytest", "--data", "/home/someone/rows"]
    run.manifest["settings"]["data"] = "/home/someone/rows"
    return run


def test_it_fits_its_schema(make, tmp_path):
    path = tmp_path / "baseline.json"
    write_baseline(two_models(make).systems(), path)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(path.read_text()))


def test_every_score_and_status_comes_back(make, tmp_path):
    systems, path = two_models(make).systems(), tmp_path / "baseline.json"
    write_baseline(systems, path)
    back = read_baseline(path)
    assert [one.model for one in back] == ["one", "two"]
    for one, other in zip(systems, back, strict=True):
        for name, cases in one.cases.items():
            for case, scores in cases.items():
                found = other.cases[name][case]
                kept = ("status", "digest", "stratum", "stats")
                assert [getattr(found, key) for key in kept] == [getattr(scores, key) for key in kept]
        assert (one.planned, one.settled, one.is_complete) == (other.planned, other.settled, other.is_complete)
        assert other.facts("tins")["cases"] == 40


def test_clusters_come_back_as_who_is_together(make, tmp_path):
    write_baseline(two_models(make).systems(), tmp_path / "baseline.json")
    cases = read_baseline(tmp_path / "baseline.json")[0].cases["tins"]
    assert cases["a"].cluster == cases["b"].cluster
    # a cluster of one is a case of its own
    assert [cases[case].cluster for case in "cd"] == [None, None]


def test_a_comparison_with_it_is_the_one_with_the_folder(make, verdicts, tmp_path):
    old, new = make("old", tins=verdicts("+--++--+----")), make("new", tins=verdicts("++-+++-+-+--"))
    new.manifest["models"]["toy"]["settings"]["dtype"] = "bfloat16"
    for run in (old, new):
        run.clusters.update({("tins", str(row)): f"passage {row // 3}" for row in range(12)})
        run.strata.update({("tins", str(row)): f"subject {row % 2}" for row in range(12)})
    ours, theirs = old.system("A"), new.system("B")
    write_baseline([ours], tmp_path / "baseline.json")
    (kept,) = read_baseline(tmp_path / "baseline.json")
    expected, found = (document(compare([one, theirs])) for one in (ours, replace(kept, name="A")))
    assert found["systems"][0].pop("source") == str(tmp_path / "baseline.json")
    expected["systems"][0].pop("source")
    assert found == expected
    assert found["differences"] == [{"kind": "dtype", "benchmark": None, "values": ["float32", "bfloat16"]}]


def test_a_run_and_its_baseline_differ_in_nothing(make, tmp_path):
    systems = two_models(make).systems()
    write_baseline(systems, tmp_path / "baseline.json")
    for one, other in zip(systems, read_baseline(tmp_path / "baseline.json"), strict=True):
        assert differences([one, replace(other, name="B")]) == ()


def test_no_prompt_target_answer_or_path_is_in_it(make, tmp_path):
    write_baseline(two_models(make).systems(), tmp_path / "baseline.json")
    text = (tmp_path / "baseline.json").read_text()
    for secret in ("SECRET TARGET", "/home/someone", "evals/", "command", str(tmp_path)):
        assert secret not in text


def test_it_is_a_line_and_some_forty_bytes_a_case(make, tmp_path):
    cases = {f"main-{row}": row % 3 == 0 for row in range(1319)}
    write_baseline([make("run", gsm8k=cases).system("A")], tmp_path / "baseline.json")
    text = (tmp_path / "baseline.json").read_text()
    assert text.count("\n") == 1319 + 5
    assert len(text) / 1319 < 40
    assert '\n["main-3","' in text


NUMBERS = st.floats(-1e9, 1e9) | st.integers(0, 9).map(float)
TEXT = st.text(st.characters(exclude_categories=()), min_size=1, max_size=8)
SCORED = st.builds(
    CaseScores,
    st.just("measured"),
    st.just("0123456789abcdef"),
    stratum=st.none() | TEXT,
    stats=st.fixed_dictionaries({"acc": st.lists(NUMBERS, min_size=2, max_size=4).map(tuple)}),
)
UNSCORED = st.builds(CaseScores, st.sampled_from(["refused", "error", "not_run"]), st.none())


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(TEXT, SCORED | UNSCORED, max_size=6), TEXT, TEXT)
def test_any_scores_and_names_come_back(tmp_path_factory, cases, model, benchmark):
    facts = {"metrics": [{"name": "acc"}]}
    system = System(model, model, "run", {"models": {}, "benchmarks": {benchmark: facts}}, {benchmark: cases})
    path = tmp_path_factory.mktemp("law") / "baseline.json"
    write_baseline([system], path)
    (back,) = read_baseline(path)
    assert back.cases == system.cases
    assert list(back.cases[benchmark]) == list(cases)


def test_statistics_that_json_cannot_hold_are_one_sentence(make, tmp_path):
    system = make("run", tins={"0": (float("inf"), 1)}).system("A")
    with pytest.raises(StoreError, match=r"run: .*JSON compliant.*; crosstask rescore makes the statistics again"):
        write_baseline([system], tmp_path / "baseline.json")
    assert not (tmp_path / "baseline.json").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: "{", r"baseline\.json: not JSON \(.*\); expected a file that `crosstask baseline` wrote"),
        (
            lambda _: "[]",
            r"baseline\.json: schema None; expected 'crosstask/baseline/1', which `crosstask",
        ),
        (lambda text: text.replace("baseline/1", "baseline/9"), r"schema 'crosstask/baseline/9'; expected"),
        (lambda text: text.replace('"refused"', '"lost"'), r"ValueError status 'lost'; expected a file"),
        (lambda text: text.replace('"columns"', '"rows"'), r"KeyError 'columns'; expected a file"),
        (lambda text: text.replace('["b",', '["a",'), r"ValueError a case of tins stands there twice; expected a file"),
        (lambda text: text.replace('"scores": {', '"scores": 3, "more": {'), r"AttributeError .*; expected a file"),
    ],
)
def test_a_file_that_is_no_baseline_is_one_sentence(make, tmp_path, change, message):
    path = tmp_path / "baseline.json"
    write_baseline(two_models(make).systems(), path)
    path.write_text(change(path.read_text()))
    with pytest.raises(StoreError, match=message):
        read_baseline(path)
