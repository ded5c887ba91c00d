"""What is left over when a session ends early: cases whose answers are there and whose items were never tested.

Their pages' tests are called without pytest, so neither a fixture of the user's own nor another plugin sees them.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import pytest

from harness.cases.pages import Page
from harness.cases.pages import find_pages
from harness.core import Record
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

    Node ids that `crashed` failed without a record: what ended a worker would end this process too. A controller of
    workers has no items: it collects the pages of the plan itself.
    """
    replayed: Mapping[Any, Any] = {}
    if process.is_controller:
        collector = Collector(process.options, process.subjects, process.config.rootpath)
        planned = plan["planned"]
        tests = [
            test
            for test in page_tests(collector, _pages(process, plan), process.config.rootpath)
            if test.planned.case.id in planned[test.planned.model].get(test.planned.benchmark.name, ())
        ]
        replayed = collector.replayed
    else:
        tests = [
            PageTest(item.stash[PLANNED], item.nodeid, item.function)
            for item in session.items
            if PLANNED in item.stash and isinstance(item, pytest.Function)
        ]
        if RESPONSES in process.config.stash:
            replayed = process.responses.replayed
    responses = Responses(process.folder, process.options, process.subjects, replayed, (), process.owner)
    try:
        yield from answered([test for test in tests if test.node not in crashed], seen, responses)
    finally:
        responses.close()


def _pages(process: Process, plan: Mapping[str, Any]) -> list[Page]:
    """The pages that may hold the plan's benchmarks: by convention a file has its benchmark's name."""
    pages = find_pages(process.options.evals, process.config.rootpath)
    named = [page for page in pages if page.benchmark in plan["benchmarks"]]
    return named if len(named) >= len(plan["benchmarks"]) else pages
