"""Seconds of answers through sessions: kept with the answer, merged from shards, whichever process tests a case."""

import pytest
from typer.testing import CliRunner

from harness.cli.main import app


@pytest.fixture
def timed(project):
    """Two pages; question k of `alpha` takes k + 1 seconds, and no time is known of `beta`."""
    project.page("alpha")
    project.page("beta", area="words")
    answers = project.answers("alpha", 6)
    for row, rule in enumerate(answers):
        rule |= {"first_token": (row + 1) / 4, "latency": float(row + 1)}
    project.script(answers=answers)
    return project


def values(latency):
    return {
        (line["benchmark"], name): measure["value"] for line in latency for name, measure in line["measures"].items()
    }


SECONDS = {
    ("alpha", "first_token"): 0.875,
    ("alpha", "latency"): 3.5,
    ("alpha", "tokens_per_second"): pytest.approx(6 / 21),
    ("alpha", "case_seconds"): 3.5,
}


def test_a_kept_answer_keeps_its_seconds_whichever_process_tests_the_case(timed):
    output = timed.run("-v")
    assert "alpha: first token, s 0.875, whole answer, s 3.5" in output
    first = timed.summary()
    assert values(first["latency"]) == SECONDS
    asked = len(timed.asked)
    assert "first token" not in timed.run("--run-dir", "again", "-n", "2")
    assert len(timed.asked) == asked
    assert timed.summary(timed.path / "again") == first


def test_merged_shards_have_the_seconds_of_all(timed):
    timed.run("--shard", "1/2")
    timed.run("--shard", "2/2")
    parts = sorted((timed.path / "reports").iterdir())
    done = CliRunner().invoke(app, ["merge", *map(str, parts), "--out", str(timed.path / "merged")])
    assert done.exit_code == 0, done.output
    assert values(timed.summary(timed.path / "merged")["latency"]) == SECONDS
