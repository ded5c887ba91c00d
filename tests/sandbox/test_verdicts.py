# ruff: noqa: E501 - programs in one line each
"""What becomes of programs: each outcome by an example, in the jail and judged outside of it."""

import hashlib
import sqlite3

import pytest

from harness.core import Execute
from harness.core import Execution
from harness.core import Refusal
from harness.languages import languages
from harness.models.hashes import cache_directory
from harness.sandbox.inside.rows import alternatives
from harness.sandbox.inside.rows import equal
from harness.sandbox.inside.rows import orders

RIGHT = "def add(a, b): return a + b"
TESTS = ("assert add(1, 2) == 3", "assert add(0, 0) == 0", "assert add(2, -2) == 0")


@pytest.mark.parametrize(
    ("code", "verdict", "passed", "detail"),
    [
        (RIGHT, "passed", (True, True, True), None),
        ("def add(a, b): return a - b", "failed", (False, True, False), "AssertionError"),
        ("def add(a, b)", "syntax", (False, False, False), "SyntaxError: expected ':' (<solution>, line 1)"),
        ("import no_such_thing", "import", (False,) * 3, "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("", "name", (False,) * 3, "NameError: name 'add' is not defined"),
        ("def add(a): return a", "type", (False,) * 3, "TypeError: add() takes 1 positional argument but 2 were given"),
        ("def add(a, b): return a + b if b else 1 // 0", "exception", (True, False, True), "ZeroDivisionError: integer division or modulo by zero"),
        ("def add(a, b):\n    while True: pass", "timeout", (False,) * 3, "CPU time is used up"),
        ("def add(a, b): return len(b'x' * (3 << 30))", "memory", (False,) * 3, "MemoryError"),
        ("def add(a, b):\n    while True: print('x' * 9999)", "output", (False,) * 3, "printed more than is allowed"),
        ("import os\ndef add(a, b): return a + b if b else os._exit(0)", "crash", (True, False, True), "ended with exit status 0 before it answered"),
        ("import os\ndef add(a, b): os.abort()", "crash", (False,) * 3, None),
        ("class E:\n    def __eq__(s, o): return True\ndef add(a, b): return E()", "unjudgeable", (False,) * 3, "E: stays in the jail, eq of it decides nothing"),
        ("def add(a, b): return object()", "failed", (False,) * 3, "AssertionError"),
    ],
)  # fmt: skip
def test_each_outcome(execute, code, verdict, passed, detail):
    found = execute(code, *TESTS, names=("add",))
    assert (found.verdict, found.passed, found.judged) == (verdict, passed, "outside")
    if detail is not None:
        assert found.detail == detail


@pytest.mark.parametrize(
    ("code", "test"),
    [
        ("def f(x): x.append(4)", "x = [1]\nf(x)\nassert x == [1, 4]"),
        ("def f(d, s):\n    d['a'] = 1\n    s.discard(2)", "d, s = {}, {1, 2}\nf(d, s)\nassert d == {'a': 1} and s == {1}"),
        ("def f(g, xs): return [g(x) for x in xs]", "assert f(lambda x: x * x, [1, 2]) == [1, 4]"),
        ("def f(g, xs): return list(map(g, xs))", "assert f(str.upper, ['a']) == ['A'] and f(len, ['ab']) == [2]"),
        ("def f(n):\n    for i in range(n): yield i", "assert list(f(3)) == [0, 1, 2]\nassert next(f(1)) == 0"),
        ("def f(xs): return map(str, xs)", "assert list(f([1, 2])) == ['1', '2']"),
        ("def f(xs): return sum(xs)", "assert f(x for x in [1, 2]) == 3"),
        ("class Pair:\n    def __init__(self, a, b): self.a, self.b = a, b\ndef f(ps): return sum(p.a * p.b for p in ps)", "assert f([Pair(1, 2), Pair(3, 4)]) == 14\nassert Pair(5, 6).b == 6\nassert isinstance(Pair(1, 1), Pair)"),
        ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(): return P(3)", "assert f().x == 3"),
        ("def f(x): return x", "assert f(float('nan')) != f(float('nan'))\nassert str(f(-0.0)) == '-0.0'"),
        ("def f(x): raise ValueError('no')", "try:\n    f(1)\n    assert False\nexcept ValueError as e:\n    assert str(e) == 'no'"),
        ("class Mine(KeyError): pass\ndef f(): raise Mine('k')", "try:\n    f()\nexcept KeyError as e:\n    assert type(e).__name__ == 'Mine'"),
        ("import pandas as pd\ndef f(x): return int(pd.DataFrame({'a': x})['a'].sum())", "assert f([1, 2]) == 3"),
        ("import numpy as np\ndef f(x): return np.asarray(x) * 2", "import numpy as np\nassert np.allclose(f([1, 2]), [2, 4])\nassert f(np.array([1])).dtype == np.array([1]).dtype"),
        ("def f(a, *, b=1): return a + b", "assert f(1, b=2) == 3"),
        ("def f(): return (1, [2, {3: {4}}])", "assert f() == (1, [2, {3: {4}}])"),
        ("import re\ndef f(x): return re.search('^[aeiou]', x)", "assert f('annie')\nassert not f('dawood')\nassert f('else') is not None"),
        ("def f(x): return 2 ** x", "assert f(20000) == 2 ** 20000"),
        ("class f(dict): pass", "d = f()\nassert d == {}"),
        ("class f:\n    def __init__(s): s.d = {}\n    def __setitem__(s, k, v): s.d[k] = v\n    def __delitem__(s, k): del s.d[k]", "d = f()\nd['a'] = 1\nd['b'] = 2\ndel d['a']\nassert d.d == {'b': 2}"),
        ("class f:\n    n = 0\n    def __init__(s): s.x = 1\n    def count(s): return s.n", "d = f()\nf.n = 5\nassert d.count() == 5\ndel d.x\nassert not hasattr(d, 'x')"),
        ("class f:\n    def __reversed__(s): return iter([2, 1])", "assert list(reversed(f())) == [2, 1]"),
        ("if __name__ == '__main__':\n    raise SystemExit(3)\ndef f(): return 1", "assert f() == 1"),
    ],
)  # fmt: skip
def test_what_tests_do_with_programs(execute, code, test):
    found = execute(code, test, names=("f",))
    assert (found.verdict, found.detail) == ("passed", None)


@pytest.mark.parametrize(
    "test",
    ["assert f() == 3", "assert f() != 4", "assert 3 in [f()]", "assert f() + 1 == 3", "assert 1 + f() == 3", "assert f() == f()",
     "try:\n    assert f() == 3\nexcept:\n    pass", "assert sorted([f(), f()])", "assert abs(f() - 3) < 1", "assert {f(): 1}[3]"],
)  # fmt: skip
def test_an_object_of_the_program_decides_nothing(execute, test):
    code = "class E:\n    def __eq__(s, o): return True\n    __add__ = __sub__ = lambda s, o: 3\n    __radd__ = lambda s, o: 3\n    __lt__ = lambda s, o: True\n    __hash__ = lambda s: 3\n    __bool__ = lambda s: True\n    __str__ = lambda s: '3'\ndef f(): return E()"
    assert execute(code, test, names=("f",)).verdict == "unjudgeable"


@pytest.mark.parametrize(
    ("code", "test"),
    [
        ("f = 3", "assert f == 3"),
        ("f = [3]", "assert f[0] == 3"),
        ("f = 3", "assert f + 1 == 4"),
        ("class f:\n    def __contains__(s, x): return True", "assert 3 in f()"),
        ("async def f(): return 3", "import asyncio\nassert asyncio.run(f()) == 3"),
    ],
)
def test_what_cannot_be_brought_out_is_not_held_against_the_program(execute, code, test):
    assert execute(code, test, names=("f",)).verdict == "unjudgeable"


def test_a_test_that_catches_everything_hides_no_crash(execute):
    test = "try:\n    f()\n    assert False\nexcept:\n    pass"
    assert execute("def f(): raise ValueError", test, names=("f",)).verdict == "passed"
    assert execute("import os\ndef f(): os._exit(0)", test, names=("f",)).verdict == "crash"
    assert execute("def f():\n    while True: pass", test, names=("f",)).verdict == "timeout"


def test_the_test_never_enters_the_jail(execute):
    """What is sent is the arguments: the program sees no number that stands only in the assertion."""
    code = "import gc\ndef f(x):\n    return any(o == 987654321 for o in gc.get_objects() if type(o) is int)"
    assert execute(code, "assert f(1) is False and 987654321", names=("f",)).verdict == "passed"


def test_calls_are_sent_ahead_and_judged_in_order(execute):
    loop = "inputs = [[i] for i in range(1000)]\nfor i, inp in enumerate(inputs):\n    assert f(*inp) == i, i\n"
    assert execute("def f(x): return x", loop, names=("f",)).verdict == "passed"
    # the loop fails at 3, so that what comes after it is nobody's loss: not the endless call at 5, not the next test
    stuck = "def f(x):\n    while x == 5: pass\n    return x if x != 3 else 0"
    found = execute(stuck, loop, "assert f(7) == 7", names=("f",))
    assert (found.verdict, found.passed, found.detail) == ("failed", (False, True), "AssertionError: 3")


def test_context_runs_in_the_judge(execute):
    found = execute(
        "def f(x): return helper(x)", "assert f(1) == helper(1)", names=("f",), context="def helper(x): return x"
    )
    assert found.verdict == "name"
    broken = execute(RIGHT, "assert True", context="import no_such_thing")
    assert broken == Refusal(
        "tests: context: ModuleNotFoundError: No module named 'no_such_thing'; expected tests that run"
    )


def test_a_script_says_so(execute):
    test = "def check(candidate):\n    assert candidate(1, 2) == 3\ncheck(add)"
    found = execute(RIGHT, test, test, style="script")
    assert (found.verdict, found.passed, found.judged) == ("passed", (True, True), "in-jail")
    assert execute("def add(a, b): return 0", test, style="script").verdict == "failed"


@pytest.mark.parametrize(
    "code",
    ["import sys\nsys.exit(0)", "import os\nos._exit(0)", "import atexit, os\natexit.register(os._exit, 0)\ndef add(a, b): return 0",
     "import builtins\nbuiltins.AssertionError = OSError\ndef add(a, b): return 0", "import os\nos.write(4, b'{\"nonce\":\"0\"}\\n')",
     "import sys\ndef add(a, b): return 0\nsys.settrace(lambda *a: None)"],
)  # fmt: skip
def test_a_script_passes_by_its_nonce_alone(execute, code):
    assert execute(code, "assert add(1, 2) == 3", style="script").verdict != "passed"


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("CROSSTASK_CACHE", str(tmp_path))
    file = tmp_path / "towns.sqlite"
    connection = sqlite3.connect(file)
    connection.executescript(
        "create table town (name text, people real); insert into town values ('A', 3), ('B', 2), ('C', 2)"
    )
    connection.close()
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (cache_directory() / "files").mkdir()
    file.rename(cache_directory() / "files" / digest)
    return (("towns.sqlite", digest),)


@pytest.mark.parametrize(
    ("query", "right", "verdict"),
    [
        ("SELECT name FROM town WHERE people < 2.5", "SELECT name FROM town WHERE people = 2 ORDER BY name", "passed"),
        ("SELECT name FROM town ORDER BY name DESC", "SELECT name FROM town", "passed"),
        ("SELECT name FROM town ORDER BY name DESC", "SELECT name FROM town ORDER BY name", "failed"),
        ("SELECT people + 0.0000001 FROM town", "SELECT people FROM town", "passed"),
        ("SELECT people FROM town UNION SELECT people FROM town", "SELECT people FROM town", "failed"),
        ("SELECT name FROM town", "SELECT 1; SELECT name FROM town;", "passed"),
        ("SELECT name FROM town ORDER BY name", "SELECT 1;SELECT name FROM town ORDER BY name DESC", "failed"),
        ("SELECT missing FROM town", "SELECT name FROM town", "exception"),
        ("SELEC name", "SELECT name FROM town", "syntax"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n", "SELECT 1", "timeout"),
    ],
)
def test_queries(execute, database, query, right, verdict):
    assert execute(query, right, language="sqlite", style="query", files=database).verdict == verdict


@pytest.mark.parametrize(
    ("test", "queries"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1 ;\n", ["SELECT 1 "]),
        ("SELECT ';'; SELECT [;] -- ;\n;SELECT /* ; */ 2", ["SELECT ';'", " SELECT [;] -- ;\n", "SELECT /* ; */ 2"]),
        ("SELECT 'it;; ; SELECT 2", ["SELECT 'it", " SELECT 2"]),
        (";", [";"]),
    ],
)
def test_semicolons_part_right_queries(test, queries):
    assert alternatives(test) == queries


def test_a_query_that_changes_its_copy_changes_nothing(execute, database):
    digest = database[0][1]
    assert execute("DROP TABLE town", "SELECT 1", language="sqlite", style="query", files=database).verdict == "failed"
    assert hashlib.sha256((cache_directory() / "files" / digest).read_bytes()).hexdigest() == digest


def test_order_counts_where_the_right_query_orders_at_its_top():
    assert orders("SELECT a FROM t ORDER  BY a")
    assert not orders("SELECT a FROM (SELECT a FROM t ORDER BY a)")
    assert not orders("SELECT 'order by' FROM t -- ORDER BY a")
    assert equal([(1.0, "a"), (None, "b")], [(None, "b"), (1, "a")], ordered=False)
    assert not equal([(1,), (1,), (2,)], [(1,), (2,), (2,)], ordered=False)
    assert not equal([(1,)], [("1",)], ordered=False)
    assert not equal([(1,)], [(1, 2)], ordered=False)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Execute("cobol", "", ("assert True",)), f"cobol: no language of the sandbox; expected one of {', '.join(sorted(lang.name for lang in languages() if lang.runs))}"),
        (Execute("python", "", ()), "python: found no tests; expected at least one"),
        (Execute("python", "", ("assert True",), libraries=("no_such_thing",)), "python: no_such_thing is not installed; expected a package the program can import"),
        (Execute("sqlite", "", ("SELECT 1",), style="query", files=(("db", "0" * 64),)), "db: No such file or directory in the cache; expected the file of sha256 000000000000"),
        (Execute("sqlite", "", ("SELECT 1",)), "sqlite: no style 'calls'; expected one it has"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused(sandbox, request_, reason):
    assert sandbox.submit(request_).result(60) == Refusal(reason)


def test_what_a_program_used_is_told(execute):
    found = execute(
        "print('hello')\nx = [0] * 10_000_000\ndef f():\n    return sum(x)", "assert f() == 0", names=("f",)
    )
    assert isinstance(found, Execution)
    assert found.output == "hello\n"
    assert 0.01 < found.cpu < 1
    assert found.wall > 0
    assert found.memory > 60 << 20


@pytest.mark.parametrize("megabytes", [1, 8, 64])
def test_peak_memory_is_what_a_program_took_itself(execute, megabytes):
    fill = "taken[::4096] = b'x' * len(taken[::4096])"
    code = f"def f():\n    taken = bytearray({megabytes} << 20)\n    {fill}\n    return len(taken)"
    found = execute(code, f"assert f() == {megabytes} << 20", names=("f",))
    assert found.verdict == "passed"
    # and what it wrote to of the interpreter's
    assert megabytes - 0.5 <= found.memory / 2**20 <= megabytes + 6
