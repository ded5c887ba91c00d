"""Collection: pages become pytest items, the selected items become the plan.

A page's file is collected like any test module; its test function is parametrised over models
and cases. Rows are opened only where the selection can still want them.
"""

from collections.abc import Generator
from collections.abc import Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from harness.benchmark import Benchmark
from harness.cases.pages import find_pages
from harness.cases.pages import is_page
from harness.cases.pages import named_by
from harness.errors import CrosstaskError
from harness.errors import UsageError
from harness.evaluation.collecting import Collector
from harness.evaluation.responses import Responses
from harness.evaluation.subjects import Subjects
from harness.evaluation.subjects import find_subjects
from harness.plugin.fixtures import shadowing
from harness.plugin.named import named_ids
from harness.plugin.process import PLANNED
from harness.plugin.process import RESPONSES
from harness.plugin.process import SESSION
from harness.plugin.process import SUBJECTS
from harness.plugin.process import Process
from harness.plugin.selection import Selection
from harness.plugin.selection import names_pages
from harness.plugin.sequence import held
from harness.plugin.sequence import put_in_order
from harness.session.plan import PlannedCase
from harness.session.plan import rank
from harness.session.sharding import empty


class Collection:
    """Collects pages in this process."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._error: CrosstaskError | None = None
        self._selection: Selection | None = None
        self._collector: Collector

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        """Settle what the command line names, before the first file is collected; then say what is wrong in our words.

        pytest finds no item of a name where a page could not be collected.
        """
        self._settle(session)
        try:
            return (yield)
        except pytest.UsageError as error:
            if self._error is None or str(error) == str(self._error):
                raise
            if self._process.is_worker:
                self._process.fail(str(self._error))
            raise pytest.UsageError(str(self._error)) from self._error

    def _settle(self, session: pytest.Session) -> None:
        process, subjects = self._process, Subjects()
        process.config.stash[SESSION] = session
        try:
            subjects = find_subjects(process.options, process.config.rootpath)
        except CrosstaskError as error:
            self._error = error
            if not process.is_worker:
                raise pytest.UsageError(str(error)) from error
        process.config.stash[SUBJECTS] = subjects
        named = names_pages(process.config)
        self._collector = Collector(process.options, subjects, process.config.rootpath, named=named)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        """Collect a page, unless pytest does so itself because its name was given or matches `python_files`."""
        folders = self._process.options.evals
        if not is_page(file_path) or not any(file_path.is_relative_to(folder) for folder in folders):
            return None
        patterns = parent.config.getini("python_files")
        if parent.session.isinitpath(file_path) or any(file_path.match(pattern) for pattern in patterns):
            return None
        module: pytest.Module = pytest.Module.from_parent(parent, path=file_path)
        return module

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector, name: str, obj: object) -> list[Any] | None:
        """Mark a page's test with its area and its name; make no item of a page that cannot be selected."""
        benchmark = getattr(obj, "benchmark", None)
        if not isinstance(benchmark, Benchmark) or not isinstance(obj, FunctionType):
            return None
        own = self._mark(obj, benchmark)
        self._collector.see(benchmark)
        selection = self._select(collector.session)
        if self._error or selection is None:
            return []
        names = [node.name for node in collector.listchain()[2:]] + [name]
        marks = frozenset(own) | {mark.name for mark in collector.iter_markers()}
        return None if selection.wants(collector.path, benchmark.name, names, marks) else []

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrise a page's test over its planned cases, models outermost."""
        benchmark = getattr(metafunc.function, "benchmark", None)
        if not isinstance(benchmark, Benchmark):
            return
        if "case" not in metafunc.fixturenames:
            self._error = UsageError(f"{metafunc.function.__name__}: takes no `case`; expected case, response, record")
            return
        shadow = shadowing(metafunc)
        if shadow is not None:
            self._error = UsageError(f"{metafunc.module.__file__}: {shadow}")
            return
        if "ask" in metafunc.fixturenames:
            self._collector.foresee_more()
        planned_cases: list[PlannedCase] = []
        if self._error is None:
            try:
                page = Path(metafunc.module.__file__)
                named = named_ids(metafunc.config, page, metafunc.function.__name__)
                planned_cases = list(self._collector.planned_cases(benchmark, page, named))
            except CrosstaskError as error:
                self._error = error
        ids = [f"{planned.model}-{planned.case.id}" for planned in planned_cases]
        metafunc.parametrize("case", planned_cases, ids=ids, indirect=True)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Remember which planned case an item stands for."""
        callspec = getattr(item, "callspec", None)
        planned = callspec.params.get("case") if callspec else None
        if isinstance(planned, PlannedCase):
            item.stash[PLANNED] = planned

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Bring the cases of one model together, so that each model is loaded once, and the shortest answers first.

        Stops on what went wrong before.
        """
        self._error = self._error or self._collector.error()
        if self._error is not None:
            items.clear()
            if not self._process.is_worker:
                raise pytest.UsageError(str(self._error)) from self._error
            self._process.fail(str(self._error))
        order = {name: number for number, name in enumerate(self._process.subjects.cards)}

        def place(item: pytest.Item) -> tuple[int, tuple[int, int]]:
            planned = item.stash.get(PLANNED, None)
            return (-1, (0, 0)) if planned is None else (order[planned.model], rank(planned))

        items.sort(key=place)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Publish the plan: what is selected now is what will be asked, under `--shard` a part of it."""
        whole = [item.stash[PLANNED] for item in session.items if PLANNED in item.stash]
        self._keep_shard(session, whole)
        if self._process.is_controller or (self._process.is_dry and self._process.config.option.collectonly):
            return
        looks = self._looks(session)
        planned_cases = [item.stash[PLANNED] for item in session.items if PLANNED in item.stash]
        if not planned_cases:
            return
        self._process.config.stash[RESPONSES] = self._responses(planned_cases)
        try:
            self._collector.publish(
                self._process.folder, planned_cases, looks, () if looks is None else held(session.items), whole
            )
        except CrosstaskError as error:
            raise pytest.UsageError(str(error)) from error

    def _keep_shard(self, session: pytest.Session, whole: Sequence[PlannedCase]) -> None:
        """Leave the cases of other shards out; tests that are no page's run in every shard."""
        shard = self._process.options.shard
        if shard is None or not whole:
            return
        mine = iter(self._collector.mine(whole))
        kept = [item for item in session.items if PLANNED not in item.stash or next(mine)]
        others = set(session.items) - set(kept)
        self._process.config.hook.pytest_deselected(items=[item for item in session.items if item in others])
        session.items[:] = kept
        if not any(PLANNED in item.stash for item in kept):
            self._process.say_empty(empty(shard, len(whole)))

    def _responses(self, planned_cases: Sequence[PlannedCase]) -> Responses:
        """Where the cases get their responses from, in the order of the items."""
        process = self._process
        return Responses(
            process.folder,
            process.options,
            process.subjects,
            self._collector.replayed,
            planned_cases,
            process.owner,
            process.tick,
            process.stop,
        )

    def _looks(self, session: pytest.Session) -> dict[str, Any] | None:
        """Bring the cases into the order they are looked at, where they are; an estimate is of all of them."""
        gate = self._process.options.gate
        if (
            gate is None
            or not gate.sequential
            or self._process.is_dry
            or not any(PLANNED in i.stash for i in session.items)
        ):
            return None
        return put_in_order(session.items, self._process.options.seed)

    def _mark(self, test: Any, benchmark: Benchmark) -> list[str]:
        """Mark a test with the benchmark's area and name; the names of all marks it has now."""
        marks = [*getattr(test, "pytestmark", ())]
        for name in (benchmark.area, benchmark.name):
            self._process.config.addinivalue_line("markers", f"{name}: cases of the benchmark or area {name}")
            marks.append(getattr(pytest.mark, name))
        test.pytestmark = marks
        return [mark.name for mark in marks]

    def _select(self, session: pytest.Session) -> Selection | None:
        if self._selection is None and self._error is None:
            options = self._process.options
            pages = find_pages(options.evals, self._process.config.rootpath)
            chosen = named_by(pages, options.recipe, session.isinitpath)
            try:
                self._selection = Selection(self._process.config, options.recipe, pages, chosen)
            except CrosstaskError as error:
                self._error = error
        return self._selection
