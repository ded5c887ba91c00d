"""Tests out of a `check` function or a list of assertions: each on its own, whole, and with the names it wants."""

import ast

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.code_tasks.checks import by_use
from harness.code_tasks.checks import defined
from harness.code_tasks.checks import helpers
from harness.code_tasks.checks import made
from harness.code_tasks.checks import own_names
from harness.code_tasks.checks import parted
from harness.code_tasks.extraction.definitions import bindings
from harness.code_tasks.extraction.pieces import pieces
from harness.code_tasks.extraction.pieces import unified

CHECK = (
    "import os\n\ndef check(candidate):\n    want = 3\n    assert candidate(1) == 2\n    assert candidate(2) == want\n"
)
RETURNS = "def check(candidate):\n    try:\n        candidate(1)\n    except ValueError:\n        return False\n"
NESTED = "def check(candidate):\n    def twice(x):\n        return 2 * x\n    assert candidate(twice(1)) == 3\n"
LONG = "[" + ", ".join(["['''a'''] * 2"] * 200) + "]"
"""A literal of more than a thousand characters, with quotes in it that a string of several lines begins with."""
SIMPLE = (
    "x = '''a\n    b\n  c'''",
    'y = """\n"""; z = 1',
    f"inputs = {LONG}",
    "assert candidate('é') == 'é'; assert candidate('日本') # '''",
    "s = 'a\\\n   b'",
    "t = f'''{1}\n      {2}''' 'b'",
    "b = b'''\n   \\x00'''",
    "u = [1,\n2,\n        '''\n  3''']",
    "assert candidate(u) == [\n  '''\n'''\n]",
    "pass",
)
COMPOUND = (
    "for i in [1]:\n    v = '''\n  k'''\n    assert candidate(i); w = 2  # c",
    "@property\ndef g(self):\n    '''doc\n  more'''\n    return 1",
    "if x: y = 1; z = '''\n'''",
    "class A:\n    # far left\n    a = 1\n\n\n    def f(self): return '''\n x'''",
    "with open(f'''{x}\n''') as o:\n\n    pass",
)


def run(test, function):
    names = {"f": function}
    exec(test, names)
    return names


def dumped(source):
    return [ast.dump(node) for node in ast.parse(source).body]


def indented(text, indent):
    """The text as a body, strings of several lines left as they are: what a person would write."""
    inside = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
        for line in range(node.lineno + 1, node.end_lineno + 1)
    }
    return "\n".join(
        line if number in inside else indent + line for number, line in enumerate(text.split("\n"), start=1)
    )


