"""Misbehaving programs: none is given a pass it did not earn, none gets out, none takes more than its share.

The shared corpus is run whole, whatever is in its file; `own.py` has attacks of our own. All of it in the tier this
machine gives; in tier C and as a user without rights a sample, and all of it under the mark `slow`.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import corpus
import hoarders
import own
import platformdirs
import psutil
import pytest

import harness
from harness.sandbox import selftest

SHARED = Path(os.environ.get("CROSSTASK_SHARED", "/nowhere")) / "hostile" / "hostile.jsonl"
NOT_IN_C = {
    "ok_multiprocessing": "POSIX semaphores lie in /dev/shm, of which tier C can give a program none of its own"
}
SAMPLE = (
    "vf_sys_exit0", "vf_fork_parent_exits", "ra_memory_children", "fs_inherited_fds", "fs_overwrite_victim",
    "nw_unix_abstract", "pr_kill_victim", "pr_setsid_daemon", "en_ancestors_environ", "ok_tempdir", "js_tcp",
)  # fmt: skip
OWN_SAMPLE = (
    "int_subclass", "own_memory", "fork_bomb", "symlink_out", "kill_everything", "daemon_holds_pipes", "vsock_and_raw",
    "limits_of_others", "priority_of_others", "attributes_of_files", "modes_of_files", "honest_copies",
)  # fmt: skip
HIDING_SAMPLE = {
    "burners": ("sigchld_ignored", "sigchld_ignored_short", "orphans"),
    "hoarders": ("memfds", "shared_pages_given_up", "sockets_filled", "orphans_hold"),
    "honest": (),
}
NOBODY = 65534
PATIENCE_S = 560


def read_shared():
    return list(corpus.read(SHARED)) if SHARED.is_file() else []


def tier():
    try:
        return selftest.best_tier().name
    except selftest.SandboxError as error:
        pytest.skip(f"not run: {error}")


def public_interpreter():
    """An interpreter that every user may run, or None."""
    for found in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        public = all(path.stat().st_mode & 1 for path in Path(found).parents) if Path(found).exists() else False
        asked = [found, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        if public and subprocess.run(asked, check=False).returncode == 0:
            return found
    return None


def in_a_process(file, name, ids=(), limits=(), *, unprivileged=False):
    """What is wrong, as a process of its own finds it: another tier, another user."""
    folder = Path(tempfile.mkdtemp(prefix="crosstask-test-"))
    try:
        for source in (Path(harness.__file__).parent, Path(platformdirs.__file__).parent, Path(psutil.__file__).parent):
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        for source in (Path(corpus.__file__), Path(file)):
            shutil.copy(source, folder / source.name)
        subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
        command = [sys.executable]
        if unprivileged:
            python = public_interpreter()
            if python is None or os.geteuid() != 0 or shutil.which("setpriv") is None:
                pytest.skip("not run: needs root, setpriv, and an interpreter every user may run")
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", python]
        command += [str(folder / "corpus.py"), str(folder / Path(file).name), name, "--ids", ",".join(ids), *limits]
        environment = {**os.environ, "PYTHONPATH": str(folder), "HOME": str(folder)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert found["programs"] > 0
    assert found["uid"] == (NOBODY if unprivileged else os.geteuid())
    return found["wrong"]


@pytest.fixture
def own_file(tmp_path):
    file = tmp_path / "own.jsonl"
    file.write_text("\n".join(map(json.dumps, own.ATTACKS)), "utf-8")
    return file


@pytest.fixture
def hiding(tmp_path):
    """A file of programs of one kind that hide what they use."""

    def write(kind):
        file = tmp_path / f"{kind}.jsonl"
        file.write_text("\n".join(map(json.dumps, hoarders.KINDS[kind][0])), "utf-8")
        return file

    return write


def without_known(wrong):
    return {name: why for name, why in wrong.items() if name not in NOT_IN_C}


def test_the_corpus_can_fail():
    """Without a jail the very same run finds escapes: a control for the checks themselves."""
    programs = [program for program in own.ATTACKS if program["id"] in {"symlink_out", "honest_class"}]
    wrong = corpus.run(programs, "none", 2)
    assert "file_changed" in wrong["symlink_out"][0]
    assert set(wrong) == {"symlink_out"}


def test_our_own_attacks():
    assert corpus.run(own.ATTACKS, tier()) == {}


@pytest.mark.shared
def test_the_shared_corpus():
    programs = read_shared()
    assert programs
    assert corpus.run(programs, tier()) == {}


@pytest.mark.parametrize("name", ["B", "C"])
def test_a_sample_in_lesser_tiers(own_file, name):
    if isinstance(found := selftest.try_tier(name), str):
        pytest.skip(f"not run: tier {name}: {found}")
    assert without_known(in_a_process(own_file, name, OWN_SAMPLE)) == {}


def test_a_sample_without_rights(own_file):
    assert in_a_process(own_file, "A", OWN_SAMPLE, unprivileged=True) == {}


@pytest.mark.shared
def test_a_sample_of_the_shared_corpus_without_rights_and_namespaces():
    assert without_known(in_a_process(SHARED, "C", SAMPLE, unprivileged=True)) == {}


@pytest.mark.parametrize("unprivileged", [False, True], ids=["root", "nobody"])
@pytest.mark.parametrize("kind", hoarders.KINDS)
def test_a_sample_of_what_hides(hiding, kind, unprivileged):
    limits = hoarders.KINDS[kind][1]
    assert in_a_process(hiding(kind), tier(), HIDING_SAMPLE[kind], limits, unprivileged=unprivileged) == {}


@pytest.mark.slow
@pytest.mark.parametrize("unprivileged", [False, True], ids=["root", "nobody"])
@pytest.mark.parametrize("name", ["A", "C"])
@pytest.mark.parametrize("kind", hoarders.KINDS)
def test_all_that_hides(hiding, kind, name, unprivileged):
    """As root control groups count, where they can be made; as an ordinary user looks at the tree."""
    assert in_a_process(hiding(kind), name, (), hoarders.KINDS[kind][1], unprivileged=unprivileged) == {}


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("unprivileged", [False, True], ids=["root", "nobody"])
@pytest.mark.parametrize("name", ["A", "C"])
def test_the_whole_shared_corpus(name, unprivileged):
    wrong = in_a_process(SHARED, name, unprivileged=unprivileged)
    assert (without_known(wrong) if name == "C" else wrong) == {}


@pytest.mark.slow
@pytest.mark.parametrize("unprivileged", [False, True], ids=["root", "nobody"])
@pytest.mark.parametrize("name", ["A", "C"])
def test_all_our_own_attacks(own_file, name, unprivileged):
    wrong = in_a_process(own_file, name, unprivileged=unprivileged)
    if unprivileged:  # the interpreter that every user may run need not have numpy
        wrong.pop("honest_numpy", None)
    assert (without_known(wrong) if name == "C" else wrong) == {}
