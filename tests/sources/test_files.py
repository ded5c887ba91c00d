"""Files beside a table: kept by their hash, checked where a manifest has one, and known to every row."""

import hashlib
import json

import pytest

from harness.errors import SourceError
from harness.sources import from_hub
from harness.sources import with_files
from harness.sources.files import keep
from harness.sources.files import path_of
from harness.sources.open import Opener
from harness.sources.open import parse_data

ROWS = with_files(from_hub("us/lakes", split="all"), "lakes.db")


@pytest.fixture
def mirror(tmp_path):
    """A mirror of one table with a file beside it."""
    folder = tmp_path / "mirror"
    rows, content = b'{"a": 1}\n{"a": 2}\n', b"\x00lakes"
    entries = []
    for split, name, data, records in (("all", "all.jsonl", rows, 2), ("database", "lakes.db", content, 1)):
        path = folder / "us/lakes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        entry = {"hub_id": "us/lakes", "config": "default", "split": split, "path": f"us/lakes/{name}"}
        entries.append(entry | {"records": records, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)})
    (folder / "MANIFEST.json").write_text(json.dumps(entries))
    return folder


def test_a_file_is_found_by_its_hash():
    digest = keep(b"content")
    assert digest == keep(b"content") == hashlib.sha256(b"content").hexdigest()
    assert path_of(digest).read_bytes() == b"content"
    assert [path.name for path in path_of(digest).parent.iterdir()] == [digest]


def test_each_row_knows_the_files_beside_its_table(mirror):
    table = Opener(parse_data(str(mirror))).open(ROWS)
    digest = hashlib.sha256(b"\x00lakes").hexdigest()
    assert [row.files for row in table.rows] == [(("lakes.db", digest),)] * 2
    assert path_of(digest).read_bytes() == b"\x00lakes"
    assert table.rows[0].joined("key", table.rows).files == table.rows[0].files


def test_a_sample_s_file_is_taken_as_it_is(tmp_path):
    folder = tmp_path / "us/lakes/default"
    folder.mkdir(parents=True)
    (folder / "all.jsonl").write_text('{"a": 1}\n')
    (folder / "lakes.db").write_bytes(b"own")
    table = Opener(parse_data("sample", samples=tmp_path)).open(ROWS)
    assert table.rows[0].files == (("lakes.db", hashlib.sha256(b"own").hexdigest()),)


def test_a_file_that_changed_is_refused(mirror):
    (mirror / "us/lakes/lakes.db").write_bytes(b"other")
    with pytest.raises(SourceError, match=r"lakes\.db: sha256 [0-9a-f]+; expected [0-9a-f]+ as MANIFEST\.json says"):
        Opener(parse_data(str(mirror))).open(ROWS)


def test_a_file_the_manifest_does_not_know_is_refused(mirror):
    manifest = mirror / "MANIFEST.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text())[:1]))
    with pytest.raises(SourceError, match=r"lakes\.db: sha256 [0-9a-f]+; expected an entry of MANIFEST\.json"):
        Opener(parse_data(str(mirror))).open(ROWS)


def test_a_file_that_is_not_there_is_named(mirror):
    (mirror / "us/lakes/lakes.db").unlink()
    with pytest.raises(SourceError, match=r"lakes\.db: cannot be read"):
        Opener(parse_data(str(mirror))).open(ROWS)
