"""Collection: pages become pytest items, the selected items become the plan.

A page's file is collected like any test module; its test function is parametrised over models
and cases. Rows are opened only where the selection can still want them.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from harness.benchmark import Benchmark
from harness.cases.exclusions import mark
from harness.cases.exclusions import read_lists
from harness.cases.sampling import Sampling
from harness.cases.sampling import check_greedy
from harness.cases.sampling import samples_of
from harness.cases.shots import draw
from harness.cases.subsample import limit
from harness.code_tasks.rules import check
from harness.core import Case
from harness.engines.descriptor import unable
from harness.errors import CrosstaskError
from harness.errors import RowError
from harness.errors import SourceError
from harness.errors import UnreachableError
from harness.errors import UsageError
from harness.plugin.selection import Selection
from harness.plugin.selection import find_pages
from harness.plugin.selection import is_page
from harness.plugin.selection import named_by
from harness.plugin.sequence import held
from harness.plugin.sequence import put_in_order
from harness.plugin.settings import settings
from harness.plugin.state import CELL
from harness.plugin.state import State
from harness.plugin.subjects import baseline
from harness.plugin.subjects import cards
from harness.plugin.subjects import recorded
from harness.results.population import check_word
from harness.session.exchange import publish
from harness.session.plan import Cell
from harness.session.plan import describe
from harness.session.plan import programs
from harness.session.plan import shorten
from harness.session.plan import tried
from harness.session.plan import wanted
from harness.sources import Rows
from harness.sources import Table
from harness.sources.hub import Hub
from harness.sources.open import Opener
from harness.sources.open import parse_data

NO_ROWS = "no-rows"
"""The id of the case that stands for a benchmark whose rows cannot be had."""


class Collection:
    """Collects pages in this process; `tables` tells the manifest where the rows of each benchmark are from."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._error: CrosstaskError | None = None
        self._selection: Selection | None = None
        self._hub = Hub()
        self._openers: dict[Path, Opener] = {}
        self._notes: list[str] = []
        self._tables: dict[str, dict[str, Any]] = {}
        self._seen: dict[str, Path] = {}
        self._strata: list[str | None] = []
        self._later = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Settle what the command line names, before the first file is collected."""
        self._state.session = session
        options = self._state.options
        try:
            self._state.recorded = recorded(options)
            self._state.cards = cards(self._state)
            self._state.baseline = baseline(self._state)
        except CrosstaskError as error:
            self._error = error
            if not self._state.is_worker:
                raise pytest.UsageError(str(error)) from error

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        """Collect a page, unless pytest does so itself because its name was given or matches `python_files`."""
        folders = self._state.options.evals
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
        self._strata.append(benchmark.strata)
        selection = self._select(collector.session)
        if self._error or selection is None:
            return []
        names = [node.name for node in collector.listchain()[2:]] + [name]
        marks = frozenset(own) | {mark.name for mark in collector.iter_markers()}
        return None if selection.wants(collector.path, benchmark.name, names, marks) else []

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrise a page's test over its cells, models outermost."""
        benchmark = getattr(metafunc.function, "benchmark", None)
        if not isinstance(benchmark, Benchmark):
            return
        if "case" not in metafunc.fixturenames:
            self._error = UsageError(f"{metafunc.function.__name__}: takes no `case`; expected case, response, record")
            return
        self._later |= benchmark.follow_up is not None or "ask" in metafunc.fixturenames
        cells: list[Cell] = []
        if self._error is None:
            try:
                cells = list(self._cells(benchmark, Path(metafunc.module.__file__)))
            except CrosstaskError as error:
                self._error = error
        ids = [f"{cell.model}-{cell.case.id}" for cell in cells]
        metafunc.parametrize("case", cells, ids=ids, indirect=True)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Remember which cell an item stands for."""
        callspec = getattr(item, "callspec", None)
        cell = callspec.params.get("case") if callspec else None
        if isinstance(cell, Cell):
            item.stash[CELL] = cell

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Bring the cases of one model together, so that each model is loaded once; stop on what went wrong."""
        self._error = self._error or self._unmatched() or self._unknown_strata()
        if self._error is not None:
            items.clear()
            if not self._state.is_worker:
                raise pytest.UsageError(str(self._error)) from self._error
            self._state.fail(str(self._error))
        order = {name: number for number, name in enumerate(self._state.cards)}
        items.sort(key=lambda item: order[item.stash[CELL].model] if CELL in item.stash else -1)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Publish the plan: what is selected now is what will be asked."""
        if self._state.is_controller or (self._state.is_dry and self._state.config.option.collectonly):
            return
        looks = self._looks(session)
        cells = [item.stash[CELL] for item in session.items if CELL in item.stash]
        if not cells:
            return
        for cell in cells:
            self._state.order.setdefault(cell.model, []).extend(cell.prompts)
        there = [cell for cell in cells if cell.failure is None]
        asked = [] if self._state.recorded else there
        try:
            known = settings(self._state, [*self._cached(), *self._notes])
            plan = describe(cells, self._state.cards, known, self._tables, later=self._later)
            if looks is None:
                publish(self._state.folder, plan, wanted(asked), (), tried(there), self._replayed(there))
            else:
                plan |= {"looks": looks}
                publish(self._state.folder, plan, (), held(session.items), tried(there), self._replayed(there))
        except CrosstaskError as error:
            raise pytest.UsageError(str(error)) from error

    def _looks(self, session: pytest.Session) -> dict[str, Any] | None:
        """Bring the cases into the order they are looked at, where they are; an estimate is of all of them."""
        wish = self._state.options.gate
        if wish is None or not wish.sequential or self._state.is_dry or not any(CELL in i.stash for i in session.items):
            return None
        return put_in_order(session.items, self._state.options.seed)

    def _replayed(self, cells: Sequence[Cell]) -> Iterator[tuple[str, str, str]]:
        """The programs in the answers that are replayed, which are known before any test runs."""
        for cell in cells:
            answer = self._state.replayed.get((cell.benchmark.name, cell.model, cell.case.id))
            if answer is not None:
                yield from programs(cell, answer)

    def _unmatched(self) -> UsageError | None:
        """The error of an answers file that names a benchmark no page has: its lines could never be joined."""
        if self._state.recorded is None:
            return None
        pages = find_pages(self._state.options.evals, self._state.config.rootpath)
        known = {page.benchmark for page in pages} | set(self._seen)
        unknown = sorted(set(self._state.recorded.benchmarks) - known)
        if not unknown:
            return None
        return UsageError(f"--answers: found benchmark {unknown[0]!r}; expected one of {', '.join(sorted(known))}")

    def _unknown_strata(self) -> UsageError | None:
        """The error of a `--generalise-over` that is the word of no page collected, selected or not.

        The table's setting may stand where no page has strata, or none is collected: it is for those that have.
        """
        on_command_line = self._state.config.getoption("crosstask_generalise_over") is not None
        if not any(self._strata) and not on_command_line:
            return None
        try:
            check_word(self._state.options.generalise_over, self._strata)
        except UsageError as error:
            return error
        return None

    def _mark(self, test: Any, benchmark: Benchmark) -> list[str]:
        """Mark a test with the benchmark's area and name; the names of all marks it has now."""
        marks = [*getattr(test, "pytestmark", ())]
        for name in (benchmark.area, benchmark.name):
            self._state.config.addinivalue_line("markers", f"{name}: cases of the benchmark or area {name}")
            marks.append(getattr(pytest.mark, name))
        test.pytestmark = marks
        return [mark.name for mark in marks]

    def _select(self, session: pytest.Session) -> Selection | None:
        if self._selection is None and self._error is None:
            options = self._state.options
            pages = find_pages(options.evals, self._state.config.rootpath)
            chosen = named_by(pages, options.recipe, session.isinitpath)
            try:
                self._selection = Selection(self._state.config, options.recipe, pages, chosen)
            except CrosstaskError as error:
                self._error = error
        return self._selection

    def _cells(self, benchmark: Benchmark, page: Path) -> Iterator[Cell]:
        if self._seen.setdefault(benchmark.name, page) != page:
            raise UsageError(
                f"{page}: benchmark {benchmark.name!r} stands in {self._seen[benchmark.name]} too; rename one"
            )
        options = self._state.options
        options.recipe.check_headline(benchmark.name, [metric.name for metric in benchmark.metrics], benchmark.strata)
        try:
            tables = [self._open(rows, page) for rows in benchmark.tables]
            shots = options.shots_for(benchmark.name)
            examples = [self._open(rows, page) for rows in benchmark.shot_tables] if shots else []
        except (UnreachableError, RowError):
            raise
        except SourceError as error:
            for name in self._state.cards:
                yield Cell(name, benchmark, Case(NO_ROWS, (), None), str(error))
            return
        drawn = draw(benchmark, examples, shots, options.seed)
        cases, lists = self._listed(benchmark, benchmark.collect(tables, drawn), tables)
        self._notes += [note] if (note := drawn.note()) else []
        self._tables[benchmark.name] = {
            "data": [dict(table.origin) for table in tables],
            "shots": list(drawn.ids),
            "exclusions": lists,
            "cases": len(cases),
        }
        sampling = self._sampling(benchmark)
        self._join(benchmark, sampling, cases, tables)
        most = options.limit if options.limit is not None else options.limits.get(benchmark.name)
        limited = (shorten(case, options.short_answers) for case in limit(cases, most, options.seed))
        chosen = [variant for case in limited for variant in sampling.variants(case)]
        sampled, ks = self._for_samples(benchmark, sampling, chosen)
        choice = options.choice
        failures = [unable(choice.engine, choice.descriptor.abilities, case.requests) for case in chosen]
        for name in self._state.cards:
            yield from (Cell(name, sampled, case, failure, ks) for case, failure in zip(chosen, failures, strict=True))

    def _sampling(self, benchmark: Benchmark) -> Sampling:
        """How a benchmark is sampled; from a file of answers as often as that was."""
        wish = self._state.options.sampling
        if self._state.recorded is None or wish.samples is not None:
            return wish
        return replace(wish, samples=self._state.recorded.samples(benchmark.name))

    def _for_samples(
        self, benchmark: Benchmark, sampling: Sampling, cases: Sequence[Case]
    ) -> tuple[Benchmark, tuple[int, ...]]:
        """The benchmark with the metrics for its number of samples, and their k; as it is where no answer is run."""
        if self._state.recorded is None:
            check_greedy(benchmark.name, cases)
        for trial in {case.trial.extract: case.trial for case in cases if case.trial is not None}.values():
            check(trial)
        samples = samples_of(cases)
        if not samples:
            return benchmark, ()
        ks = sampling.ks_of(benchmark.name, samples)
        found = benchmark.for_samples(samples, ks)
        names = [metric.name for metric in found.metrics]
        self._state.options.recipe.check_headline(benchmark.name, names, benchmark.strata)
        self._tables[benchmark.name] |= {"samples": samples, "k": list(ks)}
        return found, ks

    def _listed(
        self, benchmark: Benchmark, cases: tuple[Case, ...], tables: list[Table]
    ) -> tuple[tuple[Case, ...], list[dict[str, Any]]]:
        """The cases, tagged where an exclusion list has them; the sample's rows are none of the benchmark's."""
        lists = read_lists(self._state.options.evals, benchmark.name)
        if not lists or any(table.origin["sample"] for table in tables):
            return cases, []
        return mark(cases, {row.id: row for table in tables for row in benchmark.joined(table)}, lists)

    def _open(self, rows: Rows, page: Path) -> Table:
        """A table, opened once; paths of a page's own files start from its folder."""
        folder = page.parent
        if folder not in self._openers:
            options = self._state.options
            self._openers[folder] = Opener(parse_data(options.data, samples=options.sample), folder, self._hub)
        return self._openers[folder].open(rows)

    def _cached(self) -> list[str]:
        """A note for every table the Hub was not there to be asked about."""
        origins = [origin for facts in self._tables.values() for origin in facts["data"] if origin.get("cached")]
        return [
            f"{origin['name']}: the Hub did not answer; rows are the copy in its cache, revision {origin['revision']}."
            for origin in origins
        ]

    def _join(self, benchmark: Benchmark, sampling: Sampling, cases: tuple[Case, ...], tables: list[Table]) -> None:
        if self._state.recorded is None:
            return
        rows = [row for table in tables for row in table.rows]
        asked = [variant for case in cases for variant in sampling.variants(case)]
        # a recipe says how models are asked, and not how a file was made
        template = self._state.config.getoption("crosstask_chat_template") != "off"
        found = self._state.recorded.join(benchmark.name, asked, rows, template=template)
        self._state.replayed |= {(benchmark.name, model, case): answer for (model, case), answer in found.items()}
