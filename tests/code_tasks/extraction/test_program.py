"""Whole programs out of answers: those that read their input and print."""

import pytest

from harness.code_tasks.rules import program
from harness.code_tasks.rules import reading
from harness.core import Trial

TRIAL = Trial("python", "program", style="stdio")
WHOLE = "import sys\n\n\ndef main():\n    # twice\n    n = int(input())\n    print(2 * n)\n\n\nmain()\n"


def fenced(code: str, word: str = "python") -> str:
    return f"```{word}\n{code}```\n"


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        fenced(WHOLE),
        fenced(WHOLE, ""),
        f"It doubles.\n\n{fenced(WHOLE)}\nFor 2 it prints 4.",
        f"An input is\n{fenced('3', '')}\nThe program:\n{fenced(WHOLE)}\nIt prints\n{fenced('6', '')}",
        f"First a slow one:\n{fenced(WHOLE.replace('2 * n', 'n + n'))}\nBetter:\n{fenced(WHOLE)}",
        f"<think>\n{fenced(WHOLE.replace('2', '3'))}</think>\n{fenced(WHOLE)}",
        f"{WHOLE}\n\nThis program doubles its input, isn't it?",
    ],
)
def test_the_program_is_found(text: str) -> None:
    code = program(TRIAL, text)
    assert code is not None
    assert [line for line in code.split("\n") if line.strip()] == [line for line in WHOLE.split("\n") if line.strip()]


@pytest.mark.parametrize("text", ["", "   ", "I cannot say that.", "<think>\nprint(input())"])
def test_an_answer_without_code_has_none(text: str) -> None:
    assert program(TRIAL, text) is None


def test_the_reading_names_the_block() -> None:
    text = f"{fenced(WHOLE.replace('2', '3'))}\nor\n{fenced(WHOLE)}"
    assert reading(TRIAL, text) == "fenced block 2 of 2"
