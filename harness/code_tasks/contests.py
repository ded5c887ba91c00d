"""CodeContests' rows (Li et al. 2022, arXiv:2203.07814): problems of programming contests, with their tests.

The prompt is the paper's, of its published samples: comments of the language that name it and say what is wanted, then
the description, line by line. Rating and tags, which the paper draws at random, are left out. The examples are the
row's public tests; private and generated ones follow. Outputs are compared as the authors' `OutputsMatch` does; their
`TestOptions` give each test 10 s.
"""

from collections.abc import Iterator
from typing import Any
from typing import TypeGuard

from harness.code_tasks.streams import streamed
from harness.core import Case
from harness.core import Generate
from harness.core import TimeLimit
from harness.core import Trial
from harness.sources import Row

PYTHON_3 = 3
"""`PYTHON3` of the language of a solution, in the authors' `contest_problem.proto`."""
_LANGUAGES = range(5)
_SECONDS = 10.0
_HEAD = ("LANGUAGE IS python3", "CORRECT SOLUTION")
_TESTS = ("public_tests", "private_tests", "generated_tests")


def contest(row: Row) -> Case:
    """A request for a program; the target is the first solution in Python 3, None where there is none."""
    description = row.text("description")
    groups = [tuple(_pairs(row, field)) for field in _TESTS]
    tests = tuple(streamed(given, expected, "tokens") for group in groups for given, expected in group)
    if not tests:
        raise row.error("public_tests", "no test, and none in the other fields; expected at least one")
    solution = _solution(row)
    prompt = "".join(f"# {line}\n" for line in (*_HEAD, *description.split("\n"))) + "\n"
    trial = Trial(
        "python",
        "program",
        tests=tests,
        style="stdio",
        reference=solution or "",
        examples=len(groups[0]),
        time=TimeLimit(call=_SECONDS, times=0.0, whole=_SECONDS * len(tests)),
    )
    request = Generate(prompt, max_tokens=1024, stop=("\n# LANGUAGE IS",))
    return Case(row.id, (request,), solution, trial=trial)


def _pairs(row: Row, field: str) -> Iterator[tuple[str, str]]:
    """(input, output) of each test of a field."""
    tests = row[field]
    inputs, outputs = (tests.get(name) if isinstance(tests, dict) else None for name in ("input", "output"))
    if not _are_texts(inputs) or not _are_texts(outputs) or len(inputs) != len(outputs):
        raise row.error(field, f"{tests!r:.80}; expected texts `input` and as many `output`")
    yield from zip(inputs, outputs, strict=True)


def _solution(row: Row) -> str | None:
    solutions = row["solutions"]
    languages, texts = (
        solutions.get(name) if isinstance(solutions, dict) else None for name in ("language", "solution")
    )
    if (
        not isinstance(languages, list)
        or not all(type(language) is int and language in _LANGUAGES for language in languages)
        or not _are_texts(texts)
        or not all(map(str.strip, texts))
        or len(languages) != len(texts)
    ):
        raise row.error("solutions", f"{solutions!r:.80}; expected numbers `language` and as many texts `solution`")
    return next((text for language, text in zip(languages, texts, strict=True) if language == PYTHON_3), None)


def _are_texts(values: Any) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
