"""What is left over when a session ends early: cases whose answers are there and whose items were never tested.

Their pages' tests are called without pytest, so neither a fixture of the user's own nor another plugin sees them.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Any

import pytest

from harness.cases.pages import Page
from harness.cases.pages import find_pages
from harness.core import Record
from harness.core import Response
from harness.errors import UsageError
from harness.evaluation.collecting import Collector
from harness.evaluation.page_tests import PageTest
from harness.evaluation.page_tests import answered
from harness.evaluation.page_tests import page_tests
from harness.evaluation.responses import Responses
from harness.plugin.process import PLANNED
from harness.plugin.process import RESPONSES
from harness.plugin.process import Process


def left_over(
    process: Process,
    session: pytest.Session,
    plan: Mapping[str, Any],
    seen: Mapping[str, set[tuple[str, str]]],
    crashed: AbstractSet[str],
) -> Iterator[Record]:
    """The records of the answered cases of a plan that are not among those seen, by model.

    Node ids that `crashed` failed without a record: what ended a worker would end this process too.
    """
    tests, replayed = tests_of(process, session, plan)
    responses = Responses(process.folder, process.options, process.subjects, replayed, (), process.owner)
    try:
        yield from answered([test for test in tests if test.node not in crashed], seen, responses)
    finally:
        responses.close()


def tests_of(
    process: Process, session: pytest.Session, plan: Mapping[str, Any]
) -> tuple[list[PageTest], Mapping[tuple[str, str, str], Response]]:
    """The tests of a plan's cases, and recorded answers; a controller of workers has no items: it collects the pages.

    A test that asks for a fixture of the user's own is not among those that a controller collects.
    """
    if not process.is_controller:
        tests = [
            PageTest(item.stash[PLANNED], item.nodeid, item.function)
            for item in session.items
            if PLANNED in item.stash and isinstance(item, pytest.Function)
        ]
        return tests, process.responses.replayed if RESPONSES in process.config.stash else {}
    collector = Collector(process.options, process.subjects, process.config.rootpath)
    planned = plan["planned"]
    collected: list[PageTest] = []
    for page in _pages(process, plan):
        with suppress(UsageError):
            collected += page_tests(collector, [page], process.config.rootpath)
    tests = [
        test
        for test in collected
        if test.planned.case.id in planned[test.planned.model].get(test.planned.benchmark.name, ())
    ]
    return tests, collector.replayed


def _pages(process: Process, plan: Mapping[str, Any]) -> list[Page]:
    """The pages that may hold the plan's benchmarks: by convention a file has its benchmark's name."""
    pages = find_pages(process.options.evals, process.config.rootpath)
    named = [page for page in pages if page.benchmark in plan["benchmarks"]]
    return named if len(named) >= len(plan["benchmarks"]) else pages
