"""The sandbox as others see it: futures, one digest, an end that leaves nothing behind."""

import tempfile
import threading
import time
from dataclasses import replace
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import psutil
import pytest

from harness.core import Execute
from harness.core import Refusal
from harness.errors import SandboxError
from harness.sandbox import open_sandbox
from harness.sandbox import selftest
from harness.sandbox.descriptors import Descriptors
from harness.sandbox.fork_servers import PROGRAMS
from harness.sandbox.fork_servers import ForkServer
from harness.sandbox.fork_servers import Job
from harness.sandbox.fork_servers import ThreadsError
from harness.sandbox.limits import Limits
from harness.sandbox.pool import _package
from harness.sandbox.pool import not_run
from harness.sandbox.slot import Slot

ADD = Execute("python", "def add(a, b): return a + b", ("assert add(1, 2) == 3",), names=("add",))


def test_nothing_is_spawned_before_the_first_program():
    before = set(psutil.Process().children())
    sandbox = open_sandbox(2)
    assert set(psutil.Process().children()) == before
    sandbox.close()


@pytest.mark.parametrize(
    ("name", "lacking"),
    [("made.compiled", False), ("made.plain", False), ("made.folder", False), ("made.text", True), ("made.no", True)],
)
def test_a_part_of_a_package_is_there_in_any_form_that_can_be_imported(tmp_path, monkeypatch, name, lacking):
    package = tmp_path / "made"
    (package / "folder").mkdir(parents=True)
    for file in ("__init__.py", f"compiled{EXTENSION_SUFFIXES[0]}", "plain.py", "text.txt"):
        (package / file).touch()
    monkeypatch.syspath_prepend(tmp_path)
    _package.cache_clear()
    said = Refusal(f"python: {name} is not installed; expected a package the program can import")
    assert not_run(replace(ADD, libraries=(name,))) == (said if lacking else None)
    _package.cache_clear()


def test_close_kills_what_runs_and_refuses_the_rest():
    before = set(psutil.Process().children())
    sandbox = open_sandbox(1, limits=Limits(cpu=60.0))
    futures = [sandbox.submit(Execute("python", "while True: pass", ("assert True",))) for _ in range(3)]
    while not set(psutil.Process().children()) - before:
        time.sleep(0.01)
    sandbox.close()
    sandbox.close()
    assert all(isinstance(future.result(0), Refusal) for future in futures)
    assert set(psutil.Process().children()) == before
    with pytest.raises(RuntimeError, match="sandbox: closed; expected no further program"):
        sandbox.submit(ADD)


def test_a_library_that_starts_threads_is_left_to_the_programs(tmp_path, monkeypatch):
    folder = tmp_path / "site-packages"
    folder.mkdir()
    start = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"
    (folder / "threaded.py").write_text(start)
    monkeypatch.syspath_prepend(folder)
    role = replace(PROGRAMS, libraries=("threaded",))
    with pytest.raises(ThreadsError, match=r"^sandbox: threaded start threads; expected imports that do not$"):
        ForkServer("none", role)
    slot = Slot("none")
    try:
        with Descriptors() as own:
            (reads, asking), (_, answering) = own.pipe(), own.pipe()
            job = Job("candidate", Limits().message(address_space=True), [reads, answering], {})
            with slot.started(role, job) as server:
                own.close(asking)
                (status,) = server.statuses()
    finally:
        slot.close()
    assert (status["end"], status["code"]) == ("ended", 0)


def test_many_threads_may_submit(sandbox):
    found = []
    threads = [threading.Thread(target=lambda: found.append(sandbox.submit(ADD).result(60))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.verdict for answer in found] == ["passed"] * 8


def test_the_digest_is_of_what_can_change_a_verdict():
    one, two, other = open_sandbox(1), open_sandbox(2), open_sandbox(1, limits=Limits(cpu=2.0))
    assert one.digest == two.digest != other.digest
    assert len(one.digest) == 64
    assert one.facts["toolchains"]["python"]
    assert one.facts["tier"] in {"A", "B", "C"}
    for sandbox in (one, two, other):
        sandbox.close()


def test_the_reference_scales_the_limit():
    """A program of twice the reference's time is no timeout, whatever the limit without a reference is."""
    slow = "def f():\n    return sum(i * i for i in range({0})) >= 0"
    request = Execute("python", slow.format(8_000_000), ("assert f()",), names=("f",))
    sandbox = open_sandbox(1, limits=Limits(cpu=0.1, least_cpu=0.1, times=20))
    assert sandbox.submit(request).result(120).verdict == "timeout"
    scaled = Execute("python", request.code, request.tests, names=("f",), reference=slow.format(4_000_000))
    assert sandbox.submit(scaled).result(120).verdict == "passed"
    sandbox.close()


def test_what_sleeps_is_run_again_alone():
    sandbox = open_sandbox(2, limits=Limits(cpu=0.2, wall_times=1.0, wall_constant=0.8))
    begun = time.monotonic()
    found = sandbox.submit(
        Execute("python", "import time\ndef f(): time.sleep(60)", ("assert f()",), names=("f",))
    ).result(60)
    assert (found.verdict, found.detail) == ("timeout", "wall time is used up")
    assert found.cpu < 0.2
    assert time.monotonic() - begun > 2
    sandbox.close()


def test_without_a_jail_every_verdict_says_so():
    sandbox = open_sandbox(1, unsandboxed=True)
    assert sandbox.submit(ADD).result(60).judged == "unsandboxed"
    assert sandbox.facts["tier"] == "none"
    assert not any(found["holds"] for found in sandbox.facts["properties"].values())
    sandbox.close()


def test_each_property_has_a_control():
    """What is denied inside succeeds outside, so its failure inside means something."""
    found = selftest.best_tier()
    assert all(value.holds and value.control for value in found.properties.values())


def test_another_system_is_refused(monkeypatch):
    monkeypatch.setattr(selftest.sys, "platform", "darwin")
    with pytest.raises(
        SandboxError, match=r"^sandbox: found darwin; expected Linux, or --unsandboxed to run programs without a jail$"
    ):
        open_sandbox()


def test_a_kernel_without_a_jail_is_refused(monkeypatch):
    monkeypatch.setattr(selftest, "_try", lambda *_given: "Operation not permitted")
    with pytest.raises(
        SandboxError, match=r"this kernel gives no jail .*; expected namespaces or Landlock, or --unsandboxed$"
    ):
        open_sandbox()


@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_packages_that_lie_in_tmp_can_be_imported(monkeypatch, mode):
    """A program's own /tmp covers the machine's, where an environment may lie that is thrown away, as in a CI.

    `mktemp -d` makes it for its owner alone.
    """
    code = (
        "import linked, only_here, os\n"
        "def f():\n"
        "    open('/tmp/mine', 'w').close()\n"
        "    return only_here.number, os.path.exists('/tmp/mine')"
    )
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        packages = Path(folder, "site-packages")
        packages.mkdir()
        (packages / "only_here.py").write_text("number = 7\n")
        (packages / "linked.py").symlink_to("only_here.py")
        packages.chmod(mode)
        Path(folder).chmod(mode)
        monkeypatch.syspath_prepend(packages)
        sandbox = open_sandbox(1)
        found = sandbox.submit(Execute("python", code, ("assert f() == (7, True)",), names=("f",))).result()
        sandbox.close()
    assert (found.verdict, found.detail) == ("passed", None)
