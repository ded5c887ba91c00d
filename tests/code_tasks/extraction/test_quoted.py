"""Answers that are the value of `solution`: DS-1000's, put in their place, and MTPB's, one turn after the other."""

import ast

import pytest

from harness.code_tasks.extraction.quoted import added
from harness.code_tasks.extraction.quoted import quoted
from harness.code_tasks.rules import program
from harness.code_tasks.rules import reading
from harness.core import Trial

IN_PLACE = Trial("python", "inserted", prompt="import numpy as np\na = test_input\n<completion>\nresult = a\n")
IN_A_FUNCTION = Trial("python", "inserted", prompt="def f(df):\n<completion>\nresult = f(test_input)\n")


def solution(trial: Trial, text: str) -> str | None:
    code = program(trial, text)
    return None if code is None else value_of(code)


def value_of(code: str) -> str:
    names: dict[str, str] = {}
    exec(code, names)
    return names["solution"]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("a = a + 1\n", "a = a + 1\n"),
        ("a = a + 1\n</code>\nThat is all.", "a = a + 1\n"),  # xlang-ai/DS-1000, test_ds1000.py, postprocess
        ("```python\na = 1\n```\nThis sets it.", "\na = 1\n"),
        ("<code>\na = 1\nEND SOLUTION\n<code>", "\na = 1"),
        ("a = 1\n# SOLUTION END\n\nprint(a)", "a = 1\n"),
        ("Here it is:\n```python\na = 1\n```\n", "a = 1"),  # the authors would keep the sentence
        ("Here it is:\n<code>\na = 1\n</code>\nGood luck!", "\na = 1\n"),
        ("I do not know.", "I do not know."),
        ("", None),
        ("```\n```", None),
    ],
)
def test_what_is_put_in_place(answer: str, text: str | None) -> None:
    assert solution(IN_PLACE, answer) == text


@pytest.mark.parametrize("answer", ["    return df.T\n", "return df.T", "Here:\n```python\nreturn df.T\n```\n"])
def test_a_body_is_indented_as_its_place_asks(answer: str) -> None:
    assert solution(IN_A_FUNCTION, answer).rstrip() == "    return df.T"


def test_how_it_was_read() -> None:
    assert reading(IN_PLACE, "a = 1") == "as the authors cut it"
    assert reading(IN_PLACE, "So:\n```python\na = 1\n```") == "fenced block 1 of 1"
    assert reading(IN_PLACE, "no code") == "as the authors cut it, no Python in its place"


@pytest.mark.parametrize(
    "text", ["a = 1", 'x = """y"""', "back\\slash\n", "ends with a quote'", '"', "\\", "", "\r\n\ud800"]
)
def test_a_text_is_the_value_of_its_program(text: str) -> None:
    assert value_of(quoted(text, "").code) == text


def test_a_program_shows_its_text() -> None:
    assert "\nfor x in y:\n    print(x)\n" in quoted("for x in y:\n    print(x)", "").code
    ast.parse(quoted("(", "").code)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("\nif a:\n    b = 1\n\n\n\n#", "\nif a:\n    b = 1"),  # salesforce/CodeGen, mtpb_sample.py, test_truncate
        ("a = 1\n# Print it.\nprint(a)", "a = 1\n"),
        ("print(1)\nprint(2)\n", "print(1)\n"),
        ("def f():\n    pass\ndef g():\n    pass\n", "def f():\n    pass\n"),
        ("a = 1<|endoftext|>b", "a = 1"),
        ('"""A docstring."""\na = 1', ""),
        ("Sure:\n```python\na = 1\n# and\nb = 2\n```\nDone.", "a = 1\n# and\nb = 2"),
    ],
)
def test_what_a_turn_adds(answer: str, text: str) -> None:
    assert added(answer) == text


def test_the_program_of_all_turns() -> None:
    trial = Trial("python", "turns", prompt="a = 1\n# Print it.\n")
    assert solution(trial, "print(a)\n# More") == "a = 1\n# Print it.\nprint(a)\n"
    assert solution(Trial("python", "turns"), "") is None
