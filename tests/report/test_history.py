"""The index of a folder of runs: always what the runs say, whatever became of its file; and a benchmark's trend."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import UsageError
from harness.report.history import INDEX
from harness.report.history import known
from harness.report.trend import trends_of
from harness.report.write import write_report


@pytest.fixture
def reports(tmp_path, make):
    """Three runs, a day apart: twelve tins right, nine, eleven of other weights; the second was not finished."""
    made = {}
    for day, (name, wrong) in enumerate((("first", 0), ("second", 3), ("third", 1)), start=1):
        folder = make(tmp_path / "reports" / name)
        folder.path.parent.mkdir(exist_ok=True)
        folder.manifest["created"] = f"2026-01-0{day}T03:04:05+00:00"
        folder.manifest["models"]["toy"]["identity"] = {"files": {"gguf": "b" if name == "third" else "a"}}
        folder.records = [
            folder.tin(f"tin-{row}", " 9" if row < wrong else " 8") if row < 12 else one
            for row, one in enumerate(folder.records)
        ]
        if name == "second":
            folder.drop("moon-0")
        write_report(folder.write())
        made[name] = folder
    return made


def root(reports):
    return reports["first"].path.parent


def history(*arguments):
    return CliRunner().invoke(app, ["history", *map(str, arguments)])


def test_the_runs_are_listed_oldest_first(reports):
    found = history(root(reports))
    assert found.exit_code == 0
    assert [line.split()[:6] for line in found.stdout.splitlines()[2:]] == [
        ["2026-01-01", "03:04", "first", "toy", "2", "15"],
        ["2026-01-02", "03:04", "second", "toy", "2", "14/15"],
        ["2026-01-03", "03:04", "third", "toy", "2", "15"],
    ]
    assert [line.endswith("INCOMPLETE") for line in found.stdout.splitlines()[2:]] == [False, True, False]


def test_a_trend_is_each_score_with_its_change_and_what_else_differs(reports):
    reports["second"].manifest["benchmarks"]["tins"]["version"] = 2
    reports["second"].records = [one for one in reports["second"].records if one.benchmark != "tins"]
    write_report(reports["second"].write())
    (points,) = trends_of(known(root(reports)), "tins")
    assert [(point.run.name, point.score.value, point.score.n) for point in points] == [
        ("first", 1.0, 12),
        ("second", None, 0),
        ("third", 11 / 12, 12),
    ]
    assert [point.differs for point in points] == [(), ("version",), ("weights", "version")]
    found = history(root(reports), "-k", "tins")
    assert found.exit_code == 0
    assert found.stdout.splitlines()[0] == "tins, exact"
    assert "0/12" in found.stdout


def test_a_change_is_from_the_run_before_of_the_same_model(reports):
    reports["second"].add_model("other", {})
    write_report(reports["second"].write())
    lines = history(root(reports), "-k", "tins").stdout.splitlines()
    found = {tuple(line.split()[2:4]): line.rpartition("]")[2].split() for line in lines if line.startswith("2026")}
    assert found == {
        ("first", "toy"): ["12"],
        ("second", "toy"): ["12", "-25.0", "INCOMPLETE"],
        ("second", "other"): ["12", "INCOMPLETE"],
        ("third", "toy"): ["12", "+16.7", "weights"],
    }


def test_a_run_that_its_gate_stopped_is_whole_and_says_so(reports):
    folder = reports["second"]
    summary = json.loads((folder.path / "summary.json").read_text())
    (folder.path / "summary.json").write_text(json.dumps(summary | {"complete": True}))
    assert [line.split()[-2:] for line in history(root(reports)).stdout.splitlines() if " second " in line] == [
        ["stopped", "early"]
    ]
    assert "stopped early" in history(root(reports), "-k", "moons").stdout


def test_metrics_are_the_headline_or_those_named(reports):
    found = known(root(reports))
    assert {point.score.metric for points in trends_of(found, "math", ["all"]) for point in points} == {"exact"}
    with pytest.raises(UsageError, match=r"^--metric: found 'f1'; expected all or one of exact$"):
        trends_of(found, "tins", ["f1"])
    with pytest.raises(UsageError, match=r"^-k 'jars': no benchmark; expected parts of tins, moons$"):
        trends_of(found, "jars")


def test_the_headline_is_the_recipes(reports):
    for folder in reports.values():
        facts = folder.manifest["benchmarks"]["tins"]
        facts["metrics"].insert(0, {**facts["metrics"][0], "name": "other"})
        facts["strata"] = "size"
        folder.manifest["recipe"] = {"name": "ours", "metrics": {"tins": "macro exact"}}
        for row in range(12):
            folder.change(f"tin-{row}", stratum="ab"[row % 2])
        write_report(folder.write())
    (points,) = trends_of(known(root(reports)), "tins")
    assert {(point.score.metric, point.score.average) for point in points} == {("exact", "macro")}


def same(first, second):
    return (first.runs, first.scores) == (second.runs, second.scores)


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\0" + b"x" * 200])
def test_a_lost_or_broken_index_is_made_anew(reports, damage):
    before = known(root(reports))
    (root(reports) / INDEX).write_bytes(damage)
    assert same(known(root(reports)), before)
    (root(reports) / INDEX).unlink()
    assert same(known(root(reports)), before)


def test_rebuild_reads_every_run_again(reports):
    before = known(root(reports))
    with sqlite3.connect(root(reports) / INDEX) as connection:
        connection.execute("UPDATE score SET value = 0.5")
    assert not same(known(root(reports)), before), "an index that is up to date is believed"
    assert history(root(reports), "--rebuild").exit_code == 0
    assert same(known(root(reports)), before)


def test_an_index_of_other_tables_is_made_anew(reports):
    before = known(root(reports))
    with sqlite3.connect(root(reports) / INDEX) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert same(known(root(reports)), before)


def test_runs_that_changed_came_or_went_are_seen(reports, make):
    known(root(reports))
    reports["first"].change("tin-0", scores=())
    reports["first"].write()
    later = make(root(reports) / "later")
    later.write()
    for path in sorted(reports["third"].path.iterdir(), reverse=True):
        path.unlink()
    reports["third"].path.rmdir()
    found = known(root(reports))
    assert {run.name: run.settled for run in found.runs} == {"first": 14, "second": 14, "later": 15}
    assert {score.run for score in found.scores} == {"first", "second", "later"}


def test_a_summary_older_than_the_records_is_not_believed(reports):
    path = reports["first"].path
    reports["first"].records = [reports["first"].tin(f"tin-{row}", " 9") for row in range(12)]
    reports["first"].write()
    for name, time in (("summary.json", 1), ("records.jsonl", 2), ("manifest.json", 1)):
        os.utime(path / name, (time, time))
    (tins,) = [score for score in known(root(reports)).scores if (score.run, score.benchmark) == ("first", "tins")]
    assert tins.value == 0


def test_a_run_that_cannot_be_read_is_listed_with_the_reason(reports):
    (reports["second"].path / "manifest.json").write_text("{")
    (reports["third"].path / "summary.json").write_text(json.dumps({"schema": "crosstask/summary/1"}))
    found = history(root(reports))
    assert found.exit_code == 0
    text = "".join(found.stdout.split())
    assert "manifest.json:notJSON" in text
    assert "summary.json:notasasessionwritesit;crosstaskreportmakesitagain" in text


def test_a_folder_without_runs_is_one_sentence(tmp_path):
    found = history(tmp_path)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr == f"crosstask: {tmp_path}: found no run; expected a folder with runs in it, as reports\n"


def test_where_nothing_can_be_written_the_index_is_in_memory(reports):
    (root(reports) / INDEX).mkdir()
    found = known(root(reports))
    assert len(found.runs) == 3
    assert found.note.startswith(f"{root(reports) / INDEX}: cannot be written (")
    assert "note: " in history(root(reports)).stdout


def test_two_at_once_leave_one_whole_index(reports):
    code = "import sys; from pathlib import Path; from harness.report.history import known; known(Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(root(reports))]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    assert [(one.wait(), one.stderr.read()) for one in both] == [(0, b""), (0, b"")]
    assert len(known(root(reports)).runs) == 3
