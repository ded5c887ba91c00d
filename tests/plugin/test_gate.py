"""The gate in sessions: every verdict and its exit status, what comes before what, and where the verdicts are said."""

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from lxml import etree

from harness.plugin.outputs import settle

WORKERS = [(), ("-n", "2")]
SCHEMA = Path(__file__).parents[1] / "data/junit/junit-10.xsd"


@pytest.fixture(scope="module")
def asked_old(another_project):
    """Three hundred questions of which an old model got 240 right; its scores in the folder `old`."""
    another_project.page("alpha", rows=300)
    another_project.script(answers=another_project.answers("alpha", 300, wrong=range(60)))
    another_project.run("--model", "old", "--run-dir", "old")
    return another_project


@pytest.fixture
def gated(project, asked_old):
    return project.like(asked_old)


def asked_to(project, wrong, **options):
    project.script(answers=project.answers("alpha", 300, wrong=wrong), **options)


GATE = ("--model", "new", "--run-dir", "new", "--baseline", "old", "--gate")
SETS = {"pass": range(60), "regressed": range(150), "inconclusive": range(10, 70)}
STATUS = {"pass": 0, "regressed": 10, "inconclusive": 11}


@pytest.mark.parametrize(("decision", "workers"), [*((decision, ()) for decision in SETS), ("regressed", ("-n", "2"))])
def test_every_verdict_has_its_exit_status(gated, decision, workers):
    asked_to(gated, SETS[decision])
    output = gated.run(*GATE, *workers, status=STATUS[decision])
    assert f"GATE: {decision} against old (1 benchmark: 1 {decision})" in output
    gate = gated.summary(gated.path / "new")["gate"]
    assert gate["decision"] == gate["verdicts"][0]["decision"] == decision
    assert gated.summary(gated.path / "new")["complete"]


def test_an_inconclusive_gate_says_how_many_cases_would_decide_and_that_its_margin_is_small(gated):
    asked_to(gated, SETS["inconclusive"])
    output = gated.run(*GATE, status=11)
    verdict = gated.summary(gated.path / "new")["gate"]["verdicts"][0]
    assert verdict["more"] > 0
    assert f"about {verdict['more']:,} further cases would decide, if the difference stayed what it is" in output
    assert "alpha: the margin 2 is smaller than the detectable difference" in output


@pytest.mark.parametrize(("margin", "status"), [("2pt", 10), ("alpha=40pt", 0), ("40pt", 0), ("alpha=25pt", 10)])
def test_a_margin_decides(gated, margin, status):
    asked_to(gated, SETS["regressed"])
    output = gated.run(*GATE, "--margin", margin, status=status)
    assert (
        f"gate: against old, margin {'2pt, alpha ' if '=' in margin else ''}{margin.partition('=')[2] or margin}"
        in output
    )


def test_margins_and_baseline_may_stand_in_the_configuration(gated):
    (gated.path / "pyproject.toml").write_text(
        '[tool.crosstask]\nevals = ["pages"]\nbaseline = "old"\n[tool.crosstask.gate]\nmargin = "1pt"\nalpha = "40pt"\n'
    )
    asked_to(gated, SETS["regressed"])
    gated.run("--model", "new", "--run-dir", "new", "--gate")
    gated.run("--model", "new", "--run-dir", "new", "--gate", "--margin", "alpha=2pt", status=10)
    # without --gate what is configured rests
    gated.run("--model", "new", "--run-dir", "new")
    assert gated.summary(gated.path / "new")["gate"] is None


@pytest.mark.parametrize("form", ["file", "old:old"])
def test_a_baseline_is_a_file_or_a_model_of_a_run_too(gated, form):
    if form == "file":
        subprocess.run(["crosstask", "baseline", "old", "base.json"], cwd=gated.path, check=True, capture_output=True)
    asked_to(gated, SETS["regressed"])
    named = "base.json" if form == "file" else form
    gated.run("--model", "new", "--run-dir", "new", "--baseline", named, "--gate", status=10)


def test_crosstask_report_makes_the_verdicts_again_without_the_baselines_folder(gated):
    asked_to(gated, SETS["regressed"])
    gated.run(*GATE, status=10)
    (gated.path / "old").rename(gated.path / "elsewhere")
    before = (gated.path / "new/summary.json").read_bytes()
    found = subprocess.run(["crosstask", "report", "new"], cwd=gated.path, check=True, capture_output=True, text=True)
    assert (gated.path / "new/summary.json").read_bytes() == before
    assert "GATE: regressed against old" in found.stdout


