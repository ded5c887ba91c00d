# ruff: noqa: E501 - programs in one line each
"""What is known of a test before it runs: calls in plain sight."""

import ast

import pytest

from harness.sandbox.inside.pipeline import with_hints


def hints(test):
    return [
        ast.unparse(node)
        for node in ast.walk(with_hints(ast.parse(test)))
        if "__calls_ahead__" in ast.unparse(node)[:15]
    ]


@pytest.mark.parametrize(
    ("test", "sent"),
    [
        ("assert f(1) == 2\nassert f(-2, [3]) == 4", "__calls_ahead__(f, [(1,), (-2, [3])], starred=True)"),
        ("for i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(f(*inp), exp, 0)", "__calls_ahead__(f, inputs, starred=True, others=(lambda: assertion, lambda: exp, lambda: inp))"),
        ("for i, inp in enumerate(inputs):\n    assertion(f(*inp), g(*inp), 0)", "__calls_ahead__(f, inputs, starred=True, others=(lambda: assertion, lambda: g, lambda: inp))"),
        ("assert f(1) == 2", None),
        ("assert f(x) == 2\nassert f(y) == 2", None),
        ("assert f(1) == g(1)\nassert f(2) == g(2)", None),
        ("for x in make():\n    assert f(*x)", None),
        ("for x in xs:\n    if x:\n        assert f(*x)", None),
        ("for x in xs:\n    assert f(*x) == f(*x)", None),
        ("for x in xs:\n    assert g() and f(*x)", None),
    ],
)  # fmt: skip
def test_calls_in_plain_sight_are_sent_ahead(test, sent):
    found = hints(test)
    assert (sent in found) if sent else found == []
