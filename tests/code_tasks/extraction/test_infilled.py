"""What belongs into a gap."""

import pytest

from harness.code_tasks.rules import program
from harness.core import Trial

TRIAL = Trial("python", "infilled", prompt="def f(x):\n    if x:\n<completion>    return 0\n")
FILLED = "def f(x):\n    if x:\n        return 1\n    return 0\n"


@pytest.mark.parametrize("answer", ["        return 1\n", "```python\n        return 1\n```\n", "```\nreturn 1\n```"])
def test_an_answer_is_put_in_its_gap(answer: str) -> None:
    assert program(TRIAL, answer).split() == FILLED.split()
    compile(program(TRIAL, answer), "program", "exec")


def test_an_answer_without_a_fence_stays_as_it_is() -> None:
    assert program(TRIAL, "return 1") == "def f(x):\n    if x:\nreturn 1    return 0\n"
    assert program(TRIAL, "") == "def f(x):\n    if x:\n    return 0\n"


@pytest.mark.parametrize("answer", ["        retur 1", "        return 1"])
def test_a_fence_takes_no_break_from_a_gap_that_begins_a_line(answer: str) -> None:
    """Whether the program compiles or not: an error is the answer's own."""
    assert program(TRIAL, f"```python\n{answer}\n```") == FILLED.replace("        return 1", answer)


@pytest.mark.parametrize(
    ("prompt", "answer", "filled"),
    [
        ("b <completion>if b: c = 2\n", "= [a]", "b = [a]\nif b: c = 2\n"),  # the gap ends a line
        ("b = <completion> + 2\n", "1", "b = 1 + 2\n"),  # and here it does not
        ("a = 1\n<completion>", "b = 2", "a = 1\nb = 2"),
    ],
)
def test_a_gap_may_begin_or_end_inside_a_line(prompt: str, answer: str, filled: str) -> None:
    assert program(Trial("python", "infilled", prompt=prompt), f"```python\n{answer}\n```") == filled


LAST = Trial("python", "infilled", prompt="def f(x):\n<completion>\n")


@pytest.mark.parametrize("rest", ["def g(x:\n", "# that is all\nThis gives 1.\n", "print(1)\n```\n"])
def test_an_answer_that_runs_on_at_the_end_is_cut_behind_its_function(rest: str) -> None:
    compile(source := program(LAST, f"    return 1\n\n{rest}"), "program", "exec")
    assert source.startswith("def f(x):\n    return 1\n")


@pytest.mark.parametrize("answer", ["    retur 1\n\ndef g(x:\n", "return 1", "    return 1\n\nprint(1)"])
def test_an_error_of_its_own_or_what_can_be_read_stays(answer: str) -> None:
    assert program(LAST, answer) == f"def f(x):\n{answer}\n"
