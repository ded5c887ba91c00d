"""The data flow of Python programs: by hand, and against what programs do when they run."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

pytest.importorskip("tree_sitter_python")

from harness.metrics.data_flow import data_flow
from harness.metrics.data_flow import data_flow_match
from harness.metrics.grammars import parse
from harness.metrics.python_paths import python_paths
from harness.metrics.reaching import reaching


def paths(program):
    return python_paths(parse(program, "python"))


def flow(program):
    """Items as text: `1<0` is variable 1 computed from 0, `1=1` one that comes from itself, `0` one from nothing."""
    signs = {"computedFrom": "<", "comesFrom": "="}
    return " ".join(
        str(name) + (signs[how] + "+".join(map(str, of)) if of or how == "computedFrom" else "")
        for name, how, of in data_flow(paths(program))
    )


@pytest.mark.parametrize(
    ("program", "items"),
    [
        ("", ""),
        ("pass", ""),
        ("print(1)", ""),
        ("a = 1", "1<0 0"),
        ("a = b\nc = a", "1<0 0 2<1 1=1"),
        ("def f(a):\n    return a", "0 0=0"),
        ("def f(a, b=1):\n    return a, b", "0 2=1 1 0=0 2=2"),
        ("def f(*a, **b): return a, b", "0 1 0=0 1=1"),
        ("a += b", "0<0+1 1"),
        ("a, b = b, a", "1<0 0<1 0 1"),  # the reads at the end are the first on the path
        ("a, b = c", "1<0 2<0 0"),
        ("a, *b = c, d", "2<0+1 3<0+1 0 1"),
        ("a, (b, c) = 1, (2, 3)", "1<0 3<2 5<4 0 2 4"),
        ("a = b = c", "1<0 2<0 0"),
        ("a[b] = c", "0<0+1 1"),
        ("a.b = c\na.b", "0<0+1 2<1 1 0=0 2=2"),
        ("for a, b in enumerate(c): b", "2<0+1 3<0+1 0 1 3=3"),
        ("a = [b for b in c if b]", "2<0+0+1+0 0=0 0<1 1 0=0"),
        ("a = f'{b} {c!r:{d}}'", "3<0+1+2 0 1 2"),
        ("a = 'b' 'c'", "2<0+1 0 1"),
        ("a: int = b\na", "1<0 0 1=1"),
        ("a = b(c=d)", "2<0+1 0 1"),
        ("with a as b: b", "0 1<0 1=1"),
        ("a = (b := c)\nb", "2<0+1 0<1 1 0=0"),
        ("a = lambda b: b", "1<0+0 0 0=0"),
        ("import a.b as c, d\nc(d)", "0 1 0=0 1=1"),
        ("from a import b\nb", "0 0=0"),
        ("try: pass\nexcept E as e: e", "0 0=0"),
        ("match a:\n  case [b, {'c': d}] if b: d", "0 1<0 2<0 1=1 2=2"),
        ("len(a)\nlen(a)", "0 1 0=0 1=1"),
        ("def f():\n    return len\nlen", "0 0=0"),
        ("def f(a):\n    return f(a)", "0 1 0=0 1=1"),
    ],
)
def test_by_hand(program, items):
    assert flow(program) == items


def giving_lines(program):
    """The lines, from 1, with a binding that gives a read its value."""
    read = paths(program)
    found = sorted((one for block in read.blocks for one in block), key=lambda one: one.span)
    giving, _ = reaching(read, found, [one.place for one in found])
    bindings = [found[index] for index in giving if found[index].event in {"bind", "update"}]
    return {1 + program.encode()[: one.span[0]].count(b"\n") for one in bindings}


@pytest.mark.parametrize(
    ("program", "lines"),
    [
        ("a = x\na = y\na", {2}),
        ("if c:\n a = x\nelse:\n a = y\na", {2, 4}),
        ("if c:\n a = x\nelif d:\n a = y\nelse:\n a = z\na", {2, 4, 6}),
        ("a = x\nif c:\n a = y\na", {1, 3}),
        ("a = x\nfor i in c:\n a = y\na", {1, 3}),
        ("a = x\nwhile c:\n a\n a = y", {1, 4}),
        ("while c:\n a = x\n break\n a = y\na", {2}),
        ("while c:\n a\n if d:\n  a = x\n  continue\n a = y\n a = z", {4, 7}),
        ("a = x\nfor i in c:\n a = y\n if i: break\nelse:\n a = z\na", {2, 3, 6}),
        ("def f(c):\n if c:\n  a = x\n  return c\n a = y\n return a", {1, 5}),
        ("def f(c):\n if c:\n  a = x\n  raise c\n a = y\n return a", {1, 5}),
        ("try:\n a = x\n a = y\nexcept E:\n a", {2, 3}),
        ("a = w\ntry:\n a = x\nexcept E:\n a = y\nelse:\n a = z\na", {5, 7}),
        ("a = x\ntry:\n f()\n a = y\nfinally:\n a", {1, 4}),
        ("while c:\n try:\n  break\n finally:\n  a = x\n a = y\na", {5, 6}),
        ("while c:\n a\n try:\n  continue\n finally:\n  a = x\n a = y", {6, 7}),
        ("a = x\n[a for a in c]", {2}),
        ("a = x\n[b for a in c for b in a]\na", {1, 2}),
        ("[a := i for i in c]\na", {1}),
        ("a = x\nb and (a := y)\na", {1, 2}),
        ("a = x\n(a := y) if b else z\na", {1, 2}),
        ("def f():\n return a\na = x\nf()", {1, 3}),
        ("def f():\n global a\n a = x\ndef g():\n return a", {3}),
        ("def f():\n a = x\n def g():\n  nonlocal a\n  a = y\n return g, a", {2, 3, 5}),
        ("def f():\n a = x\ndef g():\n return a", set()),
        ("class C:\n a = x\n def f(self):\n  return self.a", {2, 3}),
        ("class C:\n a = x\n def f(self):\n  return a", set()),
        ("class C:\n a = x\n b = a", {2}),
        ("a = x\na[0] = y\na", {1, 2}),
        ("a.b = x\nc.b = y\na.b", {1, 2}),
        ("match x:\n case [a]:\n  a = y\n case C(k=a): pass\na", {3, 4}),
        ("async def f(c):\n async for a in c:\n  await a", {1, 2}),
        ("a: int\na = x\ndel a", {2}),
    ],
)
def test_which_bindings_reach_a_read(program, lines):
    assert giving_lines(program) == lines


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("def f(a):\n    return a\n\ndef g(b):\n    return b", "def f(a):\n    return a\n\ndef g(a):\n    return a"),
        ("def f(a, b):\n    return a.b, b", "def f(a, c):\n    return a.b, c"),
        ("def f(a: int, b: 'int') -> a:\n    return a, b", "def f(a, b):\n    return a, b"),
        ("def f(a):\n    return g(a, key=a)", "def f(a):\n    return g(a, a)"),
        ("def f(a):\n    '''b'''\n    return a  # c", "def f(a):\n    return a"),
        ("def f(a):\n    b = 'é' + a\n    return b", "def f(a):\n    b = 'e' + a\n    return b"),
    ],
)
def test_equal_flows(first, second):
    assert flow(first) == flow(second)


def test_each_item_is_matched_once():
    """Of the reference's 1<0, 0, 1=1, 1=1 the program has one read too few."""
    assert data_flow_match(paths("a = b\na"), paths("a = b\na\na")) == pytest.approx(3 / 4)
    assert data_flow_match(paths("a = b\na\na"), paths("a = b\na")) == 1.0
    assert data_flow_match(paths("a = b"), paths("print(1)")) is None


