"""Several runs in one page: the same cases side by side, and what else differs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core import Score
from harness.errors import UsageError
from harness.importers.run import ImportOptions
from harness.importers.run import write
from harness.importers.tools import read_with
from harness.report.summary import summarise
from harness.report.together import default_path
from harness.report.together import read_together
from harness.report.together import write_together

FILES = Path(__file__).parents[1] / "data/importers"


@pytest.fixture
def second(make, tmp_path):
    """Another run of the same model and cases, with another engine; two answers differ, one each way."""
    folder = make(tmp_path / "again")
    folder.records = [
        folder.tin(one.case, " 9") if one.case == "tin-1" else replace(one, identity=None) for one in folder.records
    ]
    folder.manifest["settings"] = {"seed": 1, "data": "hub"}
    return folder


def wrong(folder, case):
    folder.change(case, scores=(Score("exact", (0.0, 1.0), "wrong", "7"),))


def test_the_same_model_of_two_runs_is_told_apart_by_their_folders(folder, second):
    wrong(folder, "tin-0")
    summary = summarise(read_together([folder.write(), second.write()]))
    assert [(one["model"], one["estimate"]["value"]) for one in summary["scores"] if one["benchmark"] == "tins"] == [
        ("toy (run)", 11 / 12),
        ("toy (again)", 11 / 12),
    ]
    (shown,) = [one for one in summary["comparisons"]["results"] if one["benchmark"] == "tins"]
    assert (shown["wins"], shown["losses"], shown["n"]) == (1, 1, 12)
    assert summary["complete"]


def test_what_differs_between_the_runs_is_told_with_each_value(folder, second):
    summary = summarise(read_together([folder.write(), second.write()]))
    assert {"kind": "seed", "benchmark": None, "values": ["0", "1"]} in summary["comparisons"]["differences"]


def test_a_note_of_all_runs_is_said_once_and_that_of_one_with_its_run(folder, second):
    second.manifest["notes"].append("Answers are scripted.")
    summary = summarise(read_together([folder.write(), second.write()]))
    assert summary["notes"] == ["Answers are cut to 64 tokens.", "again: Answers are scripted."]


def test_cases_of_another_content_stand_apart(folder, second):
    for run, sha in ((folder, "1"), (second, "2")):
        run.manifest["benchmarks"]["tins"]["data"] = [{"source": "hub", "name": "tins", "sha256": sha}]
    second.change("tin-3", digest="f" * 64)
    summary = summarise(read_together([folder.write(), second.write()]))
    (shown,) = [one for one in summary["comparisons"]["results"] if one["benchmark"] == "tins"]
    assert shown["n"] == 11
    assert "toy (again): tins: 1 case of another content stand apart" in summary["notes"]


def test_a_metric_that_one_run_lacks_is_left_out_and_said(folder, second):
    more = {"name": "loose", "reducer": "mean", "signature": "loose|v:1", "higher_is_better": True}
    folder.manifest["benchmarks"]["tins"]["metrics"].append(more)
    for row in range(12):
        folder.change(f"tin-{row}", scores=(Score("exact", (1.0, 1.0), "correct"), Score("loose", (1.0, 1.0))))
    summary = summarise(read_together([folder.write(), second.write()]))
    assert {one["metric"] for one in summary["scores"]} == {"exact", "acc"}
    assert "tins: loose: not in every run, or reckoned otherwise, and left out" in summary["notes"]


def test_an_older_version_of_a_benchmark_keeps_its_records(folder, second):
    second.manifest["benchmarks"]["tins"]["version"] = 2
    second.records = [replace(one, version=2) if one.benchmark == "tins" else one for one in second.records]
    summary = summarise(read_together([folder.write(), second.write()]))
    assert summary["measured"] == 30
    assert {"kind": "version", "benchmark": "tins", "values": ["1", "2"]} in summary["comparisons"]["differences"]


def test_a_run_that_is_named_twice_is_one_sentence(folder):
    path = folder.write()
    with pytest.raises(UsageError, match="named twice; expected each run once"):
        read_together([path, path / ".." / "run"])


def test_the_page_leaves_the_folders_alone_and_has_a_name_of_its_own(folder, second, tmp_path):
    folders = [folder.write(), second.write()]
    assert default_path(folders) == tmp_path / "run+again.html"
    write_together(folders, tmp_path / "both.html")
    assert not (folders[0] / "report.html").exists()
    text = (tmp_path / "both.html").read_text()
    assert "toy (run)" in text
    assert "Not only the models differ:" in text
    assert write_together(folders, tmp_path / "both.html") == write_together(folders, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text() == text


def test_imported_runs_stand_beside_each_other(tmp_path):
    folders = [tmp_path / "zero", tmp_path / "again"]
    for folder in folders:
        write(read_with("lm-eval", FILES / "lm_eval/zero", ImportOptions()), folder, ["crosstask", "import"])
    manifest = json.loads((folders[0] / "manifest.json").read_text())
    (model,) = manifest["planned"]
    summary = write_together(folders, tmp_path / "both.html")
    assert {one["model"] for one in summary["scores"]} == {f"{model} (zero)", f"{model} (again)"}
    assert summary["comparisons"]["results"]
    assert not any(one["wins"] or one["losses"] for one in summary["comparisons"]["results"])
