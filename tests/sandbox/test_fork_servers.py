"""Fork servers that somebody kills or stops, and programs that end again and again: nothing stays, nothing stalls."""

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from harness.core import Execute
from harness.sandbox import groups
from harness.sandbox import selftest
from harness.sandbox.limits import Limits
from harness.sandbox.pool import Sandbox

LONG_S = 60
OUTLIVE = """
import ctypes, os, time
def f():
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0: time.sleep(300)
        os._exit(0)
    time.sleep(300)
"""
WAIT = """
import time
def f():
    time.sleep(1)
    return 1
"""


@pytest.fixture(params=["A", "B", "C"])
def sandbox(request):
    """A sandbox of one slot in each tier this machine gives."""
    found = selftest.try_tier(request.param)
    if isinstance(found, str):
        pytest.skip(f"not run: tier {request.param}: {found}")
    opened = Sandbox(found, 1, Limits(cpu=5.0))
    yield opened
    opened.close()


def servers(before):
    return set(psutil.Process().children()) - before


def below(found, number):
    """All processes below, when there are so many; of those whose fork server dies nobody else can tell."""
    deadline = time.monotonic() + LONG_S
    while time.monotonic() < deadline:
        family = [child for server in found() for child in server.children(recursive=True)]
        if len(family) >= number:
            return family
        time.sleep(0.05)
    raise AssertionError("nothing runs")


def gone(processes):
    """Whether all of them end within a while."""
    _, alive = psutil.wait_procs(processes, timeout=LONG_S)
    return not [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def test_nothing_outlives_a_killed_fork_server(sandbox):
    """Not one that wants no signal of its parent's death, nor its descendants in sessions of their own."""
    before = set(psutil.Process().children())
    future = sandbox.submit(Execute("python", OUTLIVE, ("assert f()",), names=("f",)))
    family = below(lambda: servers(before), 3)
    for server in servers(before):
        server.kill()
    assert gone(family)
    second = below(lambda: servers(before), 3)
    for server in servers(before):
        server.kill()
    assert future.result(LONG_S).reason.startswith("sandbox: a fork server is gone")
    assert gone(second)


def test_a_program_whose_fork_server_was_killed_is_run_again(sandbox):
    before = set(psutil.Process().children())
    future = sandbox.submit(Execute("python", WAIT, ("assert f() == 1",), names=("f",)))
    below(lambda: servers(before), 2)
    for server in servers(before):
        server.kill()
    assert future.result(LONG_S).verdict == "passed"


@pytest.mark.parametrize("which", ["fork server", "judge", "both"])
def test_who_is_stopped_is_replaced(sandbox, which):
    """Long before a wall limit would end it (25 s, and the judge's own 105 s)."""
    before = set(psutil.Process().children())
    future = sandbox.submit(Execute("python", WAIT, ("assert f() == 1",), names=("f",)))
    family = below(lambda: servers(before), 2)
    begun = time.monotonic()
    stopped = {"fork server": [*servers(before)], "judge": family, "both": [*servers(before), *family]}[which]
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    assert future.result(LONG_S).verdict == "passed"
    assert time.monotonic() - begun < 50  # without a watch it is the judge's patience, over a minute


def test_the_wall_limit_is_one_for_all_tests_of_a_program():
    """A program that ends itself in every test is started again for the next, in what is left of its time."""
    limits = Limits(cpu=1.0, wall_times=1.0, wall_constant=2.0)
    sandbox = Sandbox(selftest.best_tier(), 1, limits)
    code = "import os, time\ndef f():\n    time.sleep(2.5)\n    os._exit(1)"
    try:
        found = sandbox.submit(Execute("python", code, ("assert f()",) * 6, names=("f",))).result(LONG_S)
    finally:
        sandbox.close()
    assert (found.verdict, found.wall < 2 * limits.wall) == ("crash", True)


WATCHED = """
import threading, time
from harness.core import Execute
from harness.sandbox import open_sandbox
sandbox = open_sandbox(1)
sandbox.submit(Execute("python", "def f(): return 1", ("assert f() == 1",), names=("f",))).result()
watch = next(thread for thread in threading.enumerate() if thread.name == "sandbox-watchdog")
sandbox.close()
watch.join(60)
print(watch.is_alive())
"""


def test_the_watch_ends_with_the_last_fork_server():
    """In a process of its own: here other tests have fork servers too."""
    command = [sys.executable, "-c", WATCHED]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LONG_S * 3)
    assert found.stdout == "False\n"


OWNER = """
import sys, time
from harness.core import Execute
from harness.sandbox import selftest
from harness.sandbox.limits import Limits
from harness.sandbox.pool import Sandbox
sandbox = Sandbox(selftest.try_tier(sys.argv[1]), 1, Limits())
sandbox.submit(Execute("python", "def f(): return 1", ("assert f() == 1",), names=("f",))).result()
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("tier", ["A", "B", "C"])
def test_a_stopped_fork_server_ends_with_who_started_it(tier):
    """It reads no end of its channel, so the kernel has to end it."""
    found = selftest.try_tier(tier)
    if isinstance(found, str):
        pytest.skip(f"not run: tier {tier}: {found}")
    owner = subprocess.Popen([sys.executable, "-c", OWNER, tier], stdout=subprocess.PIPE, text=True)
    with owner:
        assert owner.stdout.readline() == "ready\n"
        started = psutil.Process(owner.pid).children()
        assert started
        for process in started:
            process.send_signal(signal.SIGSTOP)
        owner.kill()
    _, alive = psutil.wait_procs(started, LONG_S)
    assert alive == []


def test_a_group_is_removed_with_its_fork_server():
    before = groups.new_group()
    if before is None:
        pytest.skip("not run: no control group can be made here")
    before.remove()
    assert not any(Path(folder).exists() for folder in before.folders)


@pytest.mark.parametrize("which", ["fork server", "both"])
@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.002, 0.004, 0.008, 0.016])
def test_who_is_stopped_as_it_starts_is_replaced_too(sandbox, which, after_s):
    """A process that has not yet asked to end with its fork server holds no slot, and does not stay."""
    before = set(psutil.Process().children())
    sandbox.submit(Execute("python", "def f(): return 1", ("assert f() == 1",), names=("f",))).result(LONG_S)
    found = servers(before)
    future = sandbox.submit(Execute("python", WAIT, ("assert f() == 1",), names=("f",)))
    family = below(lambda: found, 1)
    time.sleep(after_s)
    stopped = [*found, *(family if which == "both" else ())]
    for process in stopped:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGSTOP)
    assert future.result(LONG_S).verdict == "passed"
    assert gone(stopped)
