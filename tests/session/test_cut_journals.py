"""A journal of a run cut at any byte, as a kill or a full disk leaves it: it opens, says what is whole, and goes on.

The journals of a run's folder are `records.jsonl`, `prompts.jsonl`, `programs.jsonl` and `certified.jsonl`; a store of
answers is a SQLite file, whose own journal is its `-wal`.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Record
from harness.core import Score
from harness.core import fingerprint
from harness.diagnostics.examined import PROGRAM
from harness.diagnostics.examined import read_examined
from harness.encoding import encode
from harness.errors import StoreError
from harness.report.certified import NAME as CERTIFIED
from harness.report.certified import pairs
from harness.results.folder import read_records
from harness.results.folder import read_run
from harness.session.folder import RunFolder
from harness.store.answers import Answers
from harness.store.journal import Journal
from harness.store.journal import read_lines

REQUESTS = [Generate(f"π and \ud800 {k}?") for k in range(5)]
PLAN = {
    "hash": "0123456789ab",
    "settings": {"recipe": {"name": "own"}, "notes": []},
    "models": {"toy": {"name": "toy"}},
    "benchmarks": {"tins": {"version": 1, "metrics": [{"name": "exact"}]}},
    "failures": {},
    "planned": {"toy": {"tins": [f"tin-{k}" for k in range(5)]}},
}
CUTS = st.floats(0, 1)
"""Where a journal is cut, as a share of its bytes."""
FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answer(k: int, text: str = "é\ud800\n") -> Completions:
    return Completions((Completion(f"{text}{k}", "stop", 1),))


def record(k: int) -> Record:
    asked, scores = (fingerprint(REQUESTS[k]),), (Score("exact", (1.0, 1.0), "correct"),)
    made = Record("toy", "tins", 1, f"tin-{k}", "node", 1, "measured", f"{k}" * 64, "8", identity="f" * 64)
    return replace(made, prompts=asked, responses=(answer(k),), scores=scores)


def go_on(path: Path) -> None:
    """What a session writes, beside what is there."""
    folder = RunFolder(path, PLAN, ["pytest"])
    folder.set_models({"toy": {"digest": "f" * 64}})
    folder.keep_prompts((fingerprint(request), encode(request)) for request in REQUESTS)
    for k in range(5):
        folder.record(record(k))
    folder.finish()
    folder.close()


def cut(path: Path, share: float) -> tuple[int, bool]:
    """Cut a file, and how many whole lines it has left; and whether its last one is torn."""
    content = path.read_bytes()
    kept = content[: round(share * len(content))]
    path.write_bytes(kept)
    return kept.count(b"\n"), not (kept.endswith(b"\n") or not kept)


def said(records) -> list:
    """What records say, but for which session wrote them."""
    return [replace(made, attempt=1) for made in records]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "run"
    go_on(path)
    return path


@pytest.fixture
def copied(whole, tmp_path):
    """Gives a new copy of the run's folder each time."""

    def copy() -> Path:
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        return Path(shutil.copytree(whole, tmp_path / "run"))

    return copy


@FEW
@given(CUTS, CUTS)
def test_records_and_prompts_are_whole_after_the_next_session(whole, copied, records, prompts):
    path = copied()
    left, torn = cut(path / "records.jsonl", records)
    cut(path / "prompts.jsonl", prompts)
    run = read_run(path)
    assert said(run.records) == [record(k) for k in range(left)]
    assert [note.startswith("records.jsonl: the last line is torn") for note in run.notes] == [True] * torn
    go_on(path)
    run = read_run(path)
    assert said(run.records) == [record(k) for k in range(5)]
    assert [run.prompts.get(fingerprint(request)) for request in REQUESTS] == REQUESTS
    assert run.notes == ()
    assert (path / "prompts.jsonl").read_bytes() == (whole / "prompts.jsonl").read_bytes()


@FEW
@given(CUTS)
def test_what_was_found_out_about_programs_goes_on(tmp_path, share):
    path = tmp_path / "programs.jsonl"
    found = [{"call": "é\ud800", "found": None, "expected": str(k)} for k in range(4)]
    lines = [{"schema": PROGRAM, "program": str(k), "counterexample": found[k]} for k in range(4)]
    path.unlink(missing_ok=True)
    write(path, lines)
    left, _ = cut(path, share)
    assert list(read_examined(tmp_path).explained) == [str(k) for k in range(left)]
    write(path, lines[left:])
    assert list(read_examined(tmp_path).explained) == [str(k) for k in range(4)]


@FEW
@given(CUTS)
def test_cases_that_were_asked_again_go_on(copied, share):
    path = copied()
    lines = [{"schema": "crosstask/record/1", "record": encode(record(k))} for k in range(5)]
    write(path / CERTIFIED, lines)
    left, _ = cut(path / CERTIFIED, share)
    assert len(pairs(read_run(path))) == left
    write(path / CERTIFIED, lines[left:])
    assert list(read_records(path / CERTIFIED, notes := []).values()) == [record(k) for k in range(5)]
    assert notes == []


def write(path: Path, lines) -> None:
    journal = Journal(path)
    for line in lines:
        journal.append(line)
    journal.close()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@FEW
@given(st.lists(st.dictionaries(st.text(), JSON, max_size=3), min_size=1, max_size=6), CUTS)
def test_any_lines_survive_a_cut_up_to_it(tmp_path, lines, share):
    path = tmp_path / "any.jsonl"
    path.unlink(missing_ok=True)
    write(path, lines)
    left, _ = cut(path, share)
    assert list(read_lines(path)) == lines[:left]
    write(path, [*lines[left:], {"more": 1}])
    assert list(read_lines(path)) == [*lines, {"more": 1}]


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> Path:
    """The files of a store of twenty answers as they lie while it is open: what a kill leaves."""
    folder = tmp_path_factory.mktemp("store")
    answers = Answers(folder / "open.sqlite", "f" * 64)
    for k in range(20):
        answers.put(f"{k}", answer(k, "long " * 200))
    for name in ("open.sqlite", "open.sqlite-wal"):
        shutil.copy(folder / name, folder / f"killed-{name}")
    answers.close()
    return folder


@FEW
@given(CUTS)
def test_answers_are_whole_up_to_where_their_journal_is_cut(killed, tmp_path, share):
    path = tmp_path / "answers.sqlite"
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
        if (source := killed / f"killed-open.sqlite{suffix}").exists():
            shutil.copy(source, path.with_name(path.name + suffix))
    cut(path.with_name("answers.sqlite-wal"), share)
    answers = Answers(path, "f" * 64)
    there = answers.get_all([f"{k}" for k in range(20)])
    assert there.keys() == {f"{k}" for k in range(len(there))}
    for k in range(len(there), 20):
        answers.put(f"{k}", answer(k, "long " * 200))
    assert answers.get_all([f"{k}" for k in range(20)]) == {f"{k}": answer(k, "long " * 200) for k in range(20)}
    answers.close()


@FEW
@given(CUTS)
def test_a_store_of_answers_that_is_cut_itself_opens_or_is_to_be_removed(killed, tmp_path, share):
    path = tmp_path / "answers.sqlite"
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(killed / "open.sqlite", path)
    cut(path, share)
    try:
        answers = Answers(path, "f" * 64)
        try:
            there = answers.get_all([f"{k}" for k in range(20)])
            assert all(there[key] == answer(int(key), "long " * 200) for key in there)
            answers.put("20", answer(20))
        finally:
            answers.close()
    except StoreError as error:
        assert str(error).endswith("the file is damaged, remove the file")  # noqa: PT017 - either is right
