"""A mirror as written: what it holds, that it can be written again, and what stops it."""

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.errors import SourceError
from harness.errors import StoreError
from harness.errors import UnreachableError
from harness.sources import Row
from harness.sources import Rows
from harness.sources import Table
from harness.sources import from_file
from harness.sources import from_hub
from harness.sources.fetch import fetch
from harness.sources.jsonl import digest
from harness.sources.open import open_rows
from harness.sources.open import parse_data

TEST, TRAIN = (from_hub("us/things", "fruit", split=split) for split in ("test", "train"))
ROWS = [
    {"question": "Is a plum a fruit?", "choices": {"text": ["yes", "no"], "label": [1, 0]}, "score": 0.5},
    {"question": "Später “ja”?\u2028", "choices": {"text": [], "label": []}, "score": None},
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def opener(tables: Mapping[Rows, Sequence[Mapping[str, Any]]], **origin: Any) -> Callable[[Rows], Table]:
    """Opens these tables and no other, as rows of the Hub."""

    def opened(rows: Rows) -> Table:
        if rows not in tables:
            raise SourceError(f"{rows.name}: gone; expected it there")
        found = tuple(Row(fields, rows.name, number, f"{number}") for number, fields in enumerate(tables[rows]))
        return Table(rows.name, found, {"source": "hub", "revision": "b" * 40, "sample": False} | origin)

    return opened


def manifest(directory: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((directory / "MANIFEST.json").read_text(encoding="utf-8"))
    return entries


def test_the_manifest_says_all_of_a_table(tmp_path: Path) -> None:
    (done,) = fetch([TEST], tmp_path, opener({TEST: ROWS}))
    packed = (tmp_path / "us/things/fruit/test.jsonl.gz").read_bytes()
    content = gzip.decompress(packed)
    assert str(done) == f"written us/things/fruit/test: 2 records, {len(packed)} bytes"
    assert packed[4:8] == bytes(4)  # RFC 1952: the time stamp
    assert [json.loads(line) for line in content.decode().split("\n")[:-1]] == ROWS
    assert manifest(tmp_path) == [
        {
            "hub_id": "us/things",
            "config": "fruit",
            "split": "test",
            "path": "us/things/fruit/test.jsonl.gz",
            "records": 2,
            "sha256": hashlib.sha256(packed).hexdigest(),
            "sha256_rows": hashlib.sha256(content).hexdigest(),
            "bytes": len(packed),
            "fields": ["question", "choices", "score"],
            "null_fields": [],
            "revision": "b" * 40,
        }
    ]


@settings(max_examples=30)
@given(rows=st.lists(st.dictionaries(st.text(), JSON, max_size=4), min_size=1, max_size=4))
def test_what_is_read_again_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    directory = tmp_path_factory.mktemp("mirror")
    list(fetch([TEST], directory, opener({TEST: rows})))
    table = open_rows(TEST, parse_data(str(directory)))
    assert [dict(row) for row in table.rows] == rows
    assert table.origin["sha256"] == digest(rows)


def test_a_second_fetch_opens_nothing(tmp_path: Path) -> None:
    list(fetch([TEST, TRAIN], tmp_path, opener({TEST: ROWS, TRAIN: ROWS[:1]})))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    again = [str(done) for done in fetch([TEST, TRAIN, TEST], tmp_path, opener({}))]
    assert again == [
        "kept    us/things/fruit/test: 2 records, already there",
        "kept    us/things/fruit/train: 1 records, already there",
    ]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"short")])
def test_a_damaged_file_is_written_again(tmp_path: Path, damage: Callable[[Path], Any]) -> None:
    list(fetch([TEST], tmp_path, opener({TEST: ROWS})))
    before = (tmp_path / "us/things/fruit/test.jsonl.gz").read_bytes()
    damage(tmp_path / "us/things/fruit/test.jsonl.gz")
    assert [done.outcome for done in fetch([TEST], tmp_path, opener({TEST: ROWS}))] == ["written"]
    assert (tmp_path / "us/things/fruit/test.jsonl.gz").read_bytes() == before


def test_another_pinned_commit_is_fetched_anew(tmp_path: Path) -> None:
    list(fetch([TEST], tmp_path, opener({TEST: ROWS})))
    same, other = (from_hub("us/things", "fruit", split="test", revision=c * 40) for c in "bc")
    assert [done.outcome for done in fetch([same], tmp_path, opener({}))] == ["kept"]
    assert [done.outcome for done in fetch([other], tmp_path, opener({other: ROWS}, revision="c" * 40))] == ["written"]
    assert [entry["revision"] for entry in manifest(tmp_path)] == ["c" * 40]


def test_other_entries_stay_as_they_are(tmp_path: Path) -> None:
    theirs = {"hub_id": "a/b", "config": "c", "split": "d", "path": "x", "records": 1, "sha256": "0", "licence": "MIT"}
    (tmp_path / "MANIFEST.json").write_text(json.dumps([theirs]))
    list(fetch([TEST], tmp_path, opener({TEST: ROWS})))
    assert manifest(tmp_path)[0] == theirs
    assert len(manifest(tmp_path)) == 2


def test_a_table_that_cannot_be_had_is_reported_and_the_rest_is_written(tmp_path: Path) -> None:
    done = [str(line) for line in fetch([TRAIN, TEST], tmp_path, opener({TEST: ROWS}))]
    assert done[0] == "failed  us/things/fruit/train: gone; expected it there"
    assert done[1].startswith("written us/things/fruit/test: 2 records")
    assert [entry["split"] for entry in manifest(tmp_path)] == ["test"]


def test_an_unreachable_hub_ends_it_and_what_came_before_is_whole(tmp_path: Path) -> None:
    def cut_off(rows: Rows) -> Table:
        if rows == TRAIN:
            raise UnreachableError("the Hub cannot be reached")
        return opener({TEST: ROWS})(rows)

    with pytest.raises(UnreachableError, match=r"^the Hub cannot be reached$"):
        list(fetch([TEST, TRAIN], tmp_path, cut_off))
    assert len(open_rows(TEST, parse_data(str(tmp_path))).rows) == 2


def test_rows_of_the_sample_are_not_mirrored(tmp_path: Path) -> None:
    (done,) = fetch([TEST], tmp_path, opener({TEST: ROWS}, sample=True))
    assert str(done).startswith("failed  us/things/fruit/test: the bundled sample; expected the Hub's rows")
    assert list(tmp_path.iterdir()) == []


def test_files_of_ones_own_are_left_out(tmp_path: Path) -> None:
    assert list(fetch([from_file("own.jsonl")], tmp_path, opener({}))) == []


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "us").write_text("a file where a directory should be")
    path = re.escape(str(tmp_path / "us/things/fruit/test.jsonl.gz"))
    with pytest.raises(StoreError, match=rf"^{path}: cannot be written \(.*\); expected a writable directory$"):
        list(fetch([TEST], tmp_path, opener({TEST: ROWS})))
