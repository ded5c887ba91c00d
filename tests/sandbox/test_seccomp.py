"""The filter of system calls by itself, where no namespace and no Landlock helps it."""

import json
import subprocess
import sys

import pytest

from harness.sandbox.inside import kernel

PREPARE = """
import fcntl, json, os, resource, signal, socket, sys
from harness.sandbox.inside import kernel, seccomp
deeds, name = json.loads(sys.argv[1]), sys.argv[2]
made, other = socket.socketpair()
open(name, "w").close()
before = os.stat(name)
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
seccomp.install(seccomp.program(namespaces=False, own_pid=os.getpid(), modes=False))
for deed in deeds:
    try:
        exec(deed)
        print("done")
    except OSError as error:
        print(type(error).__name__)
"""
OF_OTHERS = (
    "os.kill(os.getppid(), 0)",
    "fcntl.fcntl(made, 8, os.getppid())",
    "fcntl.ioctl(made, 0x8901, bytes([1, 0, 0, 0]))",
    "resource.prlimit(os.getppid(), resource.RLIMIT_CPU)",
    "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "os.setpriority(os.PRIO_USER, 0, 19)",
    "os.sched_setaffinity(os.getppid(), {0})",
    "os.setxattr(name, 'user.x', b'1')",
    "os.chown(name, -1, -1)",
)
ITS_OWN = (
    "os.kill(os.getpid(), 0)",
    "fcntl.fcntl(made, fcntl.F_GETFL)",
    "resource.prlimit(0, resource.RLIMIT_CPU)",
    "os.setpriority(os.PRIO_PROCESS, 0, 19)",
    "os.sched_setaffinity(0, os.sched_getaffinity(0))",
    "os.chmod(name, 0); os.utime(name, (1, 1)); assert os.stat(name)[:9] == before[:9]",
)


@pytest.mark.skipif(not kernel.NUMBERS, reason="not run: a machine whose system calls are not listed")
def test_what_is_set_of_others_is_denied_and_of_itself_is_not(tmp_path):
    """What is said to be done of files is not: their modes and times stay."""
    command = [sys.executable, "-c", PREPARE, json.dumps(OF_OTHERS + ITS_OWN), str(tmp_path / "file")]
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=60)
    found = dict(zip(OF_OTHERS + ITS_OWN, done.stdout.split(), strict=True))
    assert found == dict.fromkeys(OF_OTHERS, "PermissionError") | dict.fromkeys(ITS_OWN, "done")
