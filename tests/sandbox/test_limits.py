# ruff: noqa: E501 - programs in one line each
"""Limits: scaled from the reference or a benchmark's own, clamped, never raised."""

import resource
from contextlib import closing

import pytest

from harness.core import Execute
from harness.core import TimeLimit
from harness.languages.python import imports_packages
from harness.sandbox import fork_servers
from harness.sandbox import open_sandbox
from harness.sandbox.inside import jail
from harness.sandbox.limits import Limits


def test_the_reference_scales_time_and_memory():
    limits = Limits()
    assert limits.scaled(0.0, 0).cpu == limits.least_cpu
    assert limits.scaled(2.0, 0).cpu == limits.least_cpu + 2.0 * limits.times
    assert limits.scaled(0.0, 0).memory == limits.memory
    assert limits.scaled(0.0, 1 << 30).memory == 2 << 30
    assert limits.scaled(0.0, 1 << 40).memory == limits.most_memory
    assert limits.scaled(1.0, 0).wall > 3 * limits.scaled(1.0, 0).cpu


def test_a_limit_is_never_raised_above_the_inherited_one(execute):
    """The jail asks for 512 descriptors, where this process may have more; nothing may ask for more than it has."""
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 512
    code = "import resource\ndef f():\n    try:\n        resource.setrlimit(resource.RLIMIT_NOFILE, (600, 600))\n    except (OSError, ValueError):\n        return resource.getrlimit(resource.RLIMIT_NOFILE)"
    assert execute(code, "assert f() == (512, 512)", names=("f",)).verdict == "passed"


def test_address_space_counts_from_the_current_size():
    """An absolute limit below a big parent's size would fail every program."""
    assert jail.address_space() > 0


def test_a_benchmark_s_own_limit_is_of_each_call_and_of_all():
    limits = Limits().of(TimeLimit(call=4.0, times=4.0, whole=60.0), slowest=0.5)
    assert (limits.cpu, limits.call) == (60.0, 4.0)
    assert Limits().of(TimeLimit(4.0, 4.0, 60.0), slowest=2.0).call == 8.0


BURN = "import time\ndef f(x):\n    end = time.process_time() + x\n    while time.process_time() < end: pass\n    return x\n"


@pytest.mark.parametrize(
    ("calls", "passed", "detail"),
    [
        # all together take longer than one call may, and longer than the sandbox's own limit of 1 s
        ([0.4] * 5, True, None),
        ([0.4, 1.6], False, "CPU time of one call is used up"),
        ([1.6], False, "CPU time of one call is used up"),
        ([0.6] * 8, False, "CPU time is used up"),
    ],
)
@pytest.mark.parametrize(
    "form", ["for x, in inputs:\n    assert f(x) == x", "for x in inputs:\n    assert f(*x) == x[0]"]
)
def test_each_call_has_its_own_time_whatever_is_sent_ahead(execute, calls, passed, detail, form):
    test = f"inputs = {[[x] for x in calls]}\n{form}"
    found = execute(BURN, test, names=("f",), time=TimeLimit(call=1.0, times=4.0, whole=3.5))
    assert (found.verdict == "passed", found.detail) == (passed, detail)
    assert found.cpu < 5


def test_the_slowest_call_of_the_reference_counts(execute):
    told = {"names": ("f",), "time": TimeLimit(call=0.1, times=8.0, whole=20.0)}
    slow = "assert f(0.01) == 0.01\nassert f(0.4) == 0.4"
    assert execute(BURN, slow, **told).detail == "CPU time of one call is used up"
    # the reference takes 0.4 s for the second
    assert execute(BURN + "f(0.2)\n", slow, reference=BURN, **told).verdict == "passed"


def test_loading_is_no_call(execute):
    found = execute(
        BURN + "f(1.5)\n", "assert f(0) == 0", names=("f",), time=TimeLimit(call=0.5, times=1.0, whole=20.0)
    )
    assert found.verdict == "passed"


