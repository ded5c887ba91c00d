"""Tests out of a `check` function: each on its own, or as one that may return."""

import pytest

from harness.checks import parted

CHECK = (
    "import os\n\ndef check(candidate):\n    want = 3\n    assert candidate(1) == 2\n    assert candidate(2) == want\n"
)
RETURNS = "def check(candidate):\n    try:\n        candidate(1)\n    except ValueError:\n        return False\n"
NESTED = "def check(candidate):\n    def twice(x):\n        return 2 * x\n    assert candidate(twice(1)) == 3\n"


def run(test, function):
    names = {"f": function}
    exec(test, names)
    return names


def test_each_assertion_is_a_test_behind_what_prepares_it():
    found = parted(CHECK, "f")
    assert found.context == "import os"
    assert found.tests == (
        "candidate = f\nwant = 3\nassert candidate(1) == 2",
        "candidate = f\nwant = 3\nassert candidate(2) == want",
    )


def test_a_body_stays_whole():
    (test,) = parted(CHECK, "f", whole=True).tests
    assert test == "candidate = f\nwant = 3\nassert candidate(1) == 2\nassert candidate(2) == want"


def test_a_body_that_returns_stays_a_function():
    """ODEX en-106 is one: its solution would fail by a return that stands in no function."""
    (test,) = parted(RETURNS, "f", whole=True).tests
    run(test, lambda _: None)
    with pytest.raises(TypeError):
        run(test, lambda: None)


def test_a_return_of_an_inner_function_is_its_own():
    (test,) = parted(NESTED, "f", whole=True).tests
    assert "def check" not in test
    run(test, lambda x: x + 1)
    with pytest.raises(AssertionError):
        run(test, lambda x: x)


@pytest.mark.parametrize(
    ("source", "message"), [("x = 1", "no function check"), ("def check(candidate):\n    pass", "without a test")]
)
def test_a_source_without_a_check_is_refused(source, message):
    with pytest.raises(ValueError, match=message):
        parted(source, "f")