def test_several_benchmarks_and_models_are_one_family(project):
    project.page("alpha", rows=300)
    project.page("beta", rows=300, area="words")
    same = [*project.answers("alpha", 300, wrong=range(60)), *project.answers("beta", 300, wrong=range(60))]
    project.script(answers=same)
    project.run("--model", "old", "--run-dir", "old")
    output = project.run("--model", "a", "--model", "b", "--run-dir", "new", "--baseline", "old", "--gate")
    verdicts = project.summary(project.path / "new")["gate"]["verdicts"]
    assert [(one["model"], one["benchmark"]) for one in verdicts] == [
        ("a", "alpha"),
        ("a", "beta"),
        ("b", "alpha"),
        ("b", "beta"),
    ]
    assert [one["level"] for one in verdicts] == pytest.approx([1 - 0.05 / 4] * 4)
    assert "b beta" in output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--gate",),
            "--gate: found no --baseline; expected a run's folder, RUN:MODEL or a file of `crosstask baseline`",
        ),
        (("--baseline", "old"), "--baseline: found no --gate; expected both, as --gate is what decides"),
        (("--margin", "2pt"), "--margin: found no --gate; expected both, as --gate is what decides"),
        (("--sequential",), "--sequential: found no --gate; expected both, as --gate is what decides"),
        (("--gate", "--sequential"), "--gate: found no --baseline"),
        (("--gate", "-n", "2"), "--gate: found no --baseline"),
        (("--gate", "--baseline", "nowhere"), "nowhere: not there; expected the folder of a run"),
        (("--gate", "--baseline", "old:else"), "old: found no model 'else'; expected one of old"),
        (("--gate", "--baseline", "script.json"), "script.json: schema None; expected 'crosstask/baseline/1'"),
        (("--gate", "--baseline", "old", "--margin", "wide"), "--margin: found 'wide'; expected points above 0"),
        (
            ("--gate", "--baseline", "old", "--margin", "gamma=2pt"),
            "--margin: found the benchmark 'gamma'; expected one of",
        ),
        (
            ("--gate", "--baseline", "old", "--sequential", "--model", "second"),
            "--sequential: found 2 models; expected one, as looks are taken of one",
        ),
        (
            ("--gate", "--baseline", "old", "--sequential", "-n", "2", "--dist", "worksteal"),
            "--sequential: found --dist worksteal; expected --dist load, which keeps the order of the cases",
        ),
    ],
)
def test_a_gate_that_cannot_be_is_one_sentence_before_anything_is_asked(gated, arguments, sentence):
    before = len(gated.asked)
    output = gated.run("--model", "new", *arguments, status=4)
    assert sentence in output
    assert "Traceback" not in output
    assert len(gated.asked) == before


def test_an_unknown_key_of_the_gates_table_is_a_benchmark_that_is_not_there(gated):
    (gated.path / "pyproject.toml").write_text(
        '[tool.crosstask]\nevals = ["pages"]\n[tool.crosstask.gate]\nmargins = "2pt"\n'
    )
    assert "--margin: found the benchmark 'margins'; expected one of alpha" in gated.run(*GATE, status=4)


@pytest.mark.parametrize("workers", WORKERS)
def test_no_case_in_common_is_a_usage_error_before_anything_is_asked(gated, workers):
    gated.page("beta", area="words")
    before = len(gated.asked)
    output = gated.run(*GATE, "-k", "beta", *workers, status=4)
    assert "--baseline old: no case in common with new's beta; expected a run of the same benchmarks" in output
    assert len(gated.asked) == before


def test_cases_that_all_have_changed_are_a_usage_error_when_that_is_known(gated):
    rows = gated.path / "pages/sums/alpha.jsonl"
    rows.write_text(rows.read_text().replace("+ 1?", "plus 1?"))
    output = gated.run(*GATE, status=4)
    assert "CASES: alpha: 0 cases compared; 300 with another content" in output
    assert "GATE: no case in common with old" in output


def test_what_is_left_out_is_said_before_the_verdicts(gated):
    gated.page("beta", area="words")
    rows = gated.path / "pages/sums/alpha.jsonl"
    lines = rows.read_text().splitlines()
    lines[5] = lines[5].replace("+ 1?", "plus 1?")
    rows.write_text("\n".join(lines[:298]) + "\n" + json.dumps({"question": "new 1: 1 + 1?", "answer": 2}) + "\n")
    output = gated.run(*GATE, status=None)
    assert "NOT GATED: beta: not in the baseline" in output
    assert "CASES: alpha: 297 cases compared; 2 with another content, 1 in the baseline alone" in output
    assert "NOT ONLY THE MODEL DIFFERS: rows of alpha: " in output


def refuse(project, *cases):
    """A script with which some cases are refused: their tests fail, and the run is complete all the same."""
    script = json.loads((project.path / "script.json").read_text())
    refusals = [{"match": f"alpha {case}:", "refuse": "too long"} for case in cases]
    (project.path / "script.json").write_text(json.dumps(script | {"answers": refusals + script["answers"]}))


@pytest.mark.parametrize(("decision", "status"), [("pass", 1), ("regressed", 10), ("inconclusive", 1)])
def test_a_failed_test_comes_after_a_regression_and_before_an_inconclusive_gate(gated, decision, status):
    asked_to(gated, SETS[decision])
    refuse(gated, 200)
    output = gated.run(*GATE, "--margin", "2.5pt", status=status)
    assert f"GATE: {decision} against old" in output
    assert "1 without a score" in output