@pytest.mark.parametrize(
    ("code", "whether"),
    [
        ("import sklearn", True),
        ("def f():\n    from sklearn.svm import SVC", True),
        ("import math, re\nfrom collections import deque", False),
        ("x = 'import sklearn'", False),
        ("", False),
    ],
)
def test_a_program_that_imports_packages_has_time_to(code, whether):
    assert imports_packages(code) is whether
    assert Limits().with_imports().cpu == Limits().cpu + Limits().import_cpu


def test_a_heavy_import_beside_a_fast_reference_is_no_timeout(execute):
    """The library takes longer than the 1 s that are left beside a reference that takes none."""
    code = "def f(x):\n    import sklearn.ensemble, sklearn.svm\n    return x"
    assert execute(code, "assert f(1) == 1", names=("f",), reference="def f(x): return x").verdict == "passed"


THREADS = """
import threading
def f(count):
    everyone, found = threading.Barrier(count), []
    def work():
        kept = [bytearray(600) for _ in range(2000)]
        everyone.wait()
        found.append(len(kept))
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return len(found)
"""
RESERVES = """
import mmap
kept = mmap.mmap(-1, {mib} << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
def f(count): return len([bytearray(1000) for _ in range(count)])
"""
"""As an allocator does that takes address space in advance: what is not touched takes no memory."""
PEAKS = "def f(mib):\n    kept = b'1' * (mib << 20)\n    size = len(kept)\n    del kept\n    return size >> 20"
AMPLE = TimeLimit(call=30.0, times=1.0, whole=30.0)


@pytest.fixture(params=["calls", "script"])
def style(request):
    return request.param


@pytest.mark.parametrize("count", [1, 8, 16, 30, 45, 60])
def test_threads_take_no_memory_that_they_do_not_use(execute, style, count):
    found = execute(THREADS, f"assert f({count}) == {count}", names=("f",), style=style, time=AMPLE)
    assert (found.verdict, found.detail) == ("passed", None)


@pytest.mark.parametrize("mib", [256, 512, 960, 1000, 1020, 1023, 1024, 1025, 1088, 1200, 1280])
def test_reserved_address_space_is_no_memory(execute, style, mib):
    found = execute(RESERVES.format(mib=mib), "assert f(50000) == 50000", names=("f",), style=style, time=AMPLE)
    assert (found.verdict, found.detail) == ("passed", None)


@pytest.mark.parametrize(("mib", "verdict"), [(700, "passed"), (1100, "memory"), (1300, "memory"), (9000, "memory")])
def test_memory_that_was_given_back_counts(execute, style, mib, verdict):
    for _ in range(3):
        found = execute(PEAKS, f"assert f({mib}) == {mib}", names=("f",), style=style, time=AMPLE)
        assert found.verdict == verdict


def test_memory_that_no_look_saw_counts(style, monkeypatch):
    """A fork server that looks once in a minute: the kernel still knows the most that a process ever had."""
    monkeypatch.setattr(fork_servers, "_START", fork_servers._START.replace("fork_server.main", SELDOM))
    with closing(open_sandbox(1)) as sandbox:
        told = {"names": ("f",), "style": style, "time": AMPLE}
        found = sandbox.submit(Execute("python", PEAKS, ("assert f(1200) == 1200",), **told)).result(120)
        assert (found.verdict, found.passed, found.detail) == ("memory", (False,), "memory is used up")
        found = sandbox.submit(Execute("python", PEAKS, ("assert f(700) == 700",), **told)).result(120)
        assert found.verdict == "passed"


SELDOM = "from harness.sandbox.inside import watch\nwatch._FIRST_S = watch._LOOK_S = 60.0\nfork_server.main"


def test_pandas_with_arrow_passes_whatever_its_allocator_reserves(execute, style):
    """mimalloc reserves 1 GiB at its first use, which was all that a program might have."""
    code = "import pandas as pd\ndef f(n):\n    return pd.DataFrame({'a': list('abc') * n}).groupby('a').size().sum()"
    for n in (1, 100, 10_000):
        found = execute(code, f"assert f({n}) == {3 * n}", names=("f",), style=style, time=AMPLE, libraries=("pandas",))
        assert found.verdict == "passed", found.detail
