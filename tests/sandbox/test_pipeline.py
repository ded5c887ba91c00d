# ruff: noqa: E501 - programs in one line each
"""What is known of a test before it runs: wanted names, and calls in plain sight."""

import ast

import pytest

from harness.sandbox.inside.pipeline import unknown_names
from harness.sandbox.inside.pipeline import with_hints


@pytest.mark.parametrize(
    ("test", "names"),
    [
        ("assert f(Pair(1, 2)) == 3", ["f", "Pair"]),
        ("import math\ndef check(c):\n    assert c(math.pi)\ncheck(f)", ["f"]),
        ("def other(xs):\n    f = len(xs)\n    return f\nassert f([1]) == other([1])", ["f"]),
        ("for i, x in enumerate([1]):\n    assert sorted([f(y) for y in [x]])", ["f"]),
        ("def broken(", []),
    ],
)
def test_names_that_nobody_defines(test, names):
    assert sorted(unknown_names((test,), {})) == sorted(names)


def hints(test):
    return [ast.unparse(node) for node in ast.walk(with_hints(test, {})) if "__calls_ahead__" in ast.unparse(node)[:15]]


@pytest.mark.parametrize(
    ("test", "sent"),
    [
        ("assert f(1) == 2\nassert f(-2, [3]) == 4", "__calls_ahead__(f, [(1,), (-2, [3])], starred=True)"),
        ("for i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(f(*inp), exp, 0)", "__calls_ahead__(f, inputs, starred=True)"),
        ("for i, inp in enumerate(inputs):\n    assertion(f(*inp), g(*inp), 0)", "__calls_ahead__(f, inputs, starred=True)"),
        ("assert f(1) == 2", None),
        ("assert f(x) == 2\nassert f(y) == 2", None),
        ("assert f(1) == g(1)\nassert f(2) == g(2)", None),
        ("for x in make():\n    assert f(*x)", None),
    ],
)  # fmt: skip
def test_calls_in_plain_sight_are_sent_ahead(test, sent):
    found = hints(test)
    assert (sent in found) if sent else found == []
