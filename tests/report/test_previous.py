"""The run before: the latest complete one in the same folder that asked a model the same."""

import json
from dataclasses import replace

import pytest

from harness.report.previous import previous
from harness.report.summary import summarise
from harness.report.terminal import View
from harness.report.terminal import table
from harness.report.write import write_report
from harness.results.folder import read_run


@pytest.fixture
def runs(make, tmp_path):
    """Makes a run beside the others, that began on a day and has so many tins wrong."""

    def made(name, day, wrong, **settings):
        run = make(tmp_path / "reports" / name)
        run.path.parent.mkdir(exist_ok=True)
        run.manifest["created"] = f"2026-01-{day:02}T00:00:00+00:00"
        run.manifest["settings"] |= settings
        for row in range(wrong):
            run.records = [
                run.tin(record.case, " 9") if record.case == f"tin-{row}" else record for record in run.records
            ]
        run.path.mkdir(exist_ok=True)
        write_report(run.write())
        return run

    return made


def changes(run):
    found = previous(run.path)
    return found.changes(summarise(read_run(run.path))), list(found.said(summarise(read_run(run.path))))


def test_the_latest_complete_run_is_the_one_before(runs):
    runs("older", 1, 12)
    runs("old", 2, 6)
    new = runs("new", 3, 3)
    runs("later", 4, 0)
    known, said = changes(new)
    assert known == {("toy", "tins", "exact", "micro"): 0.25, ("toy", "moons", "acc", "micro"): 0.0}
    assert said == ["change: since old of 2026-01-02"]
    shown = [line.text for line in table(summarise(read_run(new.path)), View(before=previous(new.path)))]
    assert shown[3].split() == ["tins", "exact", "75.0", "[46.8,", "91.1]", "+25.0", "12"]
    assert "change: since old of 2026-01-02" in shown


def test_what_was_asked_otherwise_is_no_run_before(runs):
    runs("old", 1, 6, shots=5)
    assert changes(runs("new", 2, 3)) == ({}, [])


def test_an_incomplete_run_is_none(runs):
    old = runs("old", 1, 6)
    old.drop("moon-0")
    write_report(old.write())
    assert changes(runs("new", 2, 3)) == ({}, [])


def test_a_benchmark_of_another_version_or_other_cases_is_left_out(runs):
    old = runs("old", 1, 6)
    old.manifest["benchmarks"]["tins"]["version"] = 2
    old.records = [replace(record, version=2) if record.benchmark == "tins" else record for record in old.records]
    write_report(old.write())
    known, _ = changes(runs("new", 2, 3))
    assert {key[1] for key in known} == {"moons"}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": "crosstask/summary/1", "complete": true}'])
def test_a_summary_that_cannot_be_read_is_of_no_run(runs, content):
    old = runs("old", 1, 6)
    (old.path / "summary.json").write_text(content)
    assert changes(runs("new", 2, 3)) == ({}, [])
    (old.path / "manifest.json").write_text(json.dumps([]))
    assert changes(runs("new", 2, 3)) == ({}, [])
