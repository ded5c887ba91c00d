"""Reading a run's folder back: what counts, what is left out, what is an error and where."""

import json

import pytest

from harness.core import Message
from harness.errors import StoreError
from harness.results.folder import read_run


def test_every_record_of_a_whole_folder_is_read_as_it_was_written(folder):
    run = read_run(folder.write())
    assert run.records == tuple(folder.records)
    assert run.manifest == folder.manifest
    assert run.notes == ()


def test_the_last_line_of_a_case_counts(folder):
    folder.records += [folder.tin("tin-0", " 9", attempt=2)]
    records = {record.case: record for record in read_run(folder.write()).records}
    assert len(records) == 15
    assert records["tin-0"].attempt == 2


def test_a_torn_last_line_is_left_out_with_a_note(folder):
    records = folder.write() / "records.jsonl"
    whole = records.read_bytes()
    for torn in (whole[:-1], whole[:-40]):
        records.write_bytes(torn)
        run = read_run(folder.path)
        assert [record.case for record in run.records] == [record.case for record in folder.records[:-1]]
        assert run.notes == ("records.jsonl: the last line is torn and was left out (the run was interrupted)",)


def test_a_broken_line_elsewhere_names_file_and_line(folder):
    records = folder.write() / "records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join([lines[0], lines[1][:30], b"\n", *lines[2:]]))
    with pytest.raises(StoreError, match=r"records\.jsonl:2: not a JSON object; expected schema 'crosstask/record/1'"):
        read_run(folder.path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            {"schema": "crosstask/record/9", "record": {}},
            "schema 'crosstask/record/9'; expected schema 'crosstask/record/1'",
        ),
        ({"schema": "crosstask/record/1", "record": {"kind": "Recrod"}}, "kind: found 'Recrod'; expected one of"),
        (
            {"schema": "crosstask/record/1", "record": {"kind": "Record", "size": 1}},
            "Record: .*'size'; expected the fields",
        ),
        (
            {"schema": "crosstask/record/1", "record": {"model": "toy"}},
            "no record; expected an object of kind 'Record'",
        ),
        ([1], "not a JSON object"),
    ],
)
def test_a_line_of_another_shape_is_an_error(folder, line, message):
    with (folder.write() / "records.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    with pytest.raises(StoreError, match=rf"records\.jsonl:16: {message}"):
        read_run(folder.path)


def test_a_folder_without_records_is_a_run_that_measured_nothing(folder):
    (folder.write() / "records.jsonl").unlink()
    assert read_run(folder.path).records == ()


def test_a_folder_without_a_manifest_is_no_run(tmp_path):
    with pytest.raises(StoreError, match=r"manifest\.json: missing; expected the folder of a run"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "crosstask/manifest/2"}, "schema 'crosstask/manifest/2'; expected 'crosstask/manifest/1'"),
        ({"benchmarks": {"tins": {"version": 1}}}, "benchmark 'tins' lacks version or metrics; expected both"),
        ({"planned": None}, "'planned' is missing; expected an object"),
        ({"planned": {"toy": {"cups": ["cup-0"]}}}, "toy plans 'cups'; expected a name in 'benchmarks'"),
    ],
)
def test_a_manifest_of_another_shape_is_an_error(folder, change, message):
    folder.manifest |= change
    with pytest.raises(StoreError, match=message):
        read_run(folder.write())


def test_a_manifest_that_is_no_json_is_an_error(folder):
    (folder.write() / "manifest.json").write_text("{")
    with pytest.raises(StoreError, match=r"manifest\.json: not JSON .*; restore the file or run again"):
        read_run(folder.path)


def test_prompts_are_found_by_fingerprint(folder):
    run = read_run(folder.write())
    for key, request in folder.requests.items():
        assert run.prompts.get(key) == request
    assert run.prompts.get("0" * 64) is None


def test_a_lone_surrogate_survives(folder):
    request = next(iter(folder.requests.values()))
    odd = type(request)((Message("user", "tin \ud800"),))
    folder.requests["a" * 64] = odd
    path = folder.write() / "prompts.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert read_run(folder.path).prompts.get("a" * 64) == odd


def test_a_prompt_that_is_no_request_names_the_file(folder):
    path = folder.write() / "prompts.jsonl"
    path.write_text(json.dumps({"schema": "crosstask/prompt/1", "prompt": "a" * 64}) + "\n")
    with pytest.raises(StoreError, match=r"prompts\.jsonl: prompt a{64}: 'request'; expected a request"):
        read_run(folder.path).prompts.get("a" * 64)
