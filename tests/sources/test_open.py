"""Rows from a sample, a mirror or a file: what is opened, what is refused, and in which words."""

import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RowError
from harness.errors import SourceError
from harness.errors import UsageError
from harness.sources import Rows
from harness.sources import from_file
from harness.sources import from_hub
from harness.sources.open import Data
from harness.sources.open import Opener
from harness.sources.open import open_rows
from harness.sources.open import parse_data

FRUIT = from_hub("us/things", "fruit", split="test")
ROWS = [{"id": "q7", "question": "Is a plum a fruit?", "label": 1}, {"id": "q9", "question": "Is the sea?", "label": 0}]
TORN_GZIP = gzip.compress(b"{}\n" * 99, mtime=0)[:-9]


def lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def sample(directory: Path, content: bytes) -> Data:
    write(directory / "us/things/fruit/test.jsonl", content)
    return parse_data("sample", samples=directory)


def mirror(directory: Path, **changed: Any) -> Data:
    """A mirror of one table; `changed` replaces fields of its manifest entry, None drops one."""
    packed = gzip.compress(lines(ROWS), mtime=0)
    path = "us/things/fruit/test.jsonl.gz"
    write(directory / path, packed)
    entry = {"hub_id": "us/things", "config": "fruit", "split": "test", "path": path, "records": 2}
    entry |= {"sha256": hashlib.sha256(packed).hexdigest()} | changed
    kept = {name: value for name, value in entry.items() if value is not None}
    write(directory / "MANIFEST.json", json.dumps([kept]).encode())
    return parse_data(str(directory))


def test_a_sample_is_read_and_says_that_it_is_one(tmp_path: Path) -> None:
    table = open_rows(FRUIT, sample(tmp_path, lines(ROWS)))
    assert [dict(row) for row in table.rows] == ROWS
    assert [(row.id, row.number) for row in table.rows] == [("fruit-0", 0), ("fruit-1", 1)]
    assert table.name == "us/things/fruit/test"
    # the hash is sha256sum's of the two lines with their keys sorted and no white space
    assert dict(table.origin) == {
        "source": "sample",
        "name": "us/things/fruit/test",
        "revision": None,
        "sha256": "9c839762214eecbf30fe1daa76d5f553b02adbdd78904be997c83abaef9b3df9",
        "records": 2,
        "sample": True,
    }


def test_a_sample_of_many_configs_may_be_one_file(tmp_path: Path) -> None:
    content = lines([{"config": "fruit", **ROWS[0]}, {"config": "tools", **ROWS[1]}])
    write(tmp_path / "us/things/test.jsonl", content)
    data = parse_data("sample", samples=tmp_path)
    found = {config: open_rows(from_hub("us/things", config, split="test"), data) for config in ("fruit", "none")}
    assert [(row.id, dict(row)) for row in found["fruit"].rows] == [("fruit-0", ROWS[0])]
    assert (found["none"].rows, found["none"].origin["records"]) == ((), 0)
    own = write(tmp_path / "us/things/fruit/test.jsonl", lines(ROWS))
    assert [dict(row) for row in open_rows(FRUIT, data).rows] == ROWS, f"{own} goes first"


def test_the_same_rows_have_the_same_hash_wherever_they_come_from(tmp_path: Path) -> None:
    shuffled = [dict(reversed(row.items())) for row in ROWS]
    own = write(tmp_path / "own.jsonl", b"\xef\xbb\xbf\r\n" + lines(shuffled).replace(b"\n", b"\r\n\r\n"))
    tables = [
        open_rows(FRUIT, sample(tmp_path / "s", lines(ROWS))),
        open_rows(FRUIT, mirror(tmp_path / "m")),
        open_rows(from_file(own), Data("hub")),
    ]
    assert len({table.origin["sha256"] for table in tables}) == 1
    assert [table.origin["sample"] for table in tables] == [True, False, False]


@pytest.mark.parametrize(
    ("plain", "name"), [("me/plain", "me/plain/default/test"), ("me/plain/plum", "me/plain/plum/test")]
)
def test_a_plain_form_stands_in_for_a_script_in_its_own_config(plain: str, name: str) -> None:
    rows = from_hub("us/things", "fruit", split="test", plain=plain)
    assert (rows.name, rows.on_hub.name) == ("us/things/fruit/test", name)


def test_the_hubs_own_key_is_the_id(tmp_path: Path) -> None:
    keyed = Rows("hub", "us/things", "fruit", "test", key="id")
    assert [row.id for row in open_rows(keyed, sample(tmp_path, lines(ROWS))).rows] == ["q7", "q9"]
    labelled = Rows("hub", "us/things", "fruit", "test", key="label")
    assert [row.id for row in open_rows(labelled, sample(tmp_path, lines(ROWS))).rows] == ["1", "0"]


