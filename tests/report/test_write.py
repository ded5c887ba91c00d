"""The report's files: a pure function of the folder, whole or not there."""

import json
import resource
from importlib import resources

import jsonschema
import pytest

from harness.errors import StoreError
from harness.report.write import write_report
from harness.store.atomic import open_atomic
from harness.store.atomic import write_atomic


def test_the_same_folder_gives_the_same_bytes(folder):
    names = ("summary.json", "report.html")
    write_report(folder.write())
    first = [(folder.path / name).read_bytes() for name in names]
    write_report(folder.path)
    assert [(folder.path / name).read_bytes() for name in names] == first


def test_the_summary_is_returned_as_it_is_written(folder):
    summary = write_report(folder.write())
    assert json.loads((folder.path / "summary.json").read_text()) == summary


def test_a_summary_in_parts_fits_its_schema(folder):
    listed = {"name": "ours", "version": "2", "source": "-", "why": "-", "listed": 1, "excluded": 1, "changed": []}
    folder.manifest["benchmarks"]["tins"] |= {"strata": "subject", "exclusions": [listed]}
    for row in range(12):
        folder.change(f"tin-{row}", stratum="ab"[row % 2], tags=("excluded by ours 2",) if row < 2 else ("level:1",))
    write_report(folder.write(), "subject")
    found = json.loads((folder.path / "summary.json").read_text())
    assert found["generalise_over"] == "subject"
    assert all(found["scores"][0][name] for name in ("macro", "breakdowns", "without"))
    schema = json.loads((resources.files("harness") / "schemas" / "summary.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)


def test_an_incomplete_run_is_incomplete_in_every_file(folder):
    folder.drop("moon-2")
    assert write_report(folder.write())["complete"] is False
    assert json.loads((folder.path / "summary.json").read_text())["complete"] is False
    assert "INCOMPLETE 14/15" in (folder.path / "report.html").read_text()


def test_a_torn_run_is_incomplete_in_every_file(folder):
    records = folder.write() / "records.jsonl"
    records.write_bytes(records.read_bytes()[:-20])
    assert write_report(folder.path)["complete"] is False
    assert "the last line is torn" in (folder.path / "report.html").read_text()


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(StoreError, match=r"none/manifest\.json: missing; expected the folder of a run"):
        write_report(tmp_path / "none")


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "summary.json"
    write_atomic(path, "old")
    write_atomic(path, "new \ud800")
    assert path.read_bytes().decode("utf-8", "surrogatepass") == "new \ud800"
    assert [one.name for one in tmp_path.iterdir()] == ["summary.json"]


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "summary.json"
    write_atomic(path, "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(StoreError, match=r"summary\.json: cannot be written \(File too large\); check the disk"):
            write_atomic(path, "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["summary.json"]


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "summary.json"
    write_atomic(path, "old")
    with pytest.raises(TypeError), open_atomic(path) as file:
        file.writelines(["half", 1])
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["summary.json"]


def test_a_missing_folder_names_the_remedy(tmp_path):
    with pytest.raises(StoreError, match=r"cannot be written \(No such file or directory\); create the folder first"):
        write_atomic(tmp_path / "none" / "summary.json", "")
