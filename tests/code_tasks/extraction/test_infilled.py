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
