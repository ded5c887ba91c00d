"""Collection: pages become pytest items, the selected items become the plan.

A page's file is collected like any test module; its test function is parametrised over models
and cases. Rows are opened only where the selection can still want them.
"""

from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from harness.benchmark import Benchmark
from harness.compare.load import read as read_systems
from harness.compare.system import System
from harness.core import Case
from harness.core import Response
from harness.engines.replay import Replay
from harness.errors import CrosstaskError
from harness.errors import RowError
from harness.errors import SourceError
from harness.errors import UnreachableError
from harness.errors import UsageError
from harness.exclusions import mark
from harness.exclusions import read_lists
from harness.gate.looks import Schedule
from harness.gate.looks import to_json
from harness.gate.verdicts import digest
from harness.limits import limit
from harness.models import Card
from harness.models.cards import DEFAULT
from harness.models.cards import resolve
from harness.models.cards import scripted_card
from harness.models.hashes import sha256_of
from harness.plan import Cell
from harness.plan import describe
from harness.plan import shorten
from harness.plan import wanted
from harness.plugin.options import Options
from harness.plugin.selection import Selection
from harness.plugin.selection import find_pages
from harness.plugin.selection import is_page
from harness.plugin.sequence import held
from harness.plugin.sequence import put_in_order
from harness.plugin.state import CELL
from harness.plugin.state import State
from harness.report.breakdown import check_word
from harness.shots import draw
from harness.sources import Rows
from harness.sources import Table
from harness.sources.hub import Hub
from harness.sources.open import Opener
from harness.sources.open import parse_data
from harness.store.exchange import publish

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
        self._replay: Replay | None = None
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
            self._replay = _read_replay(options)
            self._state.cards = _cards(self._state, self._replay)
            self._state.baseline = _baseline(self._state)
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
        there = [] if self._replay else [cell for cell in cells if cell.failure is None]
        try:
            plan = describe(
                cells, self._state.cards, _settings(self._state, self._cached()), self._tables, later=self._later
            )
            if looks is None:
                publish(self._state.folder, plan, wanted(there))
            else:
                publish(self._state.folder, plan | {"looks": to_json(looks)}, (), held(session.items))
        except CrosstaskError as error:
            raise pytest.UsageError(str(error)) from error

    def _looks(self, session: pytest.Session) -> Schedule | None:
        """Bring the cases into the order they are looked at, where they are; an estimate is of all of them."""
        wish = self._state.options.gate
        if wish is None or not wish.sequential or self._state.is_dry or not any(CELL in i.stash for i in session.items):
            return None
        return put_in_order(session.items, self._state.options.seed)

    def _unmatched(self) -> UsageError | None:
        """The error of an answers file that names a benchmark no page has: its lines could never be joined."""
        if self._replay is None:
            return None
        pages = find_pages(self._state.options.evals, self._state.config.rootpath)
        known = {page.benchmark for page in pages} | set(self._seen)
        unknown = sorted(set(self._replay.benchmarks) - known)
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
            chosen = frozenset(page.path for page in pages if session.isinitpath(page.path))
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
        self._tables[benchmark.name] = {
            "data": [dict(table.origin) for table in tables],
            "shots": list(drawn.ids),
            "exclusions": lists,
            "cases": len(cases),
        }
        self._join(benchmark, cases, tables)
        most = options.limit if options.limit is not None else options.limits.get(benchmark.name)
        chosen = [shorten(case, options.short_answers) for case in limit(cases, most, options.seed)]
        for name in self._state.cards:
            yield from (Cell(name, benchmark, case) for case in chosen)

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
            self._openers[folder] = Opener(parse_data(options.data, samples=options.samples), folder, self._hub)
        return self._openers[folder].open(rows)

    def _cached(self) -> list[str]:
        """A note for every table the Hub was not there to be asked about."""
        origins = [origin for facts in self._tables.values() for origin in facts["data"] if origin.get("cached")]
        return [
            f"{origin['name']}: the Hub did not answer; rows are the copy in its cache, revision {origin['revision']}."
            for origin in origins
        ]

    def _join(self, benchmark: Benchmark, cases: tuple[Case, ...], tables: list[Table]) -> None:
        if self._replay is None:
            return
        rows = [row for table in tables for row in table.rows]
        joined: Any = self._replay.join(benchmark.name, cases, rows)
        found: dict[tuple[str, str], Response] = dict(joined)
        self._state.replayed |= {(benchmark.name, model, case): answer for (model, case), answer in found.items()}


