"""Counterexamples to plain functions: found, as small as can be, and only where the reference has an answer."""

import copy
import math
from concurrent.futures import Future
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from harness.core import Execution
from harness.core import Refusal
from harness.core import Trial
from harness.diagnostics import counterexample
from harness.diagnostics.counterexample import Outcome
from harness.diagnostics.counterexample import arguments_like
from harness.diagnostics.counterexample import calls
from harness.diagnostics.counterexample import explain
from harness.diagnostics.counterexample import like
from harness.diagnostics.counterexample import same
from harness.diagnostics.counterexample import search
from harness.diagnostics.counterexample import through


def run(function):
    def called(batch):
        return [outcome(function, arguments) for arguments in batch]

    return called


def outcome(function, arguments):
    try:
        return Outcome(function(*copy.deepcopy(arguments)))
    except Exception as error:  # noqa: BLE001 - whatever it raises is what it gives
        return Outcome(error=type(error).__name__)


@pytest.mark.parametrize(
    ("tests", "names", "expected"),
    [
        (("assert f([1, 2], 'a') == 1", "assert f([], x) == 1"), ("f",), (([1, 2], "a"),)),
        (("candidate = f\nassert candidate(-1) == f(-1)",), ("f", "candidate"), ((-1,),)),
        (("for x in range(3):\n    assert f(x) == g(2)", "assert f(n=2)"), ("f",), ()),
        (("assert f(1) == f(2, 3)", "assert f(4)"), ("f",), ((1,), (4,))),
        (("assert f({'a': (1, {2})}) is None", "assert f("), ("f",), (({"a": (1, {2})},),)),
    ],
)
def test_calls_of_literals_are_read_off_the_tests(tests, names, expected):
    assert calls(tests, names) == expected


@pytest.mark.parametrize(
    ("wrong", "right", "examples", "smallest"),
    [
        (lambda xs: sum(xs[:2]), sum, [([1, 2, 3],), ([4, 5, 6, 7],)], ([0, 0, 1],)),
        (lambda x: x, abs, [(5,), (-7,)], (-1,)),
        (lambda s: s.upper(), lambda s: s.swapcase(), [("aB",), ("ab",)], ("B",)),
        (lambda a, b: a > b, lambda a, b: a >= b, [(1, 2), (3, 1)], (0, 0)),
        (max, lambda d: max(d, key=d.get), [({"a": 1, "b": 2},)], ({"a": 0, "aa": 0},)),
        (lambda x: 1 / x, lambda x: 1 / x if x else 0, [(2,), (3,)], (0,)),
    ],
    ids=["only two are added", "a sign", "a case", "equal ones", "keys for values", "it raises"],
)
def test_the_smallest_input_is_found(wrong, right, examples, smallest):
    found = search(examples, run(wrong), run(right))
    assert found.arguments == smallest
    assert found.expected == outcome(right, smallest)
    assert found.found == outcome(wrong, smallest)


def test_an_input_the_reference_cannot_take_is_none():
    def right(x):
        if x < 3:
            raise ValueError(x)
        return x

    assert search([(5,)], run(lambda _: 0), run(right)).arguments == (3,)


def test_a_right_program_has_none():
    assert search([([3, 1, 2],)], run(sorted), run(lambda xs: [*sorted(xs)])) is None
    assert search([], run(sorted), run(len)) is None


def test_an_example_that_shows_it_is_better_than_nothing():
    """Among so many texts a search by chance does not meet this one."""
    text = "abcdefghijklmnopqrstuvwxyz"
    found = search([(text,)], run(lambda s: s), run(lambda s: "" if s == text else s))
    assert found.arguments == (text,)


def test_nothing_new_is_tried_when_patience_is_over(monkeypatch):
    """What was found until then counts."""
    now = iter([0.0, 0.0, 0.0, *[11.0] * 10_000])
    monkeypatch.setattr(counterexample.time, "monotonic", lambda: next(now))
    tried = []

    def right(batch):
        tried.extend(batch)
        return [Outcome(sum(one[0])) for one in batch]

    found = search([([5, 6, 7],)], run(lambda _: -1), right)
    assert found.found == Outcome(-1)
    assert len(tried) <= 4


