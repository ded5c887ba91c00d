"""Trees that programs leave behind: deep, wide, closed to their owner, full of links."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.sandbox.removal import remove_tree

NOBODY = 65534


def nested(folder, depth, name):
    """Folders in folders, by calls that know no path."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        inner = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("last", os.O_CREAT, dir_fd=here))
    os.close(here)


@pytest.mark.parametrize(("depth", "name"), [(1, "a"), (1500, "q" * 120), (5000, "0")])
def test_folders_in_folders(tmp_path, depth, name):
    """Deeper than calls may nest, than descriptors may be open, and than a path may be long (4,096)."""
    tree = tmp_path / "tree"
    tree.mkdir()
    nested(tree, depth, name)
    assert remove_tree(str(tree)) is None
    assert not tree.exists()


def test_names_that_the_removal_itself_would_give(tmp_path):
    tree = tmp_path / "tree"
    for name in ("a/b", "0/0/0", "1/0/1", "2/x"):
        (tree / name).mkdir(parents=True)
        (tree / name / "file").write_text("")
    (tree / "3").write_text("")
    assert remove_tree(str(tree)) is None
    assert not tree.exists()


def test_many_files_and_links_that_lead_out(tmp_path):
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    tree.mkdir()
    outside.mkdir()
    (outside / "kept").write_text("x")
    for index in range(10_000):
        (tree / f"{index}").symlink_to(outside)
    (tree / "folder").mkdir()
    (tree / "folder" / "link").symlink_to(outside)
    os.mkfifo(tree / "fifo")
    assert remove_tree(str(tree)) is None
    assert not tree.exists()
    assert (outside / "kept").read_text() == "x"
    assert outside.stat().st_mode & 0o777 != 0o700


def test_a_tree_that_is_not_there(tmp_path):
    assert remove_tree(str(tmp_path / "nothing")) is None


AS_AN_OWNER_WITHOUT_RIGHTS = """
import os
from harness.sandbox.removal import remove_tree
os.setresgid(NOBODY, NOBODY, NOBODY)
os.setresuid(NOBODY, NOBODY, NOBODY)
top = sys.argv[1]
os.makedirs(top + "/tree/a/b/c")
open(top + "/tree/a/b/c/file", "w").close()
for name in ("a/b/c", "a/b", "a", ""):
    os.chmod(f"{top}/tree/{name}", 0)
print(remove_tree(top + "/tree"), os.path.exists(top + "/tree"))
os.makedirs(top + "/other")
print(remove_tree(top + "/foreign"), os.path.exists(top + "/foreign"))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="not run: needs root, to be another user")
def test_folders_closed_to_their_owner_go_and_those_of_others_are_named(tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o755)
    tmp_path.chmod(0o777)
    (tmp_path / "foreign" / "inner").mkdir(parents=True)
    code = f"import sys; sys.path[:0] = sys.argv[2].split(':'); NOBODY = {NOBODY}" + AS_AN_OWNER_WITHOUT_RIGHTS
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), ":".join(sys.path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [
        "None False", f"{tmp_path}/foreign: Operation not permitted True"
    ], done.stderr  # fmt: skip
