# ruff: noqa: E501 - programs in one line each
"""What one program does and the next one of the same slot must not find."""

import pytest

from harness.core import Execute
from harness.sandbox import open_sandbox
from harness.sandbox import selftest
from harness.sandbox.limits import Limits
from harness.sandbox.pool import Sandbox

TEST = ("assert f() == 'free'",)
SERVE = "s = socket.socket(); s.bind(('127.0.0.1', 8080)); s.listen()"
LEFT = {
    "a port in TIME_WAIT": (
        f"{SERVE}; c = socket.create_connection(('127.0.0.1', 8080)); d, _ = s.accept(); d.close(); c.recv(1); c.close(); s.close()",
        f"{SERVE}; s.close()",
    ),
    "the same of IPv6": (
        "s = socket.socket(socket.AF_INET6); s.bind(('::1', 8080)); s.listen(); c = socket.create_connection(('::1', 8080)); d, _ = s.accept(); d.close(); c.recv(1); c.close(); s.close()",
        "s = socket.socket(socket.AF_INET6); s.bind(('::1', 8080)); s.close()",
    ),
    "counters": (
        "a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(('127.0.0.1', 0)); a.sendto(b'x', a.getsockname()); a.recv(1)",
        "text = open('/proc/net/snmp').read().splitlines(); udp = [l.split() for l in text if l.startswith('Udp:')]; assert dict(zip(*udp))['InDatagrams'] == '0'",
    ),
    "an abstract name held by a daemon": (
        "s = socket.socket(socket.AF_UNIX); s.bind('\\0left'); s.listen(); os.fork() or (os.setsid(), time.sleep(60))",
        "s = socket.socket(socket.AF_UNIX); s.bind('\\0left')",
    ),
    "an abstract name in a circle of sockets under way": (
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind('\\0left'); s.connect('\\0left'); socket.send_fds(s, [b'x'], [s.fileno()]); s.close()",
        "s = socket.socket(socket.AF_UNIX); s.bind('\\0left')",
    ),
    "files": (
        "[open(f'{d}/left', 'w').close() for d in ('/tmp', '/var/tmp', '/dev/shm', '.')]",
        "assert not any(os.path.exists(f'{d}/left') for d in ('/tmp', '/var/tmp', '/dev/shm', '.'))",
    ),
    "shared memory by name": (
        "from multiprocessing import shared_memory, resource_tracker; resource_tracker.register = lambda *a: None; shared_memory.SharedMemory('left', True, 4096)",
        "from multiprocessing import shared_memory; shared_memory.SharedMemory('left', True, 4096).unlink()",
    ),
    "the environment": ("os.environ['LEFT'] = '1'; os.putenv('LEFT', '1')", "assert 'LEFT' not in os.environ"),
    "modules": (
        "import json; json.left = 1; sys.modules['left'] = 1",
        "import json; assert not hasattr(json, 'left') and 'left' not in sys.modules",
    ),
    "a port that a daemon listens at": (
        f"{SERVE}; os.fork() or (os.setsid(), time.sleep(60))",
        f"{SERVE}; s.close()",
    ),
}  # fmt: skip
ONLY_WITH_NAMESPACES = {
    "a port in TIME_WAIT", "the same of IPv6", "counters", "an abstract name held by a daemon",
    "an abstract name in a circle of sockets under way", "shared memory by name", "a port that a daemon listens at",
    "files",
}  # fmt: skip


def program(deed):
    code = f"import os, socket, sys, time\ndef f():\n    {deed}\n    return 'free'"
    return Execute("python", code, TEST, names=("f",))


@pytest.mark.parametrize("name", LEFT)
@pytest.mark.parametrize("tier", ["A", "B", "C"])
def test_the_next_program_of_a_slot_finds_nothing(tier, name):
    found = selftest.try_tier(tier)
    if isinstance(found, str):
        pytest.skip(f"not run: tier {tier}: {found}")
    if tier == "C" and name in ONLY_WITH_NAMESPACES:
        pytest.skip("not run: tier C has no sockets and no /tmp of its own")
    leave, find = LEFT[name]
    sandbox = Sandbox(found, 1, Limits())
    try:
        # what is done in vain would leave nothing
        for deed in (leave, find, leave, find):
            answer = sandbox.submit(program(deed)).result(120)
            assert (answer.verdict, answer.detail) == ("passed", None), deed
    finally:
        sandbox.close()


def test_a_network_is_kept_while_nobody_uses_it():
    """A new one costs more than most programs: only where one was used is it made."""
    code = "import os\ndef f(): return os.stat('/proc/self/ns/net').st_ino"
    sandbox = open_sandbox(1)

    def seen(more):
        answer = sandbox.submit(Execute("python", f"{code}\n{more}\nprint(f())", ("assert f()",), names=("f",)))
        return answer.result(60).output

    try:
        if sandbox.facts["tier"] == "C":
            pytest.skip("not run: tier C has no network of its own")
        # the kernel may count a closed socket for a while, and then a network is made anew in vain
        pairs = ((seen(""), seen("import socket; socket.socketpair()")) for _ in range(20))
        assert any(first == second != "" for first, second in pairs)
        serve = "s = socket.socket(); s.bind(('127.0.0.1', 80 * 101)); s.listen()"
        for _ in range(5):
            assert seen(f"import socket; {serve}; socket.create_connection(s.getsockname())") != seen("") != ""
    finally:
        sandbox.close()