def test_the_search_is_the_same_every_time():
    found = [search([([1, 2],), ([5],)], run(lambda xs: xs), run(lambda xs: xs[::-1])) for _ in range(2)]
    assert found[0] == found[1]


@given(st.data(), st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=4), min_size=1, max_size=3))
@settings(max_examples=30)
def test_drawn_arguments_keep_to_what_is_seen(data, seen):
    (drawn,) = data.draw(arguments_like([(one,) for one in seen]))
    assert isinstance(drawn, list)
    assert 1 <= len(drawn) <= max(map(len, seen)) + 3
    assert all(isinstance(entry, int) and entry >= 0 for entry in drawn)


@given(st.data(), st.sampled_from([[1, "a"], [(1, "b")], [{1, 2}], [None], [{}], [()], [[]], [True], [1.5, -2.0]]))
@settings(max_examples=50)
def test_drawn_values_are_of_the_types_seen(data, seen):
    assert type(data.draw(like(seen))) in set(map(type, seen))


def submitted(request):
    """What a sandbox finds, run here: the first error's last line is the detail."""
    names, errors = {}, []
    exec(request.code, names)
    for test in request.tests:
        try:
            exec(test, names)
            errors.append(None)
        except Exception as error:  # noqa: BLE001 - whatever it raises is its verdict
            errors.append(f"{type(error).__name__}: {error}")
    first = next((error for error in errors if error is not None), None)
    future = Future()
    passed = tuple(error is None for error in errors)
    future.set_result(Execution("passed" if first is None else "failed", passed, detail=first))
    return future


WRONG = "def f(xs):\n    return xs[0]\n"
TRIAL = Trial(
    "python",
    "python",
    tests=("candidate = f\nassert candidate([3, 9, 4]) == 9", "assert f([1]) == 1"),
    names=("f",),
    reference="def f(xs):\n    return max(xs)\n",
)


def test_a_trial_s_program_is_explained():
    found = explain(TRIAL, WRONG, submitted)
    assert (found.arguments, found.found, found.expected) == (([0, 1],), Outcome(0), Outcome(1))
    assert explain(TRIAL, TRIAL.reference, submitted) is None
    raising = explain(TRIAL, "def f(xs):\n    return 1 / 0\n", submitted)
    assert (raising.arguments, raising.found) == (([0],), Outcome(error="ZeroDivisionError: division by zero"))


def test_a_difference_that_a_test_lets_pass_explains_nothing():
    """The tests compare sets: that the program gives lists is no error, that it forgets one is."""
    tests = ("assert set(f((3, 4), (4, 5))) == {4}", "assert set(f((1, 2, 3), (3, 2))) == {2, 3}")
    trial = replace(TRIAL, tests=tests, reference="def f(a, b): return tuple(set(a) & set(b))\n")
    found = explain(trial, "def f(a, b): return sorted(set(a) & set(b))[:1]\n", submitted)
    assert (found.arguments, found.found) == (((1, 2, 3), (3, 2)), Outcome([2]))


@pytest.mark.parametrize("changed", [{"style": "script"}, {"names": ("f", "g")}, {"reference": ""}, {"tests": ()}])
def test_a_trial_of_another_form_is_not_searched(changed):
    assert explain(replace(TRIAL, **changed), WRONG, submitted) is None


def test_what_cannot_be_run_is_an_error():
    refused = Future()
    refused.set_result(Refusal("no sandbox"))
    assert through(lambda _: refused, TRIAL, WRONG)([([1],)]) == [Outcome(error="no sandbox")]


@pytest.mark.parametrize(
    ("found", "expected", "verdict"),
    [
        (1.0, 1, True),
        (0.1 + 0.2, 0.3, True),
        (math.nan, math.nan, True),
        (math.nan, 1.0, False),
        ([1, 2], (1, 2), False),
        ([1.0, {"a": 2.0}], [1, {"a": 2}], True),
        ({"a": 1}, {"b": 1}, False),
        ("1", 1.0, False),
        (None, 0, False),
    ],
)
def test_what_is_one_answer(found, expected, verdict):
    assert same(found, expected) is verdict
