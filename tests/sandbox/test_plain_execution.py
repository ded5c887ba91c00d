# ruff: noqa: E501 - uses and values in rows
"""A test outside of the jail says what plain execution says, or that it cannot say: honest programs of every kind.

Program and judge run as two processes here, without a jail: what is compared is what the judge makes of values.
"""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import types

import honest
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Execute
from harness.sandbox.inside import candidate
from harness.sandbox.inside import judge
from harness.sandbox.inside.lines import Lines
from harness.sandbox.inside.session import Session
from harness.sandbox.parting import is_apart

PROBES = [probe for probe in honest.PROBES if is_apart(Execute("python", "", (probe[1],)))]
MOST_UNJUDGEABLE = 23
"""Of the probes, so many may end without a verdict: objects that compare themselves, classes of tests, coroutines."""


def in_a_child(work):
    """What a function prints to a pipe in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.write(writing, work().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as file:
        found = file.read()
    os.waitpid(child, 0)
    return found


def plain(code, test):
    """Run program and test in one module."""
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, "<solution>", "exec"), module.__dict__)
            exec("import math", module.__dict__)
            exec(compile(test, "<test>", "exec"), module.__dict__)
    except BaseException as error:  # noqa: BLE001 - of the tests' own programs
        return type(error).__name__
    return "passed"


def serve(reading, writing):
    """Be the program's process."""
    with contextlib.redirect_stdout(io.StringIO()):
        candidate._serve(Lines(reading, writing))
    return ""


def all_said(code, tests, names):
    """What the judge says of each test of a program."""
    (reads, calling), (hearing, answering) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(calling)
            os.close(hearing)
            serve(reads, answering)
        finally:
            os._exit(0)
    os.close(reads)
    os.close(answering)
    os.write(calling, json.dumps({"code": code, "names": names}).encode() + b"\n")
    said = []
    asked = {"context": "import math", "tests": tests, "names": names, "start": 0, "again": []}
    answers = types.SimpleNamespace(write=said.append)
    judge._judge(asked, Session(Lines(hearing, calling, 60.0)), answers)
    os.close(calling)
    os.close(hearing)
    os.waitpid(child, 0)
    return said


def judged(code, test, names):
    """What the judge says of a test: its outcome and the detail."""
    said = all_said(code, [test], names)
    found = said[-1].get("loading", said[-1])
    return found["outcome"], found["detail"]


def outcomes(code, test, names):
    """(what plain execution says, what the judge says), each in a process of its own."""
    reading = in_a_child(lambda: json.dumps(judged(code, test, list(names))))
    return in_a_child(lambda: plain(code, test)), *json.loads(reading)


def test_honest_programs_are_judged_as_plain_execution_judges_them():
    """In a small process, since pytest's own takes twenty times as long to fork."""
    command = [sys.executable, __file__]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
    found = json.loads(said)
    assert len(found) == len(PROBES)
    assert [one for one in found if one[3] != "unjudgeable" and (one[2] == "passed") != (one[3] == "passed")] == []
    spoiled = [one for one in found if one[3] == "unjudgeable"]
    assert len(spoiled) <= MOST_UNJUDGEABLE, spoiled


SCALARS = [
    "None",
    "True",
    "False",
    "0",
    "-3",
    "10 ** 30",
    "0.5",
    "-0.0",
    "float('inf')",
    "''",
    "'ab'",
    "b'x'",
    "1j",
    "...",
]
OTHERS = [
    "{1}", "frozenset('a')", "deque([1, 2])", "Counter('aab')", "defaultdict(int)", "defaultdict(lambda: 4)", "Q(1)",
    "OrderedDict(a=1)", "bytearray(b'x')", "S([1, 2])", "S()", "D(a=1)", "P(1, [2])", "I(3)", "A([1])", "X('u')", "E.R",
    "T((1, 2))", "np.array([1, 2])", "np.float64(1.5)", "range(3)", "UserDict(a=1)", "ChainMap({1: 2})", "A", "len", "F()",
    "iter([1, 2])", "(i for i in [1])", "{1: 2}.keys()", "lambda: 3", "A(A(1))", "[S([1])] * 2", "Decimal('1.10')",
]  # fmt: skip
VALUES = st.recursive(
    st.sampled_from(SCALARS) | st.sampled_from(OTHERS),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.tuples(inner, inner).map(lambda items: f"({', '.join(items)})")
        | inner.map(lambda item: f"{{'a': {item}}}")
        | inner.map(lambda item: f"A({item})")
        | inner.map(lambda item: f"[{item}] * 2")
    ),
    max_leaves=5,
)
CLASSES = """
from collections import *
from decimal import Decimal
from enum import Enum
import numpy as np
class S(list):
    def top(self): return self[-1]
class D(dict):
    def size(self): return len(self)
P = namedtuple("P", "x y")
class I(int): pass
class X(str): pass
class T(tuple): pass
class A:
    def __init__(self, x): self.x = x
class E(Enum):
    R = 1
class Q:
    __slots__ = ("v",)
    def __init__(self, v): self.v = v
class F:
    def __len__(self): return 2
    def __getitem__(self, i): return [4, 5][i]
    def __call__(self): return 6
kept = []
def make(): return VALUE
def same(x): return x
def keep(x):
    kept.append(x)
    return kept
def change(x):
    for todo, given in (("append", ([1],)), ("add", (3,)), ("update", ({4: 5},)), ("clear", ()), ("sort", ())):
        if hasattr(x, todo):
            getattr(x, todo)(*given)
            break
    return x
def kept_now(): return kept
"""
USES = st.sampled_from(
    [
        "same(x)", "repr(same(x)) == repr(x)", "same(x) is x", "keep(x)[-1] is x", "len(x)", "list(x)", "sorted(x)",
        "bool(x)", "str(x)", "f'{x}'", "type(x).__name__", "isinstance(x, list)", "isinstance(x, (int, str))", "x[0]",
        "x == same(x)", "x != same(x)", "(change(x), x)[1]", "(keep(x), change(x), kept_now())[2]", "x in [x]",
        "hasattr(x, 'x')", "x.x", "x.top()", "x.size()", "x + x", "x * 2", "x < x", "list(reversed(x))", "iter(x) is iter(x)",
        "{'k': x}['k'] is x", "[x, x][0] is x", "max(x)", "dict(x)", "tuple(x)", "x.copy()", "x[:1]", "callable(x)", "hash(x) == hash(x)", "list(x) == list(x)", "x is None", "x()", "next(x)", "sum(x)", "{x: 1}[x]",
        "change([x])[-1]", "(keep([x]), keep(x))[0] is kept_now()", "kept_now() is keep(x)", "isinstance(x, A)", "x.x is x.x",
    ]
)  # fmt: skip


