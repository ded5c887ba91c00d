"""Several models in one session are compared in its terminal, summary and report; docs/comparing.md is true."""

import json
import re
import shlex
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.report.summary import summarise
from harness.report.terminal import View
from harness.report.terminal import table
from harness.report.write import write_report
from harness.results.folder import read_run

PAGE = (Path(__file__).parents[2] / "docs" / "comparing.md").read_text(encoding="utf-8")
OURS = {
    "my-model=code": "smollm2-135m=code",
    "code=.6,language=.4": "sums=.6,boolq=.4",
    "gsm8k": "boolq",
    "math": "sums",
}
"""What the page names, and what the sessions' runs have instead."""
NAMES = {"reports/OLD": "OLD", "reports/NEW": "NEW", "reports/RUN": "OLD", "OLD": "OLD", "NEW": "NEW", "RUN": "TWO"}
NAMES |= {"RUN:MODEL": "TWO:one", "A": "OLD", "B": "NEW", "C": "TWO", "DIR": ""}
NAMES |= {"reports/A": "OLD", "reports/B": "NEW", "reports/C": "TWO"}
COMMANDS = re.findall(r"^crosstask .*", PAGE, re.MULTILINE) + re.findall(r"^\| `(crosstask [^`]*)`", PAGE, re.MULTILINE)


def test_a_sessions_models_are_compared_where_it_ends(sessions):
    printed = sessions.printed["TWO"]
    assert "A = one, B = two" in printed
    assert "Better at p Holm < 0.05: none; 1 difference may be chance." in printed
    summary = json.loads((sessions.path / "reports/TWO/summary.json").read_text())
    whole = "\n".join(line.text for line in table(summary, View(detail=1)))
    assert "Models compared: A = one, B = two" in whole
    assert "Beside the model, nothing differs between A and B that could change a number." in whole
    assert re.search(r"^boolq +exact +12 +41\.7 +41\.7 +0\.0 \[", whole, re.MULTILINE)


def test_the_summary_holds_all_pairs_and_fits_its_schema(sessions):
    summary = json.loads((sessions.path / "reports/TWO/summary.json").read_text())
    schema = json.loads((resources.files("harness") / "schemas" / "summary.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(summary)
    found = [(one["first"], one["second"], one["metric"]) for one in summary["comparisons"]["results"]]
    assert found == [("one", "two", "exact"), ("one", "two", "bleu")]


def test_the_report_shows_the_pair(sessions):
    page = (sessions.path / "reports/TWO/report.html").read_text(encoding="utf-8")
    assert '<section id="compared">' in page


def test_one_model_is_compared_with_nothing(sessions):
    assert "Models compared" not in sessions.printed["OLD"]
    assert json.loads((sessions.path / "reports/OLD/summary.json").read_text())["comparisons"] is None
    assert '<section id="compared">' not in (sessions.path / "reports/OLD/report.html").read_text(encoding="utf-8")


def test_models_without_a_scored_case_in_common_are_not_compared(make):
    parts = {"one": {"tins": {"0": True, "1": "refused"}}, "two": {"tins": {"0": "refused", "1": True}}}
    summary = summarise(read_run(make("run", parts).write()))
    assert summary["comparisons"] is None
    assert not any("compared" in line.text for line in table(summary, View(detail=1)))


def test_three_models_are_ranked_in_the_summary(make, verdicts):
    parts = {name: {"tins": verdicts("+-" * 10)} for name in ("one", "two", "three")}
    summary = write_report(make("run", parts).write())
    assert len(summary["comparisons"]["results"]) == 3
    assert summary["comparisons"]["rankings"][0]["groups"] == [["one", "two", "three"]]


def test_models_of_different_benchmarks_keep_their_order(make):
    parts = {
        "one": {"tins": {"0": True}},
        "two": {"cups": {"0": True}},
        "three": {"tins": {"0": True}, "cups": {"0": True}},
    }
    run = make("run", parts)
    run.manifest["models"]["two"]["settings"]["dtype"] = "bfloat16"
    summary = summarise(read_run(run.write()))
    assert "NOT ONLY THE MODEL DIFFERS: dtype; -v shows it" in [line.text for line in table(summary)]
    found = [line.text for line in table(summary, View(detail=1))]
    place = found.index("Models compared: A = one, B = two, C = three")
    assert found[place + 4].split() == ["dtype", "float32", "bfloat16", "float32"]


def test_the_manifest_counts_the_cases_there_are(sessions):
    manifest = json.loads((sessions.path / "reports/OLD/manifest.json").read_text())
    assert manifest["benchmarks"]["boolq"]["cases"] == 12


def test_the_page_names_commands():
    assert {line.split()[1] for line in COMMANDS} == {"compare", "baseline", "plan", "history", "report"}
    assert len(COMMANDS) >= 10


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_runs(sessions, tmp_path, monkeypatch, line):
    said = shlex.split(line, comments=True)[1:]
    monkeypatch.chdir(sessions.path if said[0] == "history" else tmp_path)
    words = [f"{sessions.path}/reports/{NAMES[word]}" if word in NAMES else OURS.get(word, word) for word in said]
    if "baseline.json" in words and words[0] == "compare":
        assert CliRunner().invoke(app, ["baseline", f"{sessions.path}/reports/OLD", "baseline.json"]).exit_code == 0
    if words == ["compare", f"{sessions.path}/reports/TWO:one"]:
        words.append(f"{sessions.path}/reports/TWO:two")
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output


def test_the_example_of_the_page_has_the_titles_that_are_printed(sessions):
    example = re.search(r"```\n(NOT ONLY.*?)```", PAGE, re.DOTALL)[1]
    reports = sessions.path / "reports"
    content = (reports / "NEW" / "manifest.json").read_text()
    (reports / "NEW" / "manifest.json").write_text(content.replace('"dtype": "float32"', '"dtype": "bfloat16"'))
    try:
        printed = CliRunner().invoke(app, ["compare", str(reports / "OLD"), str(reports / "NEW")]).output
    finally:
        (reports / "NEW" / "manifest.json").write_text(content)
    for number in (0, 1, 3):
        assert example.splitlines()[number] in printed
    heads = [line.split() for line in example.splitlines() if line.startswith("benchmark")]
    assert heads == [line.split() for line in printed.splitlines() if line.startswith("benchmark")]