@pytest.mark.parametrize("workers", WORKERS)
def test_an_incomplete_run_comes_before_its_verdict(gated, workers):
    page = gated.path / "pages/sums/alpha.py"
    page.write_text(page.read_text().replace("    record(", "    assert case.id != 'alpha-7'\n    record("))
    asked_to(gated, SETS["regressed"])
    output = gated.run(*GATE, *workers, status=12)
    assert "GATE: regressed against old" in output
    assert "INCOMPLETE 299/300" in output


@pytest.mark.parametrize(("raised", "status"), [("KeyboardInterrupt", 2), ("RuntimeError", 3)])
def test_an_interruption_and_an_internal_error_come_before_all(gated, raised, status):
    (gated.path / "conftest.py").write_text(
        f"def pytest_runtest_logfinish(nodeid):\n    if '299' in nodeid:\n        raise {raised}('told to')\n"
    )
    asked_to(gated, SETS["regressed"])
    found = subprocess.run(gated.command(*GATE), cwd=gated.path, capture_output=True, text=True, check=False)
    assert found.returncode == status, found.stdout + found.stderr


OK, FAILED, INTERRUPTED, INTERNAL, USAGE, NOTHING = (pytest.ExitCode(number) for number in range(6))


@pytest.mark.parametrize(
    ("status", "settled"),
    [
        (OK, {"pass": 0, "regressed": 10, "inconclusive": 11, None: 4}),
        (FAILED, {"pass": 1, "regressed": 10, "inconclusive": 1, None: 4}),
        *(
            (status, dict.fromkeys(("pass", "regressed", "inconclusive", None), int(status)))
            for status in (INTERRUPTED, INTERNAL, USAGE, NOTHING)
        ),
    ],
)
def test_the_status_is_settled_from_pytests_and_the_gates(status, settled):
    assert {decision: int(settle({"decision": decision}, status)) for decision in settled} == settled


def test_junit_has_a_test_case_for_each_verdict_and_a_property_for_the_gate(project):
    for name, rows in (("alpha", 300), ("beta", 300), ("gamma", 60)):
        project.page(name, rows=rows)
    sizes = {"alpha": 300, "beta": 300, "gamma": 60}
    project.script(
        answers=[rule for name, rows in sizes.items() for rule in project.answers(name, rows, wrong=range(20))]
    )
    project.run("--model", "old", "--run-dir", "old")
    changed = {"alpha": range(20), "beta": range(150), "gamma": range(3, 23)}
    project.script(
        answers=[rule for name, rows in sizes.items() for rule in project.answers(name, rows, wrong=changed[name])]
    )
    project.run(*GATE, "--margin", "4pt", "--junit-xml", "gate.xml", status=10)
    check_against_schema(project.path / "gate.xml")
    (suite,) = ET.parse(project.path / "gate.xml").getroot()
    properties = {one.get("name"): one.get("value") for one in suite.find("properties")}
    assert properties.pop("crosstask.gate") == "regressed"
    keys = ("decision", "difference", "low", "high", "margin", "n")
    assert list(properties) == [f"crosstask.gate::new::{name}::{key}" for name in sizes for key in keys]
    cases = {one.get("name"): one for one in suite if one.get("classname") == "gate.new"}
    assert {name: [child.tag for child in case] for name, case in cases.items()} == {
        "alpha": [],
        "beta": ["failure"],
        "gamma": ["skipped"],
    }
    decisions = {name: properties[f"crosstask.gate::new::{name}::decision"] for name in sizes}
    assert decisions == {"alpha": "pass", "beta": "regressed", "gamma": "inconclusive"}
    assert cases["beta"].find("failure").get("message").startswith("regressed: exact -43.3 [")
    assert "further cases would decide" in cases["gamma"].find("skipped").get("message")
    counts = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 663, "failures": 1, "errors": 0, "skipped": 1}


def test_the_junit_of_a_sequential_gate_with_workers_passes_the_schema_too(gated):
    asked_to(gated, SETS["regressed"])
    gated.run(*GATE, "--sequential", "-n", "2", "--junit-xml", "gate.xml", status=10)
    check_against_schema(gated.path / "gate.xml")


def check_against_schema(path):
    """Hold a file against junit-10.xsd of Jenkins' xUnit plugin, as pytest's own tests do."""
    schema = etree.XMLSchema(file=str(SCHEMA))
    schema.assertValid(etree.parse(str(path)))


@pytest.mark.parametrize("workers", WORKERS)
def test_githubs_summary_is_appended_to(gated, monkeypatch, workers):
    named = gated.path / "step.md"
    named.write_text("# Before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(named))
    asked_to(gated, SETS["regressed"])
    gated.run(*GATE, *workers, status=10)
    text = named.read_text()
    assert text.startswith("# Before\n")
    assert text.count("### Gate: \N{CROSS MARK} regressed") == text.count("### Scores") == 1


def test_githubs_summary_that_cannot_be_written_is_said_and_changes_no_status(gated, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(gated.path / "nowhere/step.md"))
    output = gated.run("--model", "old", "--run-dir", "again")
    assert "step.md: No such file or directory; the summary is not written" in output