def test_a_key_the_mirror_says_it_lost_is_not_used(tmp_path: Path) -> None:
    keyed = Rows("hub", "us/things", "fruit", "test", key="id")
    table = open_rows(keyed, mirror(tmp_path, null_fields=["id"]))
    assert [row.id for row in table.rows] == ["fruit-0", "fruit-1"]
    assert table.origin["null_fields"] == ("id",)


@pytest.mark.parametrize("value", [None, "", True, 1.5, ["a"]])
def test_a_key_that_is_no_key_is_refused(tmp_path: Path, value: Any) -> None:
    keyed = Rows("hub", "us/things", "fruit", "test", key="id")
    data = sample(tmp_path, lines([ROWS[0], {"id": value}]))
    with pytest.raises(
        RowError, match=r"test.jsonl row 1, field 'id': .*; expected text or an integer, the row's key$"
    ):
        open_rows(keyed, data)


def test_a_missing_key_is_refused(tmp_path: Path) -> None:
    keyed = Rows("hub", "us/things", "fruit", "test", key="uid")
    with pytest.raises(RowError, match=r"row 0, field 'uid': missing; the row has 'id', 'question', 'label'$"):
        open_rows(keyed, sample(tmp_path, lines(ROWS)))


@pytest.mark.parametrize("name", ["own.jsonl", "own.jsonl.gz"])
def test_a_file_of_ones_own_is_read_relative_to_its_page(tmp_path: Path, name: str) -> None:
    content = lines(ROWS)
    write(tmp_path / "rows" / name, gzip.compress(content) if name.endswith(".gz") else content)
    table = open_rows(from_file(f"rows/{name}"), Data("hub"), tmp_path)
    assert [row.id for row in table.rows] == ["own-0", "own-1"]
    assert table.origin["source"] == "file"
    assert table.origin["name"] == f"rows/{name}"


