"""A right program is right in whatever it is wrapped: reference solutions in all of `wrappings`."""

import runpy
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.cases.pages import load_pages
from harness.code_tasks.rules import execute
from harness.code_tasks.rules import reading
from harness.core import Case
from harness.core import Execute
from harness.core import Execution
from harness.sources.open import Opener
from harness.sources.open import parse_data

_FORMS = runpy.run_path(str(Path(__file__).with_name("wrappings.py")))
wrapped, continuing = _FORMS["wrapped"], _FORMS["continuing"]
ROOT = Path(__file__).parents[3]
PAGES = load_pages([ROOT / "evals"])
HUMANEVAL, MBPP = ("humaneval",), ("mbpp", "mbpp_sanitized")
EVERY = {"humaneval": 8, "mbpp": 32, "mbpp_sanitized": 32}
"""One row in so many is tried: each has more than fifty wrappings."""
Run = Callable[[Execute], Execution]


def cases(benchmark: Benchmark, opener: Opener) -> tuple[Case, ...]:
    return benchmark.collect([opener.open(rows) for rows in benchmark.tables])


def answers(case: Case, turn: int | None) -> Iterator[tuple[str, str]]:
    """The case's reference in all wrappings; with all tokens and thoughts, or with those whose turn it is."""
    trial = case.trial
    assert trial is not None
    tokens, thoughts = _FORMS["TOKENS"], tuple(_FORMS["THOUGHTS"])
    if turn is not None:
        tokens, thoughts = tokens[turn % 16 :: 16], thoughts[turn % 8 :: 8]
    yield from wrapped(trial.reference, trial.names, tokens, thoughts)
    if trial.prompt:
        yield from continuing(trial.reference.removeprefix(trial.prompt), trial.prompt, trial.names, tokens)


def wrong(case: Case, run: Run, turn: int | None = None) -> Iterator[str]:
    """The wrappings of a case's reference whose program does not pass; equal programs are run once."""
    ran: dict[str, str] = {}
    for name, text in answers(case, turn):
        request = execute(case.trial, text)
        if request is None:
            yield f"{case.id}, {name}: no program"
            continue
        if request.code not in ran:
            ran[request.code] = run(request).verdict
        if ran[request.code] != "passed":
            yield f"{case.id}, {name}: {ran[request.code]} ({reading(case.trial, text)})\n{request.code}"


@pytest.mark.parametrize("name", HUMANEVAL + MBPP)
def test_a_sample_s_reference_passes_in_all_wrappings(name: str, run: Run) -> None:
    opener = Opener(parse_data("sample", samples=ROOT / "fixtures/samples"))
    for case in cases(PAGES[name], opener)[:3]:
        assert list(wrong(case, run)) == []


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("name", HUMANEVAL + MBPP)
def test_a_mirror_s_reference_passes_in_all_wrappings(name: str, run: Run, shared: Path) -> None:
    """Rows of the whole mirror, the tokens and thoughts in turn; run plainly, as the solutions are trusted.

    A solution that does not pass as it is proves nothing here: few are.
    """
    opener = Opener(parse_data(str(shared / "data/mirror")))
    found: list[str] = []
    tried = 0
    drawn = cases(PAGES[name], opener)[:: EVERY[name]]
    for turn, case in enumerate(drawn):
        plain = execute(case.trial, case.trial.reference)
        if plain is not None and run(replace(plain, code=case.trial.reference)).verdict == "passed":
            tried += 1
            found += wrong(case, run, turn)
    assert tried > 0.9 * len(drawn)
    assert found == []
