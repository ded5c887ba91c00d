"""`--sequential`: a clear difference is asked in part, none in whole, with and without workers, come what may."""

import json
import os
import signal
import subprocess

import pytest

WORKERS = [(), ("-n", "2")]
ROWS = 640
GATE = ("--model", "new", "--run-dir", "new", "--baseline", "old", "--gate", "--sequential")
WRONG = range(0, ROWS, 5)
NOISY = [row + (row // 5) % 2 for row in WRONG]
"""As many wrong, half of them others."""


@pytest.fixture(scope="module")
def asked_old(another_project):
    """Ten windows of questions of which an old model got four of five right; its scores in the folder `old`."""
    another_project.page("alpha", rows=ROWS)
    another_project.script(answers=another_project.answers("alpha", ROWS, wrong=WRONG))
    another_project.run("--model", "old", "--run-dir", "old")
    return another_project


@pytest.fixture
def sequence(project, asked_old):
    return project.like(asked_old)


def asked_by(project, *arguments, status, wrong, **options):
    """Run a model that gets those wrong; how many requests it was asked, and what the session said."""
    project.script(answers=project.answers("alpha", ROWS, wrong=wrong), **options)
    before = len(project.asked)
    output = project.run(*GATE, *arguments, status=status)
    return len(project.asked) - before, output


def course(project, folder="new"):
    return json.loads((project.path / folder / "manifest.json").read_text())["gate"]["sequential"]


@pytest.mark.parametrize(
    ("wrong", "margin", "status", "workers"),
    [(range(480), "2pt", 10, ()), (range(480), "2pt", 10, ("-n", "2")), (WRONG[1:], "5pt", 0, ())],
)
def test_a_clear_answer_takes_fewer_cases(sequence, wrong, margin, status, workers):
    asked, output = asked_by(sequence, "--margin", margin, *workers, status=status, wrong=wrong)
    assert asked <= ROWS / 2
    found, summary = course(sequence), sequence.summary(sequence.path / "new")
    assert found["finished"]
    assert found["looked"] == {"alpha": asked}
    assert found["looks"][-1] == {
        "number": len(found["looks"]),
        "cases": asked,
        "fraction": asked / ROWS,
        "decided": ["alpha"],
    }
    assert (summary["complete"], summary["measured"], summary["planned"]) == (True, asked, ROWS)
    assert summary["gate"]["verdicts"][0]["n"] == asked
    assert f"{asked} passed, {ROWS - asked} skipped" in output
    assert "INCOMPLETE" not in output


def test_no_clear_answer_takes_all_cases(sequence):
    asked, output = asked_by(sequence, status=11, wrong=NOISY)
    assert asked == ROWS
    assert (course(sequence)["finished"], len(course(sequence)["looks"])) == (True, 10)
    assert sequence.summary(sequence.path / "new")["complete"]
    assert f"{ROWS} passed" in output


def test_workers_change_no_look_and_no_verdict(sequence, monkeypatch):
    verdicts = []
    for number, workers in enumerate([(), ("-n", "2"), ("-n", "3")]):
        monkeypatch.setenv("CROSSTASK_CACHE", str(sequence.path / f"cache-{number}"))
        asked_by(sequence, "--run-dir", f"new-{number}", "--margin", "5pt", *workers, status=0, wrong=NOISY)
        gate = sequence.summary(sequence.path / f"new-{number}")["gate"]
        verdicts.append((gate, sequence.verdicts(sequence.path / f"new-{number}")))
    assert verdicts[0] == verdicts[1] == verdicts[2]


@pytest.mark.parametrize("workers", WORKERS)
def test_a_decided_benchmark_is_asked_no_more_while_another_goes_on(sequence, workers):
    sequence.page("beta", rows=ROWS, area="words")
    both = [*sequence.answers("alpha", ROWS, wrong=WRONG), *sequence.answers("beta", ROWS, wrong=WRONG)]
    sequence.script(answers=both)
    sequence.run("--model", "old", "--run-dir", "both")
    new = [*sequence.answers("alpha", ROWS, wrong=range(480)), *sequence.answers("beta", ROWS, wrong=NOISY)]
    sequence.script(answers=new)
    sequence.run(*GATE, "--baseline", "both", *workers, status=10)
    looked = course(sequence)["looked"]
    assert looked["alpha"] <= ROWS / 2
    assert looked["beta"] == ROWS
    counts = {one["benchmark"]: one["counts"]["measured"] for one in sequence.summary(sequence.path / "new")["scores"]}
    assert counts == looked


def test_what_is_not_gated_is_asked_in_whole(sequence):
    sequence.page("beta", rows=100, area="words")
    _, output = asked_by(sequence, status=10, wrong=range(480))
    summary = sequence.summary(sequence.path / "new")
    counts = {one["benchmark"]: one["counts"]["measured"] for one in summary["scores"]}
    assert counts["beta"] == 100
    assert counts["alpha"] <= ROWS / 2
    assert summary["complete"]
    assert "NOT GATED: beta: not in the baseline" in output


def test_the_report_is_made_again_from_the_folder(sequence):
    asked_by(sequence, status=10, wrong=range(480))
    before = (sequence.path / "new/summary.json").read_bytes()
    subprocess.run(["crosstask", "report", "new"], cwd=sequence.path, check=True, capture_output=True)
    assert (sequence.path / "new/summary.json").read_bytes() == before


def test_answers_that_are_kept_are_looked_at_in_the_same_steps(sequence):
    sequence.script(answers=sequence.answers("alpha", ROWS, wrong=range(480)))
    sequence.run("--model", "new", "--run-dir", "whole")
    asked, _ = asked_by(sequence, status=10, wrong=range(480))
    assert asked == 0
    assert course(sequence)["looked"]["alpha"] <= ROWS / 2
    assert len(sequence.verdicts(sequence.path / "new")) == course(sequence)["looked"]["alpha"]


def test_the_same_command_goes_on_after_a_kill(sequence):
    sequence.script(answers=sequence.answers("alpha", ROWS, wrong=range(480)), delay=0.005)
    before = len(sequence.asked)
    sequence.kill_at(lambda: len(sequence.asked) >= before + 90, *GATE)
    sequence.run(*GATE, status=10)
    assert len(sequence.asked) - before <= course(sequence)["looked"]["alpha"] + 2
    assert sequence.summary(sequence.path / "new")["complete"]


def test_another_margin_is_another_run(sequence):
    sequence.script(answers=sequence.answers("alpha", ROWS, wrong=range(480)))
    sequence.run("--model", "new", "--baseline", "old", "--gate", "--sequential", status=10)
    sequence.run("--model", "new", "--baseline", "old", "--gate", "--sequential", "--margin", "1pt", status=10)
    sequence.run("--model", "new", "--baseline", "old", "--gate", "--margin", "1pt", status=10)
    folders = [path for path in (sequence.path / "reports").iterdir() if path.is_dir()]
    assert len(folders) == 3


@pytest.mark.parametrize("workers", WORKERS)
def test_a_case_that_breaks_leaves_the_run_incomplete_and_the_looks_go_on(sequence, workers):
    page = sequence.path / "pages/sums/alpha.py"
    page.write_text(page.read_text().replace("    record(", "    assert case.id not in BROKEN\n    record("))
    everywhere = [f"alpha-{row}" for row in range(0, ROWS, 20)]
    page.write_text(page.read_text() + f"\n\nBROKEN = {everywhere}\n")
    _, output = asked_by(sequence, *workers, status=12, wrong=range(480))
    assert course(sequence)["finished"]
    assert "GATE: regressed against old" in output


@pytest.mark.parametrize("workers", WORKERS)
def test_a_session_that_stops_at_a_failure_does_not_wait_for_looks(sequence, workers):
    page = sequence.path / "pages/sums/alpha.py"
    page.write_text(page.read_text().replace("    record(", "    assert int(case.id.split('-')[1]) % 50\n    record("))
    _, output = asked_by(sequence, "-x", *workers, status=12, wrong=NOISY)
    assert "INCOMPLETE" in output


@pytest.mark.parametrize("workers", WORKERS)
def test_an_engine_that_dies_ends_the_waiting(sequence, workers):
    _, output = asked_by(sequence, *workers, status=12, wrong=NOISY, crash={"after": 100, "how": "exit"})
    assert "INCOMPLETE" in output
    assert not course(sequence)["finished"]


def test_a_worker_that_dies_puts_the_looks_off_to_the_end(sequence):
    page = sequence.path / "pages/sums/alpha.py"
    page.write_text(
        page.read_text().replace(
            "    record(",
            "    import os, pathlib\n"
            "    mark = pathlib.Path('died')\n"
            "    if case.id == 'alpha-3' and not mark.exists():\n"
            "        mark.touch()\n"
            "        os._exit(9)\n"
            "    record(",
        )
    )
    _, output = asked_by(sequence, "-n", "2", status=12, wrong=range(480))
    assert "crashed while running" in output
    # the case the worker died of has no result, so that the look it belongs to never comes
    assert not course(sequence)["finished"]
    assert f"INCOMPLETE {ROWS - 1}/{ROWS}" in output
    _, output = asked_by(sequence, "-n", "2", status=10, wrong=range(480))
    assert course(sequence)["finished"]


def test_replayed_answers_are_looked_at_too(sequence):
    for name, wrong in (("new", range(480)), ("old", WRONG)):
        lines = [
            {
                "benchmark": "alpha",
                "case": f"alpha-{row}",
                "texts": ["none" if row in wrong else str(row + 1)],
                "model": name,
            }
            for row in range(ROWS)
        ]
        (sequence.path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    replay = ("--engine", "replay", "--answers")
    sequence.run(*replay, "old.jsonl", "--run-dir", "replayed")
    gate = ("--baseline", "replayed", "--gate", "--sequential", "--run-dir", "new")
    sequence.run(*replay, "new.jsonl", *gate, status=10)
    assert course(sequence)["looked"]["alpha"] <= ROWS / 2
    assert len(sequence.verdicts(sequence.path / "new")) == course(sequence)["looked"]["alpha"]


@pytest.mark.parametrize("workers", WORKERS)
def test_second_turns_are_asked_within_their_look(project, workers):
    project.two_turns(rows=200)
    rules = [{"match": "You said 6", "text": " 7"}, {"match": "three plus three", "text": " 6"}]
    project.script(answers=rules)
    project.run("--model", "old", "--run-dir", "old")
    project.script(answers=[{"match": "You said", "text": " 8"}, {"match": "three plus three", "text": " 5"}])
    project.run(*GATE, *workers, status=10)
    assert course(project)["looked"] == {"dialogue": 64}


def test_an_estimate_is_of_all_cases(sequence):
    output = sequence.run(*GATE, "--dry-run", status=None)
    assert f"new: {ROWS} cases of 1 benchmarks, {ROWS} distinct requests" in output


def test_ordinary_tests_run_first_and_are_not_skipped(sequence):
    (sequence.path / "pages/test_plain.py").write_text("def test_plain():\n    assert True\n")
    asked, output = asked_by(sequence, status=10, wrong=range(480))
    assert f"{asked + 1} passed, {ROWS - asked} skipped" in output


def test_an_interrupted_session_leaves_no_worker_waiting(sequence):
    sequence.script(answers=sequence.answers("alpha", ROWS, wrong=NOISY), delay=0.05)
    before = len(sequence.asked)
    process = sequence.start(*GATE, "-n", "2")
    while len(sequence.asked) < before + 10:
        assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2, output