def test_a_line_separator_of_unicode_is_text_not_a_new_line(tmp_path: Path) -> None:
    rows = [{"question": "one\u2028two\u0085three"}]
    own = write(tmp_path / "own.jsonl", json.dumps(rows[0], ensure_ascii=False).encode() + b"\n")
    table = open_rows(from_file(own), Data("hub"))
    assert [dict(row) for row in table.rows] == rows


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1}\n{"a": \n', r"own.jsonl line 2: not JSON \(.*\); expected one JSON object a line$"),
        (b'{"a": 1}\n\n[1]\n', r"own.jsonl line 3: a JSON list; expected one JSON object a line$"),
        (b'{"a": NaN}\n', r"own.jsonl line 1: not JSON \(NaN is not a JSON number\); expected"),
        (b'{"a": "\xff"}\n', r"own.jsonl line 1: not JSON \(.*codec can't decode.*\); expected"),
        (b"[" * 100_000, r"own.jsonl line 1: not JSON \(.*recursion.*\); expected"),
        (b"\n\n", r"own.jsonl: no rows; expected at least one JSON object$"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    own = write(tmp_path / "own.jsonl", content)
    with pytest.raises(RowError, match=message):
        open_rows(from_file(own), Data("hub"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("own.csv", b"a,b\n", r"own.csv: not a file of rows; expected a name that ends in .jsonl or .jsonl.gz$"),
        ("own.jsonl.gz", b"{}\n", r"own.jsonl.gz: not readable as gzip \(.*\); expected a whole .gz file$"),
        ("own.jsonl.gz", TORN_GZIP, r"own.jsonl.gz: not readable as gzip \(.*\); expected"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    own = write(tmp_path / name, content)
    with pytest.raises(SourceError, match=message):
        open_rows(from_file(own), Data("hub"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    expected = r"own.jsonl: cannot be read \(No such file or directory\); expected a file of rows$"
    with pytest.raises(SourceError, match=expected):
        open_rows(from_file("own.jsonl"), Data("hub"), tmp_path)


def test_no_sample_names_the_two_other_ways(tmp_path: Path) -> None:
    data = sample(tmp_path, lines(ROWS))
    expected = "a/b/default/test: no bundled sample; use --data hub, or --data DIR made by `crosstask data fetch DIR`"
    with pytest.raises(SourceError, match=f"^{re.escape(expected)}$"):
        open_rows(from_hub("a/b", split="test"), data)


def test_a_table_the_mirror_lacks_names_the_ways_to_get_it(tmp_path: Path) -> None:
    expected = (
        f"a/b/default/test: not in {tmp_path / 'MANIFEST.json'}; "
        "add it with `crosstask data fetch DIR`, or use --data hub or --data sample"
    )
    with pytest.raises(SourceError, match=f"^{re.escape(expected)}$"):
        open_rows(from_hub("a/b", split="test"), mirror(tmp_path))


def test_a_changed_file_is_refused_with_both_hashes(tmp_path: Path) -> None:
    data = mirror(tmp_path)
    packed = gzip.compress(lines(ROWS[:1]), mtime=0)
    path = write(tmp_path / "us/things/fruit/test.jsonl.gz", packed)
    found = hashlib.sha256(packed).hexdigest()
    with pytest.raises(
        SourceError, match=rf"^{re.escape(str(path))}: sha256 {found}; expected [0-9a-f]{{64}} as MANIFEST"
    ):
        open_rows(FRUIT, data)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"records": 3}, r"test.jsonl.gz: 2 records; expected 3 as MANIFEST.json says$"),
        ({"sha256": None}, r"MANIFEST.json entry 0, field 'sha256': None; expected a str$"),
        ({"path": "../x.jsonl.gz"}, r"entry 0, field 'path': '../x.jsonl.gz'; expected a path inside the mirror$"),
        ({"path": "/x.jsonl.gz"}, r"entry 0, field 'path': '/x.jsonl.gz'; expected a path inside the mirror$"),
        ({"path": "gone.jsonl.gz"}, r"gone.jsonl.gz: cannot be read \(No such file or directory\); expected a file"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_rows(FRUIT, mirror(tmp_path, **changed))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[", r"MANIFEST.json: not JSON \(.*\); expected a list of tables$"),
        (b"{}", r"MANIFEST.json: a JSON dict; expected a list of tables$"),
        (b"[1]", r"MANIFEST.json entry 0: a JSON int; expected an object$"),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    write(tmp_path / "MANIFEST.json", content)
    with pytest.raises(SourceError, match=message):
        open_rows(FRUIT, parse_data(str(tmp_path)))


def test_a_mirror_of_another_revision_than_the_pinned_is_refused(tmp_path: Path) -> None:
    pinned = from_hub("us/things", "fruit", split="test", revision="b" * 40)
    assert open_rows(pinned, mirror(tmp_path)).origin["revision"] is None
    assert open_rows(pinned, mirror(tmp_path, revision="b" * 40)).origin["revision"] == "b" * 40
    with pytest.raises(
        SourceError, match=rf"holds revision {'a' * 40}; expected {'b' * 40}, which `crosstask data fetch"
    ):
        open_rows(pinned, mirror(tmp_path, revision="a" * 40))


def test_a_table_is_opened_once_and_no_other(tmp_path: Path) -> None:
    opener = Opener(mirror(tmp_path))
    table = opener.open(FRUIT)
    (tmp_path / "us/things/fruit/test.jsonl.gz").unlink()
    (tmp_path / "MANIFEST.json").unlink()
    assert opener.open(from_hub("us/things", "fruit", split="test")) is table


def test_parse_data(tmp_path: Path) -> None:
    (tmp_path / "MANIFEST.json").write_text("[]")
    assert parse_data("hub") == Data("hub")
    assert parse_data("sample", samples=tmp_path) == Data("sample", tmp_path)
    assert parse_data(str(tmp_path)) == Data("mirror", tmp_path)


def test_parse_data_refuses_what_is_none_of_the_three(tmp_path: Path) -> None:
    other = r"; expected sample, hub, or a mirror made by `crosstask data fetch DIR`$"
    with pytest.raises(UsageError, match=rf"^--data: '{tmp_path}' holds no MANIFEST.json{other}"):
        parse_data(str(tmp_path))
    with pytest.raises(UsageError, match=rf"^--data: 'Hub' is no directory{other}"):
        parse_data("Hub")
    with pytest.raises(
        UsageError, match=r"^--data sample: no directory configured; expected \[tool.crosstask\] samples"
    ):
        parse_data("sample")


@pytest.mark.shared
def test_the_shared_mirror_opens(shared: Path) -> None:
    """Counts as its MANIFEST.json gives them, which are the published ones."""
    opener = Opener(parse_data(str(shared / "data/mirror")))
    counts = {
        from_hub("openai/gsm8k", "main", split="test"): 1319,
        from_hub("truthfulqa/truthful_qa", "multiple_choice", split="validation"): 817,
        from_hub("allenai/winogrande", "winogrande_xl", split="validation"): 1267,
        from_hub("HuggingFaceH4/MATH-500", split="test", key="unique_id"): 500,
    }
    assert {rows: len(opener.open(rows).rows) for rows in counts} == counts
