"""`crosstask watch`: a run is followed from outside, while it is written and when it is done."""

import json
import subprocess
import sys
import time

import pytest

from harness.cli import watch
from harness.errors import StoreError
from harness.results.tally import Tally


def record(model, benchmark, case):
    return json.dumps({"record": {"model": model, "benchmark": benchmark, "case": case}}) + "\n"


@pytest.fixture
def run(tmp_path):
    """A run of two models with three cases each, nothing measured yet."""
    facts = {"version": 1, "metrics": []}
    planned = {"alpha": ["a", "b"], "beta": ["c"]}
    manifest = {
        "schema": "crosstask/manifest/1",
        "models": {"m": {}, "n": {}},
        "benchmarks": {"alpha": facts, "beta": facts},
        "planned": {"m": planned, "n": planned},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_what_is_new_is_counted_and_a_case_counts_once(run):
    tally = Tally(run)
    tally.read()
    assert (dict(tally.done), tally.left) == ({"m": 0, "n": 0}, 6)
    with (run / "records.jsonl").open("a") as file:
        file.write(record("m", "alpha", "a") + record("m", "alpha", "a") + record("n", "beta", "c"))
        file.write(record("m", "beta", "c")[:-9])
    tally.read()
    assert (dict(tally.done), tally.left, tally.latest) == ({"m": 1, "n": 1}, 4, "beta")
    with (run / "records.jsonl").open("a") as file:
        file.write(record("m", "beta", "c")[-9:])
    tally.read()
    assert dict(tally.done) == {"m": 2, "n": 1}


def test_a_journal_that_is_written_anew_is_counted_anew(run):
    (run / "records.jsonl").write_text(record("m", "alpha", "a") + record("m", "alpha", "b"))
    tally = Tally(run)
    tally.read()
    (run / "records.jsonl").write_text(record("m", "beta", "c"))
    tally.read()
    assert dict(tally.done) == {"m": 1, "n": 0}


def test_a_folder_of_no_run_is_one_sentence(tmp_path):
    with pytest.raises(StoreError, match=r"manifest.json: missing; expected the folder of a run"):
        Tally(tmp_path)


def test_lines_are_few_and_never_the_same(run, monkeypatch):
    """A clock that advances ten seconds a look: a line a minute, none where nothing came."""
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(watch.time, "monotonic", lambda: next(clock))
    cases = [(model, name, case) for model in "mn" for name, case in (("alpha", "a"), ("alpha", "b"), ("beta", "c"))]
    looks = iter([None] * 9 + [case for each in cases for case in (each, None)])

    def write(_):
        case = next(looks)
        if case is not None:
            with (run / "records.jsonl").open("a") as file:
                file.write(record(*case))

    monkeypatch.setattr(watch.time, "sleep", write)
    tally = Tally(run)
    lines = list(watch._lines(tally))
    assert lines[0] == "m 0/3, n 0/3 cases"
    assert lines[-1].startswith("m 3/3, n 3/3 cases")
    assert len(lines) == len(set(lines)) <= 5


def test_a_run_is_followed_to_its_end(run):
    command = [sys.executable, "-c", "from harness.cli.main import app; app()", "watch", str(run)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    first = process.stdout.readline()
    assert first == "m 0/3, n 0/3 cases\n"
    with (run / "records.jsonl").open("a") as file:
        for model in "mn":
            for name, case in (("alpha", "a"), ("alpha", "b"), ("beta", "c")):
                file.write(record(model, name, case))
                file.flush()
                time.sleep(0.01)
    rest, _ = process.communicate(timeout=60)
    assert rest.splitlines()[-1].startswith("m 3/3, n 3/3 cases")
    assert process.returncode == 0
    once = subprocess.run([*command, "--once"], capture_output=True, text=True, check=True)
    assert once.stdout == "m 3/3, n 3/3 cases\n"
