"""A session that ends early keeps a score for every answer: Ctrl-C, SIGTERM, -x, an engine that dies.

The script answers backwards, so that pytest stands on its first item while the answers to the others come in, and no
more than five before the test says so.
"""

import signal
import subprocess
import sys
import time

import pytest

ANSWERS = [{"match": "alpha", "text": " 1"}, {"match": "beta", "text": " 2"}]


HELD = 5


@pytest.fixture
def backwards(sums):
    """Twelve cases, the last one first; after five answers nothing comes until `go` is there."""
    hold = {"after": HELD, "until": str(sums.path / "go")}
    sums.script(backwards=True, hold=hold, answers=ANSWERS)
    return sums


def ended(project, process, number):
    """Send a signal to a session whose engine answers no more; what it printed."""
    while len(project.asked) <= HELD and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output
    return output


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_every_answered_case_has_a_score_when_a_signal_ends_the_session(backwards, number, workers):
    process = backwards.start(*workers)
    output = ended(backwards, process, number)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    verdicts = backwards.verdicts()
    # the engine is let go as it is closed, and may give the answer that it held
    assert HELD <= len(verdicts) <= HELD + 1
    assert {status for status, _ in verdicts.values()} == {"measured"}
    assert ("alpha", "alpha-0") not in {(benchmark, case) for _, benchmark, case in verdicts}
    assert f"INCOMPLETE {len(verdicts)}/12" in output
    (backwards.path / "go").touch()
    backwards.run()
    assert backwards.summary()["complete"] is True
    assert len(backwards.asked) <= 13


def test_x_ends_the_session_and_the_answers_that_are_there_are_scored(backwards):
    """The first item fails when its answer comes, which is the last: all others are there."""
    (backwards.path / "go").touch()
    output = backwards.run("-x", "--fail-wrong", "-k", "beta", status=1)
    assert "1 failed" in output
    assert len(backwards.verdicts()) == 6
    assert backwards.summary()["complete"] is True


def test_an_engine_that_dies_leaves_the_scores_of_what_it_answered(sums):
    sums.script(crash={"after": 3, "how": "kill"}, backwards=True, answers=ANSWERS)
    sums.run(status=12)
    measured = [key for key, (status, _) in sums.verdicts().items() if status == "measured"]
    # it is started three times, and what was answered is not asked again
    assert len(measured) == len(set(sums.asked)) == 9


def test_evaluate_keeps_what_was_answered_too(backwards):
    """The same for a run that is called from Python."""
    call = "import harness; harness.evaluate('one', engine='scripted', answers='script.json')"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen([sys.executable, "-c", call], cwd=backwards.path, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    while len(backwards.asked) <= HELD and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert HELD <= len(backwards.verdicts()) <= HELD + 1


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_test_with_a_fixture_of_the_user_s_own_is_left_for_another_session(backwards, workers):
    page = backwards.path / "pages/words/beta.py"
    page.write_text(page.read_text().replace("(case, response, record)", "(case, response, record, tmp_path)"))
    process = backwards.start(*workers)
    ended(backwards, process, signal.SIGINT)
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert {benchmark for _, benchmark, _ in backwards.verdicts()} <= {"alpha"}
