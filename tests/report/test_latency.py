"""Seconds beside the score: sums worked out by hand, intervals of our statistics, and nothing where none is known."""

from dataclasses import replace

import pytest

from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihoods
from harness.report.html import write_html
from harness.report.latency import costs
from harness.report.latency import digits
from harness.report.latency import latencies
from harness.report.summary import summarise
from harness.report.terminal import View
from harness.report.terminal import table
from harness.results.folder import read_run
from harness.results.groups import groups
from harness.statistics import estimate

KEYS = {"tins": "exact", "moons": "acc"}


def written(first, latency, tokens=5):
    return Completion(" 8", "stop", tokens, None, first, latency)


def timed(folder):
    """Each tin k takes k + 1 tenths to its first token, and two seconds for four further ones; moons take half one."""
    for row in range(12):
        first = (row + 1) / 10
        folder.change(f"tin-{row}", responses=(Completions((written(first, first + 2),), 20),))
    for row in range(3):
        folder.change(f"moon-{row}", responses=(LogLikelihoods((-1.5, -2.25), (1, 1), (True, False), latency=0.5),))
    return folder


def lines(folder):
    return {line["benchmark"]: line for line in latencies(groups(read_run(folder.write()))[0])}


def test_each_measure_is_a_quotient_of_sums_over_cases(folder):
    tins = lines(timed(folder))["tins"]
    firsts = [(row + 1) / 10 for row in range(12)]
    values = {name: one["value"] for name, one in tins["measures"].items()}
    assert (tins["model"], tins["cases"]) == ("toy", 12)
    assert values == pytest.approx(
        {
            "first_token": 0.65,
            "time_per_token": 0.5,
            "latency": 2.65,
            "tokens_per_second": 60 / (12 * 2.65),
            "case_seconds": 2.65,
        }
    )
    expected = estimate([(first, 1) for first in firsts], "rate")
    found = tins["measures"]["first_token"]
    assert (found["low"], found["high"], found["method"]) == (expected.low, expected.high, "t")
    assert 0 < found["low"] < 0.65 < found["high"]


def test_log_likelihoods_have_a_latency_and_no_token(folder):
    moons = lines(timed(folder))["moons"]
    assert {name: one["value"] for name, one in moons["measures"].items()} == {"latency": 0.5, "case_seconds": 0.5}
    assert moons["measures"]["latency"]["note"] == "no interval: 3 clusters"


def test_turns_follow_each_other_and_samples_stand_side_by_side(folder):
    turns = (Completions((written(0.5, 1.0, 1), written(0.25, 3.0, 1))), Completions((written(None, 2.0, 1),)))
    for row in range(12):
        folder.change(f"tin-{row}", responses=turns, prompts=("a" * 64, "b" * 64))
    measures = lines(folder)["tins"]["measures"]
    assert measures["case_seconds"]["value"] == 5.0
    assert measures["latency"]["value"] == 2.0
    assert measures["first_token"]["value"] == 0.375
    assert "time_per_token" not in measures


def test_a_turn_without_a_time_leaves_the_case_without_seconds(folder):
    turns = (Completions((written(0.5, 1.0),)), Completions((written(None, None),)))
    folder.change("tin-3", responses=turns, prompts=("a" * 64, "b" * 64))
    tins = lines(folder)["tins"]
    assert (tins["cases"], "case_seconds" in tins["measures"]) == (1, False)


def test_where_no_engine_knows_a_time_nothing_is_shown(folder, tmp_path):
    run = read_run(folder.write())
    summary = summarise(run)
    assert summary["latency"] == costs(summary, KEYS) == []
    write_html(run, summary, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert 'stack latency"' not in page
    assert 'data-figure="cost"' not in page
    assert not [line for line, _ in table(summary, View(detail=1)) if "waiting in the engine" in line]


def test_times_change_nothing_else_of_a_summary(folder):
    before = summarise(read_run(folder.write()))
    after = summarise(read_run(timed(folder).write()))
    assert after["latency"]
    assert {**after, "latency": []} == before


def test_the_page_has_them_in_the_benchmark_and_one_plot(folder, tmp_path):
    run = read_run(timed(folder).write())
    summary = summarise(run)
    write_html(run, summary, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.count('stack latency"') == 2
    assert page.count('data-figure="cost"') == 1
    points = {one.benchmark: (one.score, one.seconds, one.seconds_low) for one in costs(summary, KEYS)}
    low = summary["latency"][0]["measures"]["case_seconds"]["low"]
    assert points == {"tins": (100.0, pytest.approx(2.65), low), "moons": (100.0, 0.5, None)}


def test_one_point_is_no_plot(folder):
    folder = timed(folder)
    for row in range(3):
        folder.change(f"moon-{row}", responses=(LogLikelihoods((-1.5, -2.25), (1, 1), (True, False)),))
    assert costs(summarise(read_run(folder.write())), KEYS) == []


def test_a_terminal_shows_them_in_detail_alone(folder):
    summary = summarise(read_run(timed(folder).write()))
    said = [line for line, _ in table(summary, View(detail=1))]
    (moons,) = [line for line in said if line.startswith("moons: ")]
    assert moons == "moons: whole answer, s 0.5, case, s 0.5"
    assert "waiting in the engine" not in "".join(line for line, _ in table(summary, View(detail=0)))


def test_a_case_that_was_not_measured_has_no_part(folder):
    folder = timed(folder)
    folder.change("tin-11", status="error", reason="broke", scores=())
    assert lines(folder)["tins"]["cases"] == 11


@pytest.mark.parametrize(
    ("value", "text"), [(0.65, "0.65"), (12.345, "12.3"), (1234.5, "1,234"), (0.00123, "0.00123"), (2e-05, "2.0e-05")]
)
def test_numbers_have_three_digits(value, text):
    assert digits(value) == text


def test_answers_are_equal_whatever_they_took():
    kept = written(0.1, 0.2)
    assert replace(kept, first_token=None, latency=None) == kept
    assert hash(kept) == hash(written(3.0, 4.0))
