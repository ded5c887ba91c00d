"""A session that ends early keeps a score for every answer: Ctrl-C, SIGTERM, -x, an engine that dies.

The script answers backwards, so that pytest stands on its first item while the answers to the others come in.
"""

import signal
import subprocess
import sys
import time

import pytest

ANSWERS = [{"match": "alpha", "text": " 1"}, {"match": "beta", "text": " 2"}]


@pytest.fixture
def backwards(sums):
    """Twelve cases at 60 ms each, the last one first."""
    sums.script(delay=0.06, backwards=True, answers=ANSWERS)
    return sums


def ended(project, process, number, at):
    """Send a signal to a session once so many requests were asked; what it printed."""
    while len(project.asked) < at and process.poll() is None:
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
    output = ended(backwards, process, number, at=6)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    asked = len(backwards.asked)
    assert asked < 12, "the session was over before the signal came"
    verdicts = backwards.verdicts()
    # a request is noted before its answer is written
    assert asked - 2 <= len(verdicts) <= asked
    assert {status for status, _ in verdicts.values()} == {"measured"}
    assert ("alpha", "0") not in {(benchmark, case) for _, benchmark, case in verdicts}
    assert f"INCOMPLETE {len(verdicts)}/12" in output
    backwards.run()
    assert backwards.summary()["complete"] is True
    assert len(backwards.asked) <= 13


def test_x_ends_the_session_and_the_answers_that_are_there_are_scored(backwards):
    """The first item fails when its answer comes, which is the last: all others are there."""
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
    while len(backwards.asked) < 6 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    asked = len(backwards.asked)
    assert asked < 12
    assert asked - 2 <= len(backwards.verdicts()) <= asked


def test_a_test_with_a_fixture_of_the_user_s_own_is_left_for_another_session(backwards):
    page = backwards.path / "pages/words/beta.py"
    page.write_text(page.read_text().replace("(case, response, record)", "(case, response, record, tmp_path)"))
    process = backwards.start()
    ended(backwards, process, signal.SIGINT, at=6)
    assert {benchmark for _, benchmark, _ in backwards.verdicts()} <= {"alpha"}
