"""Rows from the Hub, by the real libraries against a Hub of our own on the loopback device.

The libraries read their environment once, at import, so each test opens its tables in a process of its own.
"""

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.sources import Rows
from harness.sources.open import open_rows
from harness.sources.open import parse_data

OLD, NEW = "a" * 40, "b" * 40
README = b"""---
configs:
- config_name: fruit
  data_files:
  - split: train
    path: fruit/train.jsonl
  - split: test
    path: fruit/test.jsonl
- config_name: nested
  data_files:
  - split: validation
    path: nested/validation.jsonl
dataset_info:
- config_name: fruit
  features:
  - name: question
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': no
          '1': yes
---
"""
FRUIT = [{"question": "Is a plum a fruit?", "label": 1}, {"question": "Is a brick “überhaupt” a fruit?", "label": 0}]
NESTED = [
    {"key": "k1", "choices": {"text": ["red", "blue"], "label": [0, 1]}, "scores": [0.5, 2.0], "note": None},
    {"key": "k2", "choices": {"text": ["one"], "label": [1]}, "scores": [], "note": "später"},
]


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def parquet(rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


REPOS = {
    "us/things": {
        "commits": {
            OLD: {"README.md": README, "fruit/train.jsonl": jsonl(FRUIT[:1]), "fruit/test.jsonl": jsonl(FRUIT[:1])},
            NEW: {
                "README.md": README,
                "fruit/train.jsonl": jsonl(FRUIT[::-1]),
                "fruit/test.jsonl": jsonl(FRUIT),
                "nested/validation.jsonl": jsonl(NESTED),
            },
        }
    },
    "us/closed": {"commits": {NEW: {"README.md": b"", "test.jsonl": jsonl(FRUIT)}}, "gated": True},
    "us/frail": {"commits": {OLD: {"test.jsonl": jsonl(FRUIT)}, NEW: {"test.jsonl": jsonl(FRUIT[:1])}}, "lost": NEW},
    "us/script": {"commits": {NEW: {"README.md": b"", "script.py": b"raise SystemExit('it ran')\n"}}},
    "us/plain": {"commits": {NEW: {"data/test-00000-of-00001.parquet": parquet(NESTED)}}},
    "us/dated": {"commits": {NEW: {"test.parquet": parquet([{"day": date(2024, 2, 29), "x": float("nan")}])}}},
    "us/odd": {"commits": {NEW: {"test.parquet": parquet([{"raw": b"abc"}])}}},
}


@pytest.fixture(scope="module")
def local(serve: Callable[..., Any]) -> tuple[Any, str]:
    """A Hub of these datasets, and its address."""
    hub: tuple[Any, str] = serve(REPOS)
    return hub


ASK = """
import json, sys, time
from pathlib import Path
from harness.errors import CrosstaskError
from harness.sources import Rows
from harness.sources.fetch import fetch
from harness.sources.hub import Hub
from harness.sources.open import Data, Opener

asked = [Rows("hub", **fields) for fields in json.loads(sys.argv[1])]
opener, out = Opener(Data("hub"), hub=Hub(deadline=float(sys.argv[2]))), []
for rows in asked:
    started = time.monotonic()
    try:
        table = opener.open(rows)
        found = {"ids": [r.id for r in table.rows], "rows": [dict(r) for r in table.rows], "origin": dict(table.origin)}
    except CrosstaskError as error:
        found = {"error": type(error).__name__, "message": str(error)}
    out.append(found | {"seconds": time.monotonic() - started})
lines = [str(done) for done in fetch(asked, Path(sys.argv[3]), opener.open)] if sys.argv[3:] else []
heavy = sorted({"torch", "transformers", "tensorflow", "jax"} & set(sys.modules))
print(json.dumps({"tables": out, "lines": lines, "heavy": heavy}))
"""
ONLINE = {"HF_HUB_OFFLINE": "0", "HF_TOKEN": "", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
"""Whatever the tests' own environment says of the Hub is set aside."""

Opened = list[dict[str, Any]]


@dataclass(frozen=True)
class Session:
    """A user at a machine: the Hub's address, the cache, and the directory commands run in."""

    endpoint: str
    home: Path
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def open(self, *asked: dict[str, Any], deadline: float = 8.0, mirror: Path | None = None) -> Opened:
        """The tables as a process of its own opens them: nothing printed beside, nothing heavy imported."""
        done = subprocess.run(
            [sys.executable, "-c", ASK, json.dumps(asked), str(deadline), *([str(mirror)] if mirror else [])],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=self.directory,
            env={**os.environ, **ONLINE, "HF_ENDPOINT": self.endpoint, "HF_HOME": str(self.home), **self.environment},
        )
        assert done.stderr == ""
        report = json.loads(done.stdout)
        assert report["heavy"] == []
        assert all(line.startswith("written ") for line in report["lines"])
        tables: Opened = report["tables"]
        return tables


def table(path: str, split: str, config: str = "default", **more: str) -> dict[str, Any]:
    return {"path": path, "config": config, "split": split, **more}


WAYS = (
    "and its cache has no copy; "
    "use --data sample, or --data DIR made by `crosstask data fetch DIR` on a connected machine"
)
GOOD = {
    "fruit": table("us/things", "test", "fruit"),
    "nested": table("us/things", "validation", "nested", key="key"),
    "pinned": table("us/things", "test", "fruit", revision=OLD),
    "tagged": table("us/things", "test", "fruit", revision="v1"),
    "parquet": table("us/plain", "test"),
    "dated": table("us/dated", "test"),
    "unscripted": table("us/script", "test", "fruit", plain="us/plain"),
}
BAD = {
    "split": table("us/things", "dev", "fruit"),
    "config": table("us/things", "test", "vegetable"),
    "revision": table("us/things", "test", "fruit", revision="v9"),
    "name": table("us/nothing", "test"),
    "id": table("us/many/slashes", "test"),
    "gated": table("us/closed", "test"),
    "script": table("us/script", "test"),
    "bytes": table("us/odd", "test"),
}


@pytest.fixture(scope="module")
def connected(local: tuple[Any, str], tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session beside a directory that has a dataset's name: it must not be taken for the dataset."""
    home, directory = (tmp_path_factory.mktemp(name) for name in ("home", "work"))
    (directory / "us/things").mkdir(parents=True)
    (directory / "us/things/test.jsonl").write_text('{"question": "Is this the Hub?", "label": 0}\n')
    return Session(local[1], home, directory)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the mirror fetched from the Hub."""
    return tmp_path_factory.mktemp("mirror")


@pytest.fixture(scope="module")
def good(connected: Session, mirror: Path) -> Mapping[str, dict[str, Any]]:
    """The good tables as opened; all but those of the older commit are fetched into a mirror too."""
    plain = [name for name in GOOD if name not in {"pinned", "tagged"}]
    fetched = connected.open(*(GOOD[name] for name in plain), mirror=mirror)
    others = connected.open(*(GOOD[name] for name in ("pinned", "tagged")))
    return dict(zip([*plain, "pinned", "tagged"], [*fetched, *others], strict=True))


@pytest.fixture(scope="module")
def bad(connected: Session) -> Mapping[str, dict[str, Any]]:
    return dict(zip(BAD, connected.open(*BAD.values()), strict=True))


def test_rows_come_as_the_hub_has_them(good: Mapping[str, dict[str, Any]]) -> None:
    assert good["fruit"]["rows"] == FRUIT  # the label is a ClassLabel: an int
    assert good["nested"]["rows"] == NESTED
    assert good["parquet"]["rows"] == NESTED
    assert good["dated"]["rows"] == [{"day": "2024-02-29", "x": None}]  # what JSON can hold of them
    assert good["fruit"]["ids"] == ["fruit-0", "fruit-1"]
    assert good["nested"]["ids"] == ["k1", "k2"]


def test_the_commit_is_recorded(good: Mapping[str, dict[str, Any]]) -> None:
    assert {name: opened["origin"]["revision"] for name, opened in good.items()} == {
        "fruit": NEW,
        "nested": NEW,
        "parquet": NEW,
        "dated": NEW,
        "unscripted": NEW,
        "pinned": OLD,
        "tagged": OLD,
    }
    assert good["pinned"]["rows"] == good["tagged"]["rows"] == FRUIT[:1]
    assert not any(opened["origin"]["sample"] or opened["origin"]["cached"] for opened in good.values())


@pytest.mark.usefixtures("good", "bad")
def test_nothing_is_asked_but_the_datasets(local: tuple[Any, str]) -> None:
    paths = {asked.split()[1] for asked in local[0].asked}
    assert {path for path in paths if not path.startswith(("/api/datasets/us/", "/datasets/us/"))} == set()


def test_where_the_dataset_is_a_script_its_plain_form_is_asked_and_named(good: Mapping[str, dict[str, Any]]) -> None:
    assert good["unscripted"]["rows"] == NESTED
    assert good["unscripted"]["ids"] == ["fruit-0", "fruit-1"]
    assert good["unscripted"]["origin"]["name"] == "us/plain/default/test"


@pytest.mark.parametrize("name", ["fruit", "nested", "parquet", "dated", "unscripted"])
def test_a_mirror_fetched_from_the_hub_holds_the_same_rows(
    good: Mapping[str, dict[str, Any]], mirror: Path, name: str
) -> None:
    again = open_rows(Rows("hub", **GOOD[name]), parse_data(str(mirror)))
    assert [dict(row) for row in again.rows] == good[name]["rows"]
    assert [row.id for row in again.rows] == good[name]["ids"]
    assert again.origin["sha256"] == good[name]["origin"]["sha256"]
    assert again.origin["revision"] == NEW


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("split", "us/things/fruit/dev: no split 'dev'; expected one of 'train', 'test'"),
        ("config", "us/things: no config 'vegetable'; expected one of 'fruit', 'nested'"),
        ("revision", "us/things: no revision 'v9' on the Hub; expected a commit, tag or branch"),
        (
            "name",
            "us/nothing: no such dataset on the Hub, or a private one; expected a public id, or `hf auth login` first",
        ),
        ("id", "us/many/slashes: not a dataset id of the Hub; expected owner/name"),
        (
            "gated",
            "us/closed: a gated dataset; ask for access at ENDPOINT/datasets/us/closed and run `hf auth login`",
        ),
        (
            "script",
            f"us/script: a dataset script, which is never run; {WAYS.partition('; ')[2]}",
        ),
        ("bytes", "us/odd/default/test row 0, field 'raw': a bytes; expected what JSON can hold"),
    ],
)
def test_what_cannot_be_had_is_said_in_one_sentence(
    bad: Mapping[str, dict[str, Any]], local: tuple[Any, str], name: str, message: str
) -> None:
    assert bad[name]["message"].replace(local[1], "ENDPOINT") == message
    assert bad[name]["error"] == ("RowError" if name == "bytes" else "SourceError")


def test_a_commit_the_hub_cannot_deliver_is_not_replaced_by_an_older_one(connected: Session) -> None:
    older, newer = connected.open(table("us/frail", "test", revision=OLD), table("us/frail", "test"))
    assert older["rows"] == FRUIT
    assert newer["error"] == "UnreachableError"
    assert newer["message"].startswith(
        f"us/frail/default/test: the Hub broke off while commit {NEW} was read; use --data"
    )


@pytest.mark.usefixtures("good")
def test_without_the_hub_its_cache_serves_and_says_so(connected: Session) -> None:
    away = replace(connected, endpoint="http://127.0.0.1:9")  # the discard port: nobody listens
    latest, pinned, absent = away.open(GOOD["parquet"], GOOD["pinned"], GOOD["fruit"] | {"revision": "c" * 40})
    assert latest["rows"] == NESTED
    assert (latest["origin"]["revision"], latest["origin"]["cached"]) == (NEW, True)
    assert pinned["rows"] == FRUIT[:1]
    assert (pinned["origin"]["revision"], pinned["origin"]["cached"]) == (OLD, True)
    assert absent["error"] == "UnreachableError"


def test_offline_with_an_empty_cache_the_other_two_ways_are_named(tmp_path: Path, local: tuple[Any, str]) -> None:
    offline = Session(local[1], tmp_path, tmp_path, {"HF_HUB_OFFLINE": "1"})
    (opened,) = offline.open(GOOD["fruit"])
    assert opened["error"] == "UnreachableError"
    assert opened["message"] == f"us/things/fruit/test: the Hub cannot be reached (HF_HUB_OFFLINE is set) {WAYS}"
    assert opened["seconds"] < 10


def test_a_hub_that_never_answers_is_given_up_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        session = Session(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path, tmp_path)
        first, second = session.open(GOOD["fruit"], GOOD["parquet"], deadline=1)
    assert first["message"].startswith("us/things/fruit/test: the Hub cannot be reached (")
    assert first["message"].endswith(WAYS)
    assert first["error"] == second["error"] == "UnreachableError"
    assert first["seconds"] < 10
    assert second["seconds"] < 0.5
