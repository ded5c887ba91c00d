"""Hashes of model files: right, and read once."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from harness.models.hashes import cache_directory
from harness.models.hashes import hash_files

OLD_NS = 1_600_000_000 * 10**9


@pytest.fixture
def weights(tmp_path):
    """A file last written long ago."""
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    os.utime(file, ns=(OLD_NS, OLD_NS))
    return file


def memory():
    return cache_directory() / "hashes.jsonl"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_hash_is_sha256(weights):
    assert hash_files([weights]) == {weights: sha256(b"one")}


def test_known_file_is_not_read_again(weights):
    hash_files([weights])
    memory().write_text(memory().read_text().replace(sha256(b"one"), "0" * 64))
    assert hash_files([weights]) == {weights: "0" * 64}


@pytest.mark.parametrize("change", ["content", "mtime", "inode"])
def test_changed_file_is_read_again(weights, change):
    hash_files([weights])
    expected = b"one"
    if change == "content":
        expected = b"two!"
        weights.write_bytes(expected)
        os.utime(weights, ns=(OLD_NS, OLD_NS))
    elif change == "mtime":
        expected = b"two"
        weights.write_bytes(expected)
        os.utime(weights, ns=(OLD_NS, OLD_NS + 1))
    else:
        expected = b"two"
        other = weights.with_name("other")
        other.write_bytes(expected)
        os.utime(other, ns=(OLD_NS, OLD_NS))
        other.replace(weights)
    assert hash_files([weights]) == {weights: sha256(expected)}


def test_file_written_just_now_is_not_remembered(tmp_path):
    file = tmp_path / "fresh"
    file.write_bytes(b"one")
    assert time.time_ns() - file.stat().st_mtime_ns < 10**9
    hash_files([file])
    assert not memory().exists()


@pytest.mark.parametrize("torn", [b'{"path": "x", "si', b"\xff\xfe", b"[1]\n17\n", b"\n\n"])
def test_torn_memory_costs_a_reading_and_heals(weights, torn):
    memory().parent.mkdir(parents=True, exist_ok=True)
    memory().write_bytes(torn)
    assert hash_files([weights]) == {weights: sha256(b"one")}
    assert memory().read_bytes().startswith(torn + b"\n{")


def test_memory_that_cannot_be_written_costs_time_only(weights, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("CROSSTASK_CACHE", str(blocked))
    assert hash_files([weights]) == {weights: sha256(b"one")}


def test_blob_of_the_hubs_cache_is_known_by_name(tmp_path):
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "c"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    (blobs / ("a" * 64)).write_bytes(b"by LFS")
    (blobs / ("b" * 40)).write_bytes(b"by git")
    large, small = snapshot / "model.safetensors", snapshot / "config.json"
    large.symlink_to(Path("../../blobs") / ("a" * 64))
    small.symlink_to(Path("../../blobs") / ("b" * 40))
    assert hash_files([large, small]) == {large: "a" * 64, small: sha256(b"by git")}


def test_cache_is_the_users_unless_said_otherwise(monkeypatch):
    monkeypatch.delenv("CROSSTASK_CACHE")
    assert cache_directory().name == "crosstask"
    monkeypatch.setenv("CROSSTASK_CACHE", "/somewhere")
    assert cache_directory() == Path("/somewhere")
