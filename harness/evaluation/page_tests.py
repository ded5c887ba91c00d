"""A page's tests without pytest: each planned case with the function that judges it, and what became of it."""

import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from harness.cases.pages import Page
from harness.cases.pages import find_pages
from harness.cases.pages import named_by
from harness.cases.pages import tests_of
from harness.core import Record
from harness.core import Request
from harness.core import Response
from harness.core import Score
from harness.errors import UsageError
from harness.errors import nearest
from harness.evaluation.collecting import Collector
from harness.evaluation.options import Options
from harness.evaluation.records import record_of
from harness.evaluation.responses import Outcome
from harness.evaluation.responses import Responses
from harness.evaluation.responses import keep
from harness.evaluation.subjects import Subjects
from harness.session.plan import PlannedCase
from harness.session.plan import rank

_KNOWN = frozenset({"case", "model", "response", "record", "ask"})
"""What a page's test may ask for."""


@dataclass(frozen=True, slots=True)
class PageTest:
    """A planned case, the test of its page that judges it, and the test's name as pytest gives it."""

    planned: PlannedCase
    node: str
    function: Callable[..., None]

    @property
    def unknown(self) -> tuple[str, ...]:
        """What the test asks for that only pytest can give it: fixtures of the user's own."""
        return _unknown(self.function)


def _unknown(function: Callable[..., None]) -> tuple[str, ...]:
    return tuple(sorted(set(signature(function).parameters) - _KNOWN))


def pages_of(options: Options, root: Path, benchmarks: str | Sequence[str] | None) -> list[Page]:
    """The pages of the benchmarks named, in that order, as of files on a command line; or those of the recipe."""
    pages = find_pages(options.evals, root)
    if benchmarks is None:
        chosen = named_by(pages, options.recipe, set(options.evals).__contains__)
        return [page for page in pages if page.path in chosen or options.recipe.includes(page.benchmark)]
    wanted = [benchmarks] if isinstance(benchmarks, str) else list(benchmarks)
    known = [page.benchmark for page in pages]
    for name in wanted:
        if name not in known:
            raise UsageError(f"benchmarks: found {name!r}; expected {nearest(name, known)}")
    return [page for name in dict.fromkeys(wanted) for page in pages if page.benchmark == name]


def in_order(tests: Iterable[PageTest], subjects: Subjects) -> list[PageTest]:
    """The tests of one model together, so that each model is loaded once, and in them the shortest answers first."""
    number = {name: number for number, name in enumerate(subjects.cards)}
    return sorted(tests, key=lambda test: (number[test.planned.model], rank(test.planned)))


def page_tests(collector: Collector, pages: Sequence[Page], root: Path) -> Iterator[PageTest]:
    """The tests of pages; raises UsageError where one asks for a fixture of the user's own."""
    for page in pages:
        path = page.path.relative_to(root) if page.path.is_relative_to(root) else page.path
        for name, function in tests_of(page.path):
            if unknown := _unknown(function):
                raise UsageError(f"{page.path}: {name} asks for {unknown[0]!r}; expected {', '.join(sorted(_KNOWN))}")
            if "ask" in signature(function).parameters:
                collector.foresee_more()
            benchmark = function.benchmark  # type: ignore[attr-defined]  # that is how a page marks its test
            collector.see(benchmark)
            for planned in collector.planned_cases(benchmark, page.path):
                yield PageTest(planned, f"{path.as_posix()}::{name}[{planned.model}-{planned.case.id}]", function)


def recorded(test: PageTest, responses: Responses) -> Record:
    """What became of a case, waiting for its answers."""
    outcome, begun = Outcome(), time.perf_counter()
    failure: BaseException | None = None
    try:
        _call(test, outcome, responses)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a page's test may raise anything, as pytest.skip does
        failure = error
    return record_of(test.node, test.planned, outcome, time.perf_counter() - begun, failure)


def answered(
    tests: Iterable[PageTest], seen: Mapping[str, set[tuple[str, str]]], responses: Responses
) -> Iterator[Record]:
    """What became of the cases that were never tested although all their answers are there; nothing is waited for.

    `seen` are the cases that were tested, by model. A case whose programs did not run yet is left for another session.
    """
    waiting = [
        test
        for test in tests
        if (test.planned.benchmark.name, test.planned.case.id) not in seen.get(test.planned.model, ())
        and test.planned.failure is None
        and not test.unknown
    ]
    for test in waiting:
        if responses.has_all(test.planned):
            record = recorded(test, responses)
            if record.status != "not_run":
                yield record


def _call(test: PageTest, outcome: Outcome, responses: Responses) -> None:
    """Call the test of a page with what it asks for."""

    def ask(wanted: Request) -> Response:
        return responses.ask(test.planned, outcome, wanted)

    def record(scores: tuple[Score, ...]) -> None:
        failure = keep(test.planned, outcome, scores)
        if failure is not None:
            raise UsageError(failure)

    wanted = signature(test.function).parameters
    given: dict[str, Callable[[], Any]] = {
        "case": lambda: test.planned.case,
        "model": lambda: responses.subjects.cards[test.planned.model],
        "response": lambda: responses.response(test.planned, outcome),
        "record": lambda: record,
        "ask": lambda: ask,
    }
    test.function(**{name: given[name]() for name in wanted})
