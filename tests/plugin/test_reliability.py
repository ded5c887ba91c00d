"""Nothing lost: whatever ends a session, the same command goes on, and no report looks whole that is not."""

import json
import os
import random
import resource
import signal
import subprocess
import time

import pytest

from harness.errors import StoreError
from harness.store.journal import Journal
from harness.store.journal import read_lines

# the slow script says 1 to each case of alpha and 2 to each of beta
EXPECTED = [
    (name, k, "correct" if k + 1 == said else "wrong") for name, said in (("alpha", 1), ("beta", 2)) for k in range(6)
]


@pytest.fixture
def slow_sums(sums):
    """Twelve cases at 60 ms each."""
    sums.script(delay=0.06, answers=[{"match": "alpha", "text": " 1"}, {"match": "beta", "text": " 2"}])
    return sums


@pytest.mark.parametrize("seed", range(10))
def test_kill_anywhere_then_the_same_command(slow_sums, seed):
    """A quarter of the kills come while the session starts, the others after a random request."""
    after = random.Random(seed).randint(-3, 11)
    if after < 0:
        slow_sums.kill_after(0.3 * -after)
    else:
        slow_sums.kill_at(lambda: len(slow_sums.asked) > after)
    slow_sums.run()
    # one request may have been in flight when the kill came
    assert len(slow_sums.asked) <= 13
    assert len(set(slow_sums.asked)) == 12
    right = {f"{name}-{k}": verdict for name, k, verdict in EXPECTED}
    assert {case: scores[0][1] for (_, _, case), (_, scores) in slow_sums.verdicts().items()} == right
    assert [score["estimate"]["value"] for score in slow_sums.summary()["scores"]] == [pytest.approx(1 / 6)] * 2
    assert slow_sums.summary()["complete"] is True


def test_kill_of_an_xdist_session_then_the_same_command(slow_sums):
    slow_sums.kill_after(2.5, "-n", "2")
    time.sleep(1.0)
    slow_sums.run("-n", "2")
    assert len(slow_sums.verdicts()) == 12
    assert len(slow_sums.asked) <= 13


def test_a_torn_last_line_is_cut_off(sums):
    sums.run()
    whole = sums.verdicts()
    records = sums.folder / "records.jsonl"
    records.write_bytes(records.read_bytes()[:-40])
    sums.run()
    assert sums.verdicts() == whole
    assert records.read_bytes().endswith(b"\n")


def test_a_session_with_no_room_left_says_so(sums):
    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    ended = subprocess.run(
        sums.command(), cwd=sums.path, capture_output=True, text=True, check=False, preexec_fn=small_files
    )
    output = ended.stdout + ended.stderr
    assert "space" in output
    assert "12 passed" not in output
    assert "Traceback" not in output


@pytest.fixture
def full_folder(tmp_path):
    """A folder on a file system of 32 KiB; root alone can mount one."""
    folder = tmp_path / "full"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_ends_the_session_incomplete(sums, full_folder):
    output = sums.run("--run-dir", full_folder, status=12)
    assert "No space left on device" in output
    assert "and run the same command again" in output
    assert "Traceback" not in output


@pytest.fixture
def read_only(tmp_path):
    """A folder nobody may write to: by its mode, and for root, whom modes do not bind, by its mount."""
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    mounted = os.geteuid() == 0
    if mounted:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], check=True)
    yield folder
    if mounted:
        subprocess.run(["umount", folder], check=True)


def test_a_read_only_folder_is_named(sums, read_only):
    output = sums.run("--run-dir", read_only / "run", status=4)
    assert "expected a folder that can be written, see --run-dir" in output
    assert sums.asked == []


def test_a_read_only_cache_is_named(sums, read_only, monkeypatch):
    monkeypatch.setenv("CROSSTASK_CACHE", str(read_only / "cache"))
    output = sums.run(status=4)
    assert "expected a folder that can be written (CROSSTASK_CACHE names another)" in output


def test_a_run_folder_that_is_a_file_is_named(sums):
    (sums.path / "taken").write_text("")
    assert "taken: File exists; expected a folder that can be written, see --run-dir" in sums.run(
        "--run-dir", "taken", status=4
    )


def test_a_folder_of_another_plan_is_left_alone(sums):
    sums.run("--run-dir", "here", "--limit", "2")
    before = (sums.path / "here/records.jsonl").read_bytes()
    output = sums.run("--run-dir", "here", "--limit", "3", status=4)
    assert "choose another --run-dir" in output
    assert (sums.path / "here/records.jsonl").read_bytes() == before