def check(value, use):
    """What a plain run shows of a value the judge's shows too: the test asserts it."""
    code = CLASSES.replace("VALUE", value)
    found = in_a_child(lambda: shown(code, use))
    test = f"""
import re
x = make()
try: found = repr({use})
except Exception as error: found = type(error).__name__
found = re.sub("0x[0-9a-f]+", "", found)
assert found == {found!r}, found
"""
    names = ["make", "same", "keep", "change", "kept_now", "A"]
    outcome, detail = json.loads(in_a_child(lambda: json.dumps(judged(code, test, names))))
    assert outcome in {"passed", "unjudgeable"}, (value, use, found, detail)
    assert "malformed" not in (detail or "")
    return outcome


def shown(code, use):
    """The text of an expression in a plain run, or the name of what it raises."""
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    exec(code, module.__dict__)
    exec("x = make()", module.__dict__)
    try:
        found = repr(eval(use, module.__dict__))
    except Exception as error:  # noqa: BLE001 - of the tests' own programs
        found = type(error).__name__
    return re.sub("0x[0-9a-f]+", "", found)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, USES)
def test_no_use_of_any_value_is_judged_wrongly(value, use):
    check(value, use)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, USES)
def test_no_use_of_very_many_values_is_judged_wrongly(value, use):
    check(value, use)


def test_calls_that_a_test_does_not_make_after_all_end_it():
    """The program has made them: what it says from then on is not what a plain run says."""
    test = "inputs = [[1], [2], [3]]\nfor i, inp in enumerate(inputs):\n    inputs[-1] = [f(*inp)]\nassert inputs[-1] == [3]"
    code = "def f(x): return x"
    assert judged(code, test, ["f"])[0] == "unjudgeable"


@pytest.mark.parametrize(("size", "outcomes_"), [(63, ["failed"]), (64, ["failed", "passed"]), (65, ["failed"])])
def test_calls_planned_by_a_test_that_fails_are_never_made(size, outcomes_):
    """It fails at call `size`: where none is under way, 64 being sent at once, the next test asks the same program."""
    code = "n = 0\ndef f(x):\n    global n\n    n += 1\n    return n"
    first = f"wanted = [*range(1, {size}), *[0] * 81]\ninputs = [[0] for _ in wanted]\n"
    first += "for inp, exp in zip(inputs, wanted):\n    assert f(*inp) == exp"
    said = all_said(code, [first, f"assert f(0) == {size + 1}"], ["f"])
    assert [one["outcome"] for one in said if "test" in one] == outcomes_


@pytest.mark.parametrize("bound", [1, 2, 63, 64, 65, 200])
def test_calls_sent_ahead_in_several_batches_are_judged_in_order(bound):
    code = "seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)\ndef g(): return seen"
    test = f"inputs = [[[i]] for i in range({bound})]\nfor i, inp in enumerate(inputs):\n    assert f(*inp) == i + 1\n"
    assert (
        judged(code, f"{test}assert g() == [inp[0] for inp in inputs]\nassert g()[0] is inputs[0][0]", ["f", "g"])[0]
        == "passed"
    )


if __name__ == "__main__":
    print(json.dumps([(code, test, *outcomes(code, test, names)) for code, test, names in PROBES]))  # noqa: T201 - what the first test reads
