"""Several devices of one run: the same records as one, whatever dies, and a refusal where an engine is one process."""

import json

import pytest

from harness import evaluate
from harness.errors import UsageError

PAGE = '''
"""sums: little questions of ours."""
from harness.benchmark import Benchmark
from harness.core import Case, Generate
from harness.extract import last_number, plain_number
from harness.metrics.exact_match import ExactMatch
from harness.sources import from_file


def to_case(row, shots):
    return Case(row.id, (Generate(row.text("question"), max_tokens=8),), str(row["answer"]))


sums = Benchmark(
    name="sums", version=1, area="sums", paper="none", protocol="greedy", rows=from_file("rows.jsonl"),
    to_case=to_case, metrics=(ExactMatch(last_number, plain_number, "exact"),),
)


@sums.cases
def test_sums(case, response, record):
    record(sums.score(case, response))
'''
ROWS = 24


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository of a user's own with one page of `ROWS` rows, and a cache of its own."""
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "own"
    (place / "pages/sums").mkdir(parents=True)
    (place / "pyproject.toml").write_text('[tool.crosstask]\nevals = ["pages"]\nengine = "scripted"\n')
    rows = [{"question": f"{k} + 1?", "answer": k + 1} for k in range(ROWS)]
    (place / "pages/sums/rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (place / "pages/sums/sums.py").write_text(PAGE)
    return place


def script(root, **options):
    answers = [{"prompt": f"{k} + 1?", "text": f" {k + 1 if k % 3 else 0}"} for k in range(ROWS)]
    (root / "script.json").write_text(json.dumps({"answers": answers, **options}))
    return str(root / "script.json")


def by_case(run):
    """What a record says of each case, but for its seconds."""
    kept = [json.loads(line)["record"] for line in (run.path / "records.jsonl").read_text().splitlines()]
    assert len(kept) == ROWS
    return {record["case"]: {name: value for name, value in record.items() if name != "seconds"} for record in kept}


def test_two_processes_leave_the_records_of_one(root):
    answers = script(root, delay=0.02, journal=str(root / "asked"))
    alone = evaluate("toy", root=root, answers=answers, device="cpu")
    (root / "asked").unlink()
    both = evaluate("toy", root=root, answers=answers, device="cpu,cpu", refresh=True)
    assert by_case(both) == by_case(alone)
    asked = [json.loads(line) for line in (root / "asked").read_text().splitlines()]
    assert (len(asked), len({line["pid"] for line in asked})) == (ROWS, 2)
    engine = json.loads((both.path / "manifest.json").read_text())["models"]["toy"]["engine"]
    assert engine["processes"] == ["cpu", "cpu"]
    assert engine["answered"]["requests"] == ROWS


def test_a_killed_process_changes_no_score(root):
    alone = by_case(evaluate("toy", root=root, answers=script(root), device="cpu"))
    answers = script(root, delay=0.02, crash={"after": 3, "how": "kill", "once": str(root / "died")})
    run = evaluate("toy", root=root, answers=answers, device="cpu,cpu")
    assert (root / "died").exists()
    assert run.complete
    assert {case: (record["scores"], record["responses"]) for case, record in by_case(run).items()} == {
        case: (record["scores"], record["responses"]) for case, record in alone.items()
    }
    assert any("an engine process died once, " in note for note in run.summary["notes"])


def test_an_engine_that_is_one_process_refuses_several_devices(root):
    (root / "single_engine.py").write_text(
        "from dataclasses import replace\nfrom harness.engines import scripted\n"
        "ENGINE = replace(scripted.ENGINE, several=False)\n"
    )
    for device in ("cpu,cpu", "all"):
        with pytest.raises(UsageError) as raised:
            evaluate("toy", root=root, engine="single_engine:ENGINE", device=device)
        assert str(raised.value) == (
            f"--device {device}: engine single_engine:ENGINE runs in one process; expected one device"
        )


def test_a_mix_or_an_unknown_device_is_one_sentence(root):
    with pytest.raises(UsageError, match=r"^--device cpu,tpu: |^--device tpu: no such device; expected "):
        evaluate("toy", root=root, answers=script(root), device="cpu,tpu")