def test_an_interrupted_session_reports_what_it_has(sums):
    """Its engine answers four requests, and no more until `go` is there."""
    sums.script(hold={"after": 4, "until": str(sums.path / "go")})
    process = sums.start()
    while len(sums.asked) < 5:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "INCOMPLETE" in output
    assert "Run the same command again" in output
    assert sums.summary()["complete"] is False
    assert "INCOMPLETE" in (sums.folder / "report.html").read_text()
    (sums.path / "go").touch()
    sums.run()
    assert sums.summary()["complete"] is True


def test_an_engine_that_dies_once_is_started_again(sums):
    sums.script(crash={"after": 5, "how": "kill", "once": str(sums.path / "died")})
    sums.run()
    assert (sums.path / "died").exists()
    assert len(set(sums.asked)) == 12
    assert sums.summary()["complete"] is True


def test_an_engine_that_keeps_dying_leaves_the_run_incomplete(sums):
    sums.script(crash={"after": 2, "how": "kill"})
    output = sums.run(status=12)
    assert "killed" in output
    assert "INCOMPLETE" in output
    assert "Traceback" not in output
    counts = [entry["counts"] for entry in sums.summary()["scores"]]
    assert all(count["errors"] == 0 for count in counts)
    assert sum(count["not_run"] for count in counts) + sum(count["measured"] for count in counts) == 12


def test_an_engine_that_never_starts_leaves_the_other_model_whole(sums):
    sums.script(crash={"after": 0, "how": "exit", "status": 7})
    output = sums.run("--model", "one", "--model", "two", status=12)
    assert "INCOMPLETE 0/24" in output


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_refusals_are_counted_and_are_no_wrong_answers(sums, workers):
    sums.script(answers=[{"match": "alpha 3", "refuse": "the prompt is longer than the context"}])
    output = sums.run(*workers, status=1)
    assert "refused: the prompt is longer than the context" in output
    alpha = next(entry for entry in sums.summary()["scores"] if entry["benchmark"] == "alpha")
    assert alpha["counts"]["refused"] == 1
    assert alpha["estimate"]["n"] == 5
    assert sums.summary()["complete"] is True


def test_a_dead_xdist_worker_is_seen_in_the_count(sums):
    page = sums.path / "pages/sums/alpha.py"
    page.write_text(
        page.read_text().replace(
            "    record(", "    import os\n    if case.id == 'alpha-2':\n        os._exit(9)\n    record("
        )
    )
    output = sums.run("-n", "2", status=12)
    assert "INCOMPLETE 11/12" in output
    assert sums.summary()["measured"] == 11


def test_two_sessions_in_one_folder_do_not_mix(slow_sums):
    slow_sums.script(delay=0.5)
    first = slow_sums.start("--run-dir", "same")
    while len(slow_sums.asked) < 2:
        time.sleep(0.02)
    output = slow_sums.run("--run-dir", "same", status=4)
    assert "another session is writing it" in output
    first.communicate(timeout=30)
    assert first.returncode == 0


def test_no_process_and_no_folder_outlives_a_session(sums, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    sums.script(crash={"after": 1000})
    sums.run("-n", "2")
    assert [path.name for path in (tmp_path / "temporary").iterdir() if path.name.startswith("crosstask-")] == []
    running = os.popen("ps -eo args").read()
    assert str(sums.path) not in running


def test_what_a_killed_writer_left_in_the_folder_is_removed(sums):
    sums.run()
    left = sums.folder / ".summary.json.12345.tmp"
    left.write_text("{")
    sums.run()
    assert not left.exists()


def test_a_journal_takes_back_a_line_that_does_not_fit(tmp_path):
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    journal.append({"a": 1})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, hard))
    try:
        with pytest.raises(StoreError, match="File too large; free some space"):
            journal.append({"b": "x" * 100})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    journal.close()
    assert list(read_lines(path)) == [{"a": 1}]


def test_a_journal_cuts_a_torn_line_of_any_length(tmp_path):
    path = tmp_path / "j.jsonl"
    for torn in (1, 70_000, 200_000):
        path.write_bytes(b'{"a":1}\n' + b"x" * torn)
        journal = Journal(path)
        assert journal.torn_bytes == torn
        journal.append({"b": 2})
        journal.close()
        assert [json.loads(line) for line in path.read_text().splitlines()] == [{"a": 1}, {"b": 2}]