PLACES = ("va", "vb")


class Bound:
    """A value that knows the line it was bound on."""

    def __init__(self, line):
        self.line = line


class FailedError(Exception):
    pass


class Runs:
    """What a program calls as it runs: chance decides its branches, and each read says which binding it saw."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.left = 60
        self.seen = set()

    def decide(self):
        self.left -= 1
        return self.left > 0 and self.chance.random() < 0.6

    def bind(self, line):
        if self.chance.random() < 0.2:
            raise FailedError
        return Bound(line)

    def read(self, value):
        self.seen.add(value.line)

    def some(self, line):
        while self.decide():
            yield Bound(line)


def body(chance, depth=3, *, loop=False):
    """Lines of a function's body; `@` stands for the number of its own line."""
    one, other = chance.sample(PLACES, 2)

    def inner(*, loop=loop):
        return [f" {line}" for line in body(chance, depth - 1, loop=loop)]

    flat = [
        [f"{one} = bind(@)"],
        [f"read({one})"],
        [f"read(({one} := bind(@)) and {one})"],
        [f"[read({one}) for {one} in some(@)]"],
        ["if decide():", " return"],
        ["class C:", f" {one} = bind(@)", f" read({one})", f"read(C.{one})"],
        *([["if decide():", " break"], ["if decide():", " continue"]] if loop else []),
    ]
    deep = [
        lambda: ["if decide():", *inner(), "elif decide():", *inner()],
        lambda: ["while decide():", *inner(loop=True), f"read({other})"],
        lambda: [f"for {one} in some(@):", *inner(loop=True), f"read({other})"],
        lambda: ["try:", *inner(), "except FailedError:", *inner(), "finally:", *inner()],
        lambda: ["def g():", f" nonlocal {one}", *inner(loop=False), "if decide():", " g()"],
        lambda: ["def g():", f" {one} = bind(@)", *inner(loop=False), "if decide():", " g()"],
    ]
    lines = []
    for _ in range(chance.randint(1, 3)):
        lines += chance.choice(deep)() if depth and chance.random() < 0.5 else chance.choice(flat)
    return lines


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_a_read_sees_as_the_program_runs_reaches_it(seed):
    """Soundness: no binding that gives a value in any of 20 runs is missed."""
    chance = random.Random(seed)
    lines = ["def f(va, vb):", *(f" {line}" for _ in range(3) for line in body(chance))]
    program = "\n".join(line.replace("@", str(number)) for number, line in enumerate(lines, 1))
    runs = Runs(seed)
    space = {"decide": runs.decide, "bind": runs.bind, "read": runs.read, "some": runs.some, "FailedError": FailedError}
    exec(compile(program, "f", "exec"), space)
    for _ in range(20):
        runs.left = 60
        with contextlib.suppress(FailedError, NameError):
            space["f"](Bound(1), Bound(1))
    assert runs.seen <= giving_lines(program)