def _read_replay(options: Options) -> Replay | None:
    if options.engine != "replay":
        return None
    if options.answers is None:
        raise UsageError("--engine replay: found no --answers; expected a file of answers generated elsewhere")
    return Replay.read(options.answers, options.answers_map)


def _cards(state: State, replay: Replay | None) -> dict[str, Card]:
    """The models of the session by name, in the order given."""
    names = state.options.models
    if replay is not None:
        unknown = sorted(set(names) - set(replay.models))
        if unknown:
            raise UsageError(f"--model: found {unknown[0]!r}; the answers file has {', '.join(replay.models)}")
        return {name: Card(name) for name in names or replay.models}
    make = scripted_card if state.options.engine == "scripted" else resolve
    cards: dict[str, Card] = {}
    for name in names or (DEFAULT,):
        card = make(name)
        if card.name in cards:
            raise UsageError(f"--model: found {card.name!r} twice; expected models with different names")
        cards[card.name] = card
    return cards


def _baseline(state: State) -> tuple[System, ...]:
    """What the gate compares with; none where there is no gate."""
    wish = state.options.gate
    if wish is None:
        return ()
    if wish.sequential and len(state.cards) > 1:
        raise UsageError(f"--sequential: found {len(state.cards)} models; expected one, as looks are taken of one")
    found = read_systems(wish.baseline)
    pages = find_pages(state.options.evals, state.config.rootpath)
    wish.margins.check({page.benchmark for page in pages} | {name for system in found for name in system.cases})
    return found


def _sequential(state: State) -> dict[str, Any]:
    """What decides how many cases are asked, where the gate may stop early."""
    wish = state.options.gate
    if wish is None or not wish.sequential:
        return {}
    return {"sequential": {"margins": wish.margins.written(), "baseline": digest(state.baseline)}}


def _settings(state: State, cached: list[str]) -> dict[str, Any]:
    """What the user chose that can change a number: part of the plan's hash and of the manifest."""
    options = state.options
    recipe = options.recipe
    return {
        "recipe": {
            "name": recipe.name,
            "description": recipe.description,
            "source": recipe.source,
            "metrics": recipe.metrics,
        },
        "engine": options.engine,
        "answers": None if options.answers is None else options.answers.name,
        "answers_sha256": _hashes(options.answers, options.answers_map),
        "device": options.device,
        "dtype": options.dtype,
        "data": options.data,
        "limit": options.limit,
        "limits": options.limits,
        "shots": options.shots,
        "chat_template": options.chat_template,
        "seed": options.seed,
        "truncate": options.truncate,
        "think_tokens": options.think_tokens,
        "short_answers": options.short_answers,
        "allow_pickle": options.allow_pickle,
        "trust_remote_code": options.trust_remote_code,
        **_sequential(state),
        "notes": [*notes(state), *cached],
    }


def _hashes(*paths: Path | None) -> list[str]:
    return [sha256_of(path) for path in paths if path is not None and path.is_file()]


def notes(state: State) -> Iterator[str]:
    """What a reader of any number of this run must know."""
    options = state.options
    if options.data == "sample":
        yield "Rows are the bundled sample, written for this suite: the scores say nothing about the benchmarks."
    if options.engine == "scripted":
        yield "Answers are scripted: no model was asked."
    yield from options.overridden()
    if options.limit is not None:
        yield f"At most {options.limit} cases a benchmark; --limit all lifts it."
    if options.limits:
        yield f"The recipe limits {', '.join(f'{name} to {most}' for name, most in options.limits.items())} cases."
    if options.few_shots is not None:
        yield f"At most {options.few_shots} solved examples, fewer than the recipe's; --shots K asks for more."
    if options.short_answers is not None:
        yield f"Answers are cut to {options.short_answers} tokens; --limit all lifts it."
    if options.gate is not None and options.gate.sequential:
        yield "Cases were asked until the gate had decided (--sequential): scores of fewer cases lean its way."
    if options.allow_pickle:
        yield "Pickled weights were allowed (--allow-pickle)."
    if options.trust_remote_code:
        yield "Code from the model's repository was allowed (--trust-remote-code)."
