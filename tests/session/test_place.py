"""The folder where a session meets, and what is swept: folders of processes that are gone, and of no others."""

import signal
import subprocess
import sys
import tempfile

import pytest

from harness.session.place import session_folder

LEAVES = """
import sys, time
from harness.session.place import session_folder
(session_folder() / "file").touch()
print("ready", flush=True)
time.sleep(600)
"""
RUNS = """
import sys, time
from harness.core import Execute
from harness.sandbox import selftest
from harness.sandbox.limits import Limits
from harness.sandbox.pool import Sandbox
sandbox = Sandbox(selftest.unsandboxed(), 1, Limits())
code = "def f():\\n    open('began', 'w').close()\\n    import time\\n    time.sleep(600)"
sandbox.submit(Execute("python", code, ("assert f() == 1",), names=("f",)))
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder of its own for temporary folders, of this process and of those it starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    tempfile.tempdir = None


@pytest.mark.parametrize("source", [LEAVES, RUNS], ids=["session", "program"])
def test_what_a_killed_process_left_is_swept_and_nothing_else(temporary, source):
    (temporary / "crosstask-other").mkdir()
    kept = session_folder()
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        if source == RUNS:
            while not list(temporary.glob(f"crosstask-{process.pid}-*/began")):
                assert process.poll() is None
        assert session_folder().parent == temporary
        left = [path for path in temporary.iterdir() if path.name.startswith(f"crosstask-{process.pid}-")]
        assert left
        process.send_signal(signal.SIGKILL)
    last = session_folder()
    assert not any(path.exists() for path in left)
    assert kept.exists()
    assert last.exists()
    assert (temporary / "crosstask-other").exists()
