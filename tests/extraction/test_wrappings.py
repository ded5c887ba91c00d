"""A right program is right in whatever it is wrapped: reference solutions in all of `wrappings`."""

import runpy
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.benchmark import Benchmark
from harness.core import Case
from harness.core import Execute
from harness.core import Execution
from harness.pages import load_pages
from harness.programs import execute
from harness.programs import reading
from harness.sources.open import Opener
from harness.sources.open import parse_data

_FORMS = runpy.run_path(str(Path(__file__).with_name("wrappings.py")))
wrapped, continuing = _FORMS["wrapped"], _FORMS["continuing"]
ROOT = Path(__file__).parents[2]
PAGES = load_pages([ROOT / "evals"])
HUMANEVAL, MBPP = ("humaneval",), ("mbpp", "mbpp_sanitized")
Run = Callable[[Execute], Execution]


def cases(benchmark: Benchmark, opener: Opener) -> tuple[Case, ...]:
    return benchmark.collect([opener.open(rows) for rows in benchmark.tables])


def answers(case: Case) -> Iterator[tuple[str, str]]:
    """The case's reference in all wrappings; what does not parse as it is cannot be asked to in one."""
    trial = case.trial
    assert trial is not None
    yield from wrapped(trial.reference, trial.names)
    if trial.prompt:
        yield from continuing(trial.reference.removeprefix(trial.prompt), trial.prompt, trial.names)


def wrong(case: Case, run: Run) -> Iterator[str]:
    """The wrappings of a case's reference whose program does not pass; equal programs are run once."""
    ran: dict[str, str] = {}
    for name, text in answers(case):
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
    """Run plainly, a process each: the solutions are trusted. Those that do not pass as they are prove nothing here."""
    opener = Opener(parse_data(str(shared / "data/mirror")))
    found: list[str] = []
    tried = 0
    for case in cases(PAGES[name], opener):
        plain = execute(case.trial, case.trial.reference)
        if plain is not None and run(plain).verdict == "passed":
            tried += 1
            found += wrong(case, run)
    assert tried > 0.9 * PAGES[name].size
    assert found == []
