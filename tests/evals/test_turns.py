"""MTPB: each turn sees the program so far, the program of all turns is run, and prints are compared as upstream."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.code_tasks.rules import execute
from harness.core import Case
from harness.core import Completion
from harness.core import Completions
from harness.core import Execute
from harness.core import Execution
from harness.core import Refusal
from harness.core import Trial
from harness.sources.open import Opener
from harness.sources.open import parse_data

Run = Callable[[Execute], Execution]


def said(text: str) -> Completions:
    return Completions((Completion(text, "stop", 3),))


@pytest.fixture
def mtpb(page: Callable[[str], Benchmark]) -> Benchmark:
    return page("code/mtpb")


@pytest.fixture
def case(mtpb: Benchmark, samples: Path) -> Case:
    opener = Opener(parse_data("sample", samples=samples))
    return mtpb.collect([opener.open(rows) for rows in mtpb.tables])[0]


def test_a_turn_is_a_comment_behind_the_program_so_far(mtpb: Benchmark, case: Case) -> None:
    """salesforce/CodeGen, mtpb_sample.py, sample_completions."""
    begin = "# Import libraries.\n\nimport numpy as np\n\n"
    first = f'{begin}# Assign the list [1, 2, 3, 4] to a variable named "numbers".\n'
    assert case.requests[0].prompt == first
    second = mtpb.follow_up(case, (said("numbers = [1, 2, 3, 4]\n# More"),))
    assert second.prompt == f"{first}numbers = [1, 2, 3, 4]\n\n\n# Keep only the even numbers.\n"
    assert second.max_tokens == case.requests[0].max_tokens == 128
    third = mtpb.follow_up(case, (said("numbers = [1, 2, 3, 4]\n"), said("numbers = numbers[1::2]\n")))
    assert third.prompt.endswith("numbers = numbers[1::2]\n\n\n# Print their sum.\n")
    assert mtpb.follow_up(case, (said("a"), said("b"), said("c"))) is None
    assert mtpb.follow_up(case, (Refusal("too long"),)) is None


@pytest.mark.parametrize(
    ("last", "verdict"), [("print(sum(numbers))", "passed"), ("sum(numbers)", "passed"), ("print(7)", "failed")]
)
def test_the_last_answer_goes_on_where_the_others_ended(
    mtpb: Benchmark, case: Case, ran: Run, last: str, verdict: str
) -> None:
    answers = (said("numbers = [1, 2, 3, 4]"), said("numbers = [n for n in numbers if n % 2 == 0]"), said(last))
    trial = mtpb.trial_of(case, answers)
    assert ran(execute(trial, last)).verdict == verdict


def test_an_only_answer_is_the_whole_program(mtpb: Benchmark, case: Case, ran: Run) -> None:
    trial = mtpb.trial_of(case, (said("print(6)"),))
    assert ran(execute(trial, "print(6)")).verdict == "passed"


@pytest.mark.parametrize(
    ("program", "wanted", "equal"),
    [
        ("print('a', 'b')", "a", True),  # the first argument
        ("print(1); print(2)", 2, True),  # of the last print
        ("x = 3", 3, True),  # what an assignment gives is printed
        ("for x in [1, 2]:\n    x", 2, False),
        ("print((1, 2))", [1, 2], True),
        ("print([(1, 2)])", [[1, 2]], True),
        ("print(np.array([1.5, 2]))", [1.5, 2.0], True),
        ("print(np.float64(0.1) + 0.2)", 0.3, True),
        ("print(0.1)", 0.2, False),
        ("print('True')", True, True),
        ("print(False)", "False", True),
        ("print(2.9)", 2, True),  # cast to the expected type
        ("print(1)\n1 / 0", 1, True),  # what comes after the last print does not count
        ("1 / 0\nprint(1)", 1, False),
        ("print()", 1, False),
        ("print(", 1, False),
        ("print({'a': 1})", {"a": 1}, True),
    ],
)
def test_prints_are_compared_as_upstream(case: Case, ran: Run, program: str, wanted: object, equal: bool) -> None:
    """salesforce/CodeGen, mtpb_exec.py, rewrite_ast_with_print and check_equivalence; a mapping is our addition."""
    context = f"{case.trial.context}\nsolution = 'import numpy as np\\n' + solution"
    judged = Trial(
        "python", "turns", style="script", context=context, tests=(f"assert equivalent(printed(solution), {wanted!r})",)
    )
    assert (ran(execute(judged, program)).verdict == "passed") == equal
