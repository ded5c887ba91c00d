"""What a run's folder says of each of its models, case by case."""

import pytest

from harness.compare.baseline import read_baseline
from harness.compare.baseline import write_baseline
from harness.compare.load import read

DIGITS = 16


def test_a_system_is_a_model_of_a_run(make, verdicts):
    run = make("run", {"one": {"tins": verdicts("+-")}, "two": {"tins": verdicts("++")}})
    run.clusters["tins", "0"] = "passage"
    run.strata["tins", "1"] = "algebra"
    one, two = run.systems()
    assert (one.name, one.model, one.source) == ("one", "one", str(run.path))
    assert two.about["card"]["name"] == "two"
    assert {name: case.stats for name, case in one.cases["tins"].items()} == {
        "0": {"acc": (1.0, 1.0)},
        "1": {"acc": (0.0, 1.0)},
    }
    assert (one.cases["tins"]["0"].cluster, one.cases["tins"]["1"].stratum) == ("passage", "algebra")
    assert len(one.cases["tins"]["0"].digest) == DIGITS


@pytest.mark.parametrize(("found", "complete"), [(True, True), ("refused", True), ("not_run", False), ("error", False)])
def test_a_run_is_complete_where_every_case_was_measured_or_refused(make, found, complete):
    system = make("run", tins={"0": True, "1": found}).system("A")
    assert system.is_complete is complete
    assert (system.planned, system.settled) == (2, 2 if complete else 1)
    assert system.cases["tins"]["1"].status == ("measured" if found is True else found)


def test_a_benchmark_without_a_planned_case_leaves_a_run_incomplete(make, verdicts):
    assert not make("run", tins=verdicts("+"), cups={}).system("A").is_complete


def stopped(make, verdicts, after):
    """A run whose gate needed the first so many of six cases, of which four were asked."""
    run = make("run", tins={**verdicts("+-+-"), "4": "not_run", "5": "not_run"})
    run.manifest["gate"] = {"sequential": {"looked": {"tins": after}, "finished": after <= 4}}
    return run


def test_a_run_that_its_gate_stopped_is_complete_and_says_so(make, verdicts, tmp_path):
    system = stopped(make, verdicts, 4).system("A")
    assert (system.is_complete, system.planned, system.settled) == (True, 6, 4)
    assert list(system.remarks) == ["tins: 4 of 6 cases were asked, until the gate had decided"]
    write_baseline([system], tmp_path / "baseline.json")
    (kept,) = read_baseline(tmp_path / "baseline.json")
    assert (kept.is_complete, list(kept.remarks)) == (True, list(system.remarks))


def test_a_run_whose_gate_has_not_decided_is_incomplete(make, verdicts):
    assert not stopped(make, verdicts, 6).system("A").is_complete


def test_a_case_that_lacks_a_metric_has_no_score(make):
    run = make(
        "run", {"toy": {"tins": {"0": (True, True), "1": (True,)}}}, {"tins": {"acc": "proportion", "em": "proportion"}}
    )
    cases = run.system("A").cases["tins"]
    assert (cases["0"].status, cases["1"].status, cases["1"].stats) == ("measured", "error", {})


def test_records_of_another_version_are_left_out_and_noted(make, verdicts):
    run = make("run", tins=verdicts("+-"))
    path = run.write() / "manifest.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    (system,) = read(str(run.path))
    assert system.settled == 0
    assert list(system.remarks) == ["toy, tins: 2 records of another benchmark version or model identity left out"]


def test_a_benchmark_that_was_not_run_is_a_remark(make, verdicts):
    run = make("run", tins=verdicts("+"))
    run.manifest["failures"] = {"cups": "gated"}
    assert list(run.system("A").remarks) == ["cups: not run: gated"]
