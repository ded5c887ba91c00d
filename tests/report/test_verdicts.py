"""Programs in the report: what became of each sample, by verdict, by temperature, and case by case."""

import pytest

from harness.diagnostics.examined import Examined
from harness.diagnostics.examined import Explained
from harness.report.samples import curves
from harness.report.summary import summarise
from harness.report.terminal import View
from harness.report.terminal import table
from harness.report.verdicts import made
from harness.report.verdicts import programs
from harness.results.folder import read_run
from harness.results.groups import groups
from harness.statistics import estimate_pass_at_k


def test_samples_are_counted_by_verdict(folder):
    folder.tried()
    (found,) = programs(groups(read_run(folder.write()))[0])
    assert (found.model, found.benchmark, found.samples, found.distinct) == ("toy", "tins", 24, 23)
    assert {name: count for name, count in found.verdicts.items() if count} == {
        "passed": 12,
        "timeout": 11,
        "not_extracted": 1,
    }
    assert found.judged == {"outside": 11, "in-jail": 12, "unsandboxed": 0}
    assert [name for name, _, _ in found.shares] == ["passed", "timeout", "not_extracted"]
    assert sum(share for *_, share in found.shares) == pytest.approx(100)


def test_a_run_without_programs_has_none(folder):
    assert summarise(read_run(folder.write()))["programs"] == []


def test_the_error_from_the_samples_stands_beside_the_score(folder):
    folder.tried()
    (score, *_) = summarise(read_run(folder.write()))["scores"]
    assert score["estimate"]["value"] == 0.5
    # the jackknife of one right sample of two is 1/4
    expected = estimate_pass_at_k([2] * 12, [1] * 12, 1)
    assert score["sampling_error"] == pytest.approx(expected.sampling_error)
    assert score["estimate"]["low"] == pytest.approx(expected.estimate.low)


def test_each_temperature_has_a_line_and_a_curve(folder):
    folder.tried((0.2, 0.8))
    run = read_run(folder.write())
    lines = " ".join("\n".join(line.text for line in table(summarise(run), View(detail=2))).split())
    assert "at temperature 0.2 50.0" in lines
    found = curves(groups(run)[0], run.prompts)
    assert [(one.metric, one.temperature, one.points[0][1].n) for one in found] == [
        ("passed", 0.2, 6),
        ("passed", 0.8, 6),
    ]


def test_a_case_shows_its_programs(folder):
    folder.tried()
    run = read_run(folder.write())
    timed_out = run.records[1].prompts[-1]
    examined = Examined({timed_out: Explained("f(0)", "<b>\u202e</b>", None)})
    first, second = made(run.records[0], examined), made(run.records[1], Examined())
    assert first["of"] == [0, None]
    assert second["of"] == [0, 1]
    assert second["made"] == [
        ["def f():\n    return 1\n", "passed", 2, 2, "in-jail", None, "", 0.012, 12.3, None],
        ["while 1:\n", "timeout", 1, 2, "outside", "CPU time <U+202E> spent", "<b>loud</b>", 2.0, 0.0, None],
    ]
    assert [one[-1] for one in made(run.records[1], examined)["made"]] == [None, ["f(0)", "<b><U+202E></b>", None]]
    assert made(run.records[-1], examined) is None
