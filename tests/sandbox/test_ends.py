# ruff: noqa: E501 - programs in one line each
"""How a program ended: its exit status told from a signal, the depth it may recurse to, the memory it wanted."""

import hashlib
import signal
import sqlite3
import subprocess
import sys

import pytest
from test_own_names import need

from harness.core import Refusal
from harness.core import TimeLimit
from harness.languages import cpp
from harness.languages import language
from harness.models.hashes import cache_directory

TEST = "assert f() == 1"
LONG = TimeLimit(call=30.0, times=1.0, whole=30.0)
"""To fill memory takes a busy machine longer than an idle one."""
STATUS = "ended with exit status {} before it answered"
TOOLS = {
    "javascript": ("function f() {{ process.exit({}) }}", "f()"),
    "java": ("class S {{ static int f() {{ System.exit({}); return 1; }} }}", "public class Main { public static void main(String[] a) { S.f(); } }"),
    "cpp": ("#include <cstdlib>\nint f() {{ std::exit({}); }}", "int main() { f(); }"),
    "rust": ("fn f() -> i64 {{ std::process::exit({}) }}", "fn main() { f(); }"),
}  # fmt: skip
SIGNALS = [
    number for number in signal.valid_signals()
    if number not in {signal.SIGKILL, signal.SIGXCPU, signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
]  # fmt: skip
"""Those that end a program which asks for their default action, and are no sign of a limit."""


@pytest.mark.parametrize("status", range(256))
def test_each_exit_status_of_python(execute, status):
    found = execute(f"import os\ndef f(): os._exit({status})", TEST, names=("f",))
    assert (found.verdict, found.detail) == ("crash", STATUS.format(status))


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("status", [0, 1, 127, 128, 129, 134, 137, 139, 143, 255, -1])
def test_exit_statuses_of_other_languages(execute, name, status):
    need(name)
    code, test = TOOLS[name]
    found = execute(code.format(status), TEST, language=name, names=("f",))
    assert (found.verdict, found.detail) == ("crash", STATUS.format(status % 256))
    if name == "javascript":
        found = execute(code.format(status), test, language=name, style="script")
        by_a_runtime = 0 < status % 256 < 128
        assert (found.verdict, found.detail) == (
            ("failed", "") if by_a_runtime else ("crash", STATUS.format(status % 256))
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", TOOLS)
def test_all_exit_statuses_of_other_languages(execute, name):
    need(name)
    for status in range(256) if name == "javascript" else range(0, 256, 51):
        found = execute(TOOLS[name][0].format(status), TEST, language=name, names=("f",))
        assert (found.verdict, found.detail) == ("crash", STATUS.format(status))


@pytest.mark.parametrize("number", [one for one in SIGNALS if one < signal.SIGRTMIN])
def test_each_signal_by_its_name(execute, number):
    """The program is no first process of a namespace, so each signal ends it as it would outside."""
    need("javascript")
    code = f"function f() {{ require('child_process').execFileSync('/bin/sh', ['-c', 'kill -{int(number)} ' + process.pid]); for (;;); }}"
    if number in {signal.SIGPIPE, signal.SIGXFSZ, signal.SIGPROF, signal.SIGUSR1}:
        pytest.skip("not run: Node.js has another action for it")
    found = execute(code, TEST, language="javascript", names=("f",))
    assert (found.verdict, found.detail) == ("crash", f"killed by {signal.Signals(number).name}")


def plain_depth(source, command):
    """The deepest call that works where nothing of ours is below."""
    return int(subprocess.run([*command, source], capture_output=True, text=True, check=True).stdout)


def test_python_recurses_as_deep_as_alone(execute):
    deepest = "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\n"
    plain = plain_depth(
        f"{deepest}n = 900\ntry:\n    while True:\n        f(n)\n        n += 1\nexcept RecursionError:\n    print(n - 1)",
        [sys.executable, "-c"],
    )
    for style in ("calls", "script"):
        assert execute(deepest, f"assert f({plain}) == {plain}", style=style, names=("f",)).verdict == "passed"
        found = execute(deepest, f"f({plain + 1})", style=style, names=("f",))
        assert (found.verdict, found.detail.partition(":")[0]) == ("exception", "RecursionError")


def test_javascript_recurses_as_deep_as_alone(execute):
    need("javascript")
    deepest = "function f(n) { return n === 0 ? 0 : 1 + f(n - 1) }\n"

    def works(depth):
        command = [language("javascript").tools[0].path, "-e", f"{deepest}f({depth})"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    # a function that was never called takes more stack than one that was made fast
    plain = max(depth for depth in range(8000, 12001, 250) if works(depth))
    assert plain >= 10_000
    assert execute(deepest, f"assert f({plain}) == {plain}", language="javascript", names=("f",)).verdict == "passed"
    test = f"if (f({plain}) !== {plain}) throw 1"
    assert execute(deepest, test, language="javascript", style="script").verdict == "passed"
    found = execute(deepest, "assert f(10 ** 7) == 1", language="javascript", names=("f",))
    assert (found.verdict, found.detail.partition(":")[0]) == ("exception", "RecursionError")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("java", "class S { static int f(int n) { return n == 0 ? 0 : 1 + f(n - 1); } }"),
        ("cpp", "int f(int n) { return n == 0 ? 0 : 1 + f(n - 1); }"),
        ("rust", "fn f(n: i64) -> i64 { if n == 0 { 0 } else { 1 + f(n - 1) } }"),
    ],
)
def test_other_languages_recurse(execute, name, code):
    need(name)
    assert execute(code, "assert f(10000) == 10000", language=name, names=("f",)).verdict == "passed"


@pytest.mark.parametrize("style", ["calls", "script"])
@pytest.mark.parametrize(
    ("name", "code", "test"),
    [
        ("python", "def f(): return len(b'x' * (3 << 30))", TEST),
        ("javascript", "function f() { const x = []; for (;;) x.push(new Array(100000).fill(1.5)) }", "f()"),
        ("java", "class S { static int f() { long[][] x = new long[100000][]; for (int i = 0;; i++) x[i] = new long[10000000]; } }", "public class Main { public static void main(String[] a) { S.f(); } }"),
        ("cpp", "#include <vector>\nint f() { std::vector<long> x; for (;;) x.resize(2 * x.size() + 100000000); }", "int main() { f(); }"),
        ("rust", "fn f() -> i64 { let mut x = Vec::<i64>::new(); loop { x.resize(2 * x.len() + 100000000, 1); } }", "fn main() { f(); }"),
    ],
)  # fmt: skip
def test_memory_is_said_to_be_used_up(execute, name, code, test, style):
    need(name)
    assert (
        execute(code, TEST if style == "calls" else test, language=name, style=style, names=("f",), time=LONG).verdict
        == "memory"
    )


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path))
    file = tmp_path / "one.sqlite"
    connection = sqlite3.connect(file)
    connection.executescript("create table one (a int); insert into one values (1)")
    connection.close()
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (cache_directory() / "files").mkdir()
    file.rename(cache_directory() / "files" / digest)
    return (("one.sqlite", digest),)


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        ("SELECT zeroblob(1000000000)", "memory"),
        ("SELECT zeroblob(2000000000)", "memory"),
        ("SELECT zeroblob(40000000)", "memory"),
        ("SELECT hex(zeroblob(499999999))", "memory"),
        (
            "WITH RECURSIVE n(i, s) AS (SELECT 1, '' UNION ALL SELECT i + 1, printf('%100000c', 'x') || i FROM n) SELECT * FROM n",
            "memory",
        ),
        ("PRAGMA hard_heap_limit = 1000", "memory"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n", "timeout"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n) SELECT count(*) FROM n", "timeout"),
        ("SELECT '\ud800'", "exception"),
        ("SELECT 'a\0b'", "exception"),
        ("SELECT " + "(" * 2000 + "1" + ")" * 2000, "exception"),
        ("ATTACH DATABASE '/proc/self/fd/4' AS x", "exception"),
        ("SELECT 9e999", "failed"),
        ("\ufeffSELECT a FROM one", "passed"),
    ],
)
def test_queries_that_want_too_much(execute, database, query, verdict):
    time = LONG if verdict == "memory" else None
    found = execute(query, "SELECT a FROM one", language="sqlite", style="query", files=database, time=time)
    assert found.verdict == verdict
    (found.detail or "").encode()


def test_a_right_query_that_wants_too_much_is_no_verdict(execute, database):
    found = execute("SELECT 1", "SELECT zeroblob(1000000000)", language="sqlite", style="query", files=database)
    assert found == Refusal("tests: the right query: memory is used up; expected tests that run")


def test_what_is_ours_and_cannot_be_compiled_is_no_verdict(execute, monkeypatch):
    need("cpp")
    monkeypatch.setattr(cpp, "driver", lambda _name, _own: "#error ours\n")
    found = execute("int f() { return 1; }", TEST, language="cpp", names=("f",))
    assert isinstance(found, Refusal)
    assert "#error ours; expected to be able to confine a program" in found.reason