@settings(deadline=None)
@given(
    st.lists(st.sampled_from((*SIMPLE, *COMPOUND)), min_size=1, max_size=6),
    st.sampled_from(["\n", ";", "\n\n# '''\n"]),
    st.sampled_from(["    ", "\t", " "]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_a_statement_s_text_has_the_statement_s_tree(statements, gap, indent, line_break):
    """Whatever it shares its lines with, however deep it stands, whatever ends the lines."""
    text = statements[0]
    for one in statements[1:]:
        joins = gap == ";" and one in SIMPLE and text.rpartition("\n")[2].partition("#")[0] == text.rpartition("\n")[2]
        text += (gap if gap != ";" or joins else "\n") + one
    for source in (text, f"def check(candidate):\n{indented(text, indent)}\n"):
        written = source.replace("\n", line_break)
        body = ast.parse(written).body
        nodes = body if source == text else body[0].body
        found = pieces(unified(written), nodes)
        assert [dumped(piece.source) for piece in found] == [[ast.dump(node)] for node in nodes]


@settings(deadline=None)
@given(st.lists(st.sampled_from(SIMPLE), min_size=1, max_size=6))
def test_what_runs_is_the_row_s_own_tests(statements):
    """Each statement of a check stands in the tests, in order, and each assertion ends one."""
    body = indented("\n".join([*statements, "assert candidate(0)"]), "    ")
    source = f"import os\ndef check(candidate):\n{body}\n"
    wanted = [ast.dump(node) for node in ast.parse(source).body[1].body]
    found = parted(source, "f")
    assert found.context == "import os"
    tests = [dumped(test) for test in found.tests]
    assert all(test[0] == dumped("candidate = f")[0] for test in tests)
    assert sum(test[-1].startswith("Assert") for test in tests) == sum(one.startswith("Assert") for one in wanted)
    assert [one for one in wanted if one not in [part for test in tests for part in test]] == []
    for test in tests:
        rest = iter(wanted)
        assert all(one in rest for one in test[1:])


def test_each_assertion_is_a_test_behind_what_prepares_it():
    found = parted(CHECK, "f")
    assert found.context == "import os"
    assert found.tests == (
        "candidate = f\nwant = 3\nassert candidate(1) == 2",
        "candidate = f\nwant = 3\nassert candidate(2) == want",
    )


def test_long_inputs_with_quotes_in_them_stay():
    """HumanEval/16 of HumanEval+, MBPP+ 563 and 725: their inputs hold three quotes in a row."""
    source = f"def check(candidate):\n    inputs = {LONG}\n    for one in inputs:\n        assert candidate(one)\n"
    (test,) = parted(source, "f").tests
    assert f"inputs = {LONG}\n" in test
    found = by_use(f"inputs = {LONG}\nfor one in inputs:\n    assert f(one)\n", ["f"])
    assert (found.context, found.tests) == (f"inputs = {LONG}", ("for one in inputs:\n    assert f(one)",))


def test_a_body_stays_whole():
    (test,) = parted(CHECK, "f", whole=True).tests
    assert test == "candidate = f\nwant = 3\nassert candidate(1) == 2\nassert candidate(2) == want"


@pytest.mark.parametrize("whole", [True, False])
def test_a_body_that_returns_stays_a_function(whole):
    """ODEX en-106 is one: its solution would fail by a return that stands in no function."""
    (test,) = parted(RETURNS, "f", whole=whole).tests
    run(test, lambda _: None)
    with pytest.raises(TypeError):
        run(test, lambda: None)


def test_a_return_of_an_inner_function_is_its_own():
    (test,) = parted(NESTED, "f", whole=True).tests
    assert "def check" not in test
    run(test, lambda x: x + 1)
    with pytest.raises(AssertionError):
        run(test, lambda x: x)


def test_the_candidate_has_the_name_that_the_check_gives_it():
    """ODEX en-317 calls it `callerFunction`."""
    (test,) = parted("def check(asked):\n    assert asked(1) == 2\n", "f").tests
    assert test == "asked = f\nassert asked(1) == 2"


def test_without_an_entry_nothing_is_the_candidate():
    """PandasEval/29 has a check with an argument, and is a script."""
    assert parted("def check(candidate):\n    assert x == 2\n", "").tests == ("assert x == 2",)


def test_what_stands_behind_the_last_assertion_runs_with_it():
    source = "def check(candidate):\n    assert candidate(1) == 2\n    out = candidate(2)\n    same(out, 3)\n"
    assert parted(source, "f").tests == ("candidate = f\nassert candidate(1) == 2\nout = candidate(2)\nsame(out, 3)",)


def test_a_test_that_makes_what_a_later_one_reads_prepares_that_too():
    loop = "for x in (1, 2):\n    last = candidate(x)\n    assert last"
    other = "for x in (3,): assert candidate(x)"
    source = f"def check(candidate):\n    {other}\n{indented(loop, '    ')}\n    {other}\n    assert last == 3\n"
    assert parted(source, "f").tests == (
        f"candidate = f\n{other}",
        f"candidate = f\n{loop}",
        f"candidate = f\n{loop}\n{other}",
        f"candidate = f\n{loop}\nassert last == 3",
    )


@pytest.mark.parametrize(
    ("source", "message"), [("x = 1", "no function check"), ("def check(candidate):\n    pass", "without a test")]
)
def test_a_source_without_a_check_is_refused(source, message):
    with pytest.raises(ValueError, match=message):
        parted(source, "f")


@pytest.mark.parametrize(
    ("source", "context", "tests"),
    [
        ("n = 1\nassert f(n)\nn = 2\nassert f(n) == 3", "n = 1", ("assert f(n)", "n = 2\nassert f(n) == 3")),
        ("out = f(1)\nassert out == 2", "", ("out = f(1)\nassert out == 2",)),
        (
            "def same(x):\n    return f(x) == x\nassert same(1)\nassert f(2)",
            "def same(x):\n    return f(x) == x",
            ("assert same(1)", "assert f(2)"),
        ),
        (
            "def other(x):\n    f = x\n    return f\nassert other(1)\nassert f(2) == other(2)",
            "def other(x):\n    f = x\n    return f\nassert other(1)",
            ("assert f(2) == other(2)",),
        ),
        ("import os; assert f(1)", "import os", ("assert f(1)",)),
    ],
)
def test_what_uses_a_name_is_a_test_and_what_stands_before_is_context(source, context, tests):
    found = by_use(source, ["f"])
    assert (found.context, found.tests) == (context, tests)


@pytest.mark.parametrize("source", ["x = 1", "def g():\n    return f()", "y = f(1)"])
def test_a_source_that_tests_no_name_is_refused(source):
    with pytest.raises(ValueError, match="no use of f"):
        by_use(source, ["f"])


def test_helpers_are_all_but_the_entry():
    prompt = "import os\nA = '''\n  x'''\ndef h(): return 1\ndef f(x):\n    '''doc'''\n"
    assert helpers(prompt, "f") == "import os\nA = '''\n  x'''\ndef h(): return 1"


@pytest.mark.parametrize(
    ("solution", "read", "names", "context"),
    [
        ("import math\ndef f(): ...", {"f", "math"}, ("f",), "import math"),
        ("import os, math as m\ndef f(): ...", {"f", "m"}, ("f",), "import math as m"),
        ("import a\nimport a.b\ndef f(): ...", {"f", "a"}, ("f",), "import a\nimport a.b"),
        ("import os.path\ndef f(): ...", {"f", "os"}, ("f",), "import os.path"),
        ("from math import isclose as same\ndef f(): ...", {"f", "same"}, ("f",), "from math import isclose as same"),
        (
            "try:\n    import numpy as np\nexcept E:\n    np = None\ndef f(): ...",
            {"f", "np"},
            ("f",),
            "import numpy as np",
        ),
        ("from math import *\ndef f(): ...", {"f", "isclose", "pi"}, ("f",), "from math import isclose, pi"),
        ("from a import *\nfrom b import *\ndef f(): ...", {"f", "x"}, ("f",), "from a import *\nfrom b import *"),
        ("from math import *\ndef f(): ...", {"f", "len"}, ("f",), ""),
        ("from math import pow\ndef f(): ...", {"f", "pow"}, ("f",), "from math import pow"),
        ("from math import gcd\ndef gcd(a, b): ...", {"gcd"}, ("gcd",), ""),
        ("def gcd(a, b):\n    from math import gcd\n    return gcd(a, b)", {"gcd"}, ("gcd",), ""),
        ("def math(): ...\nimport math\ndef f(): ...", {"f", "math"}, ("f",), "import math"),
        ("class Node: ...\nLIMIT = 3\ndef f(): ...\ndef g(): ...", {"f", "Node", "LIMIT"}, ("Node", "LIMIT", "f"), ""),
        ("def sum(a, b): ...", {"sum"}, ("sum",), ""),
        ("def sum(a, b): ...\ndef f(): ...", {"f", "sum"}, ("f",), ""),
        ("from __future__ import annotations\ndef f(): ...", {"f", "annotations"}, ("f",), ""),
        ("def f(): ...", {"g"}, (), ""),
    ],
)
def test_the_task_s_own_names_are_what_the_solution_defines(solution, read, names, context):
    assert own_names(made(solution), frozenset(read)) == (names, context)


@settings(deadline=None)
@given(st.permutations(["import math", "import numpy as np", "from sys import maxsize", "def f(): ...", "x = 1"]))
def test_no_own_name_is_imported(statements):
    code = "\n".join(statements)
    names, context = own_names(made(code), frozenset(defined(code)))
    assert set(names) == {"f", "x"}
    assert bindings(context)[0] == {"math", "np", "maxsize"}
