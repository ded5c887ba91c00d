"""Docs as cases: a page's own, where one asks this task and reads its docs; else under the task's name.

A doc is the row that a page would have read. The page makes a case of it, and what it asks is compared with what was
sent, so nothing is taken to be the same that is not. Which row of a table it is, is known by the row's key or by its
number; with rows at hand (`--data`) by its content, and then a page that shows the first rows as
examples can show them here too.
"""

from collections import deque
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

from harness.benchmark import Benchmark
from harness.cases.shots import Drawn
from harness.cases.shots import draw
from harness.core import Case
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Response
from harness.errors import CrosstaskError
from harness.errors import RowError
from harness.importers.foreign import Entry
from harness.importers.lm_eval.docs import Doc
from harness.prompts import flat
from harness.sources import Row
from harness.sources import Rows
from harness.sources.open import Opener


@dataclass(frozen=True, slots=True)
class Task:
    """One task of one model: its docs, and what its results file says of it, empty where there is none."""

    name: str
    docs: Mapping[int, Doc]
    config: Entry
    scores: Entry
    shots: int | None
    version: str | None
    seed: Any
    higher_is_better: Mapping[str, bool]

    @property
    def split(self) -> str | None:
        """The split its docs are of."""
        split = self.config.get("test_split") or self.config.get("validation_split")
        return split if isinstance(split, str) else None

    @property
    def dataset(self) -> str | None:
        """The name its dataset's configuration has on the Hub."""
        name = self.config.get("dataset_name")
        return name if isinstance(name, str) else None


@dataclass(frozen=True, slots=True)
class Asked:
    """A case with the docs it is of; the response is None where no whole answer is known.

    `same` says whether it asks what the page would have asked, `placed` whether its id is that of the page's row.
    """

    case: Case
    docs: tuple[Doc, ...]
    response: Response | None
    same: bool = False
    placed: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """The cases of one benchmark, from one task or several; `page` is None where no page asks it.

    `origins` are those of the page's tables where every case was found in them; `examples` are the ids of the solved
    examples, None where they are not known.
    """

    name: str
    tasks: tuple[Task, ...]
    cases: tuple[Asked, ...]
    page: Benchmark | None = None
    notes: tuple[str, ...] = ()
    origins: tuple[Mapping[str, Any], ...] = ()
    examples: tuple[str, ...] | None = None


def parts(tasks: Sequence[Task], pages: Mapping[str, Benchmark], opener: Opener | None) -> tuple[Part, ...]:
    """The tasks as benchmarks, in order; tasks that one page asks together are one."""
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        page = page_of(task, pages)
        groups.setdefault(page.name if page else f"task {task.name}", []).append(task)
    made: list[Part] = []
    for name, group in groups.items():
        made += _read_by(pages[name], group, opener) if name in pages else [_own(task) for task in group]
    return tuple(made)


def page_of(task: Task, pages: Mapping[str, Benchmark]) -> Benchmark | None:
    """The page that says it asks this task, or the group of tasks that this one is the part of."""
    for page in pages.values():
        if task.name in (page.lm_eval_task or "").split(","):
            return page
    for page in pages.values():
        group = f"{page.lm_eval_task}_"
        if page.strata and page.lm_eval_task and task.name.startswith(group):
            part = task.name.removeprefix(group)
            tables = [rows.config for rows in page.tables]
            if part in tables or task.dataset in tables or len(tables) == 1:
                return page
    return None


def _read_by(page: Benchmark, tasks: Sequence[Task], opener: Opener | None) -> list[Part]:
    """One benchmark by its page; the tasks' own where the page does not read their docs."""
    reader = _Reader(page, opener)
    try:
        cases = tuple(reader.cases(tasks))
    except RowError as error:
        return [
            replace(_own(task), notes=(f"{task.name}: not read by the page {page.name}: {error}",)) for task in tasks
        ]
    ids = [asked.case.id for asked in cases]
    if twice := next((name for name in ids if ids.count(name) > 1), None) if len(set(ids)) < len(ids) else None:
        where = [asked.docs[0].where for asked in cases if asked.case.id == twice]
        return [
            replace(_own(task), notes=(f"{task.name}: docs at {' and '.join(where[:2])} are both {twice}",))
            for task in tasks
        ]
    looked_up = opener is not None
    notes = (*reader.notes, *_differing(page, cases, looked_up=looked_up))
    origins = tuple(reader.origins) if all(asked.placed for asked in cases) else ()
    examples = reader.examples(tasks) if all(asked.same for asked in cases) else None
    return [Part(page.name, tuple(tasks), cases, page, notes, origins, examples)]


def _own(task: Task) -> Part:
    """A task no page asks: its docs by number, as they were sent."""
    prefix = task.dataset or "default"
    cases = []
    for number, doc in task.docs.items():
        requests = () if doc.request is None else (doc.request,)
        cases.append(Asked(Case(f"{prefix}-{number}", requests, doc.target), (doc,), doc.response))
    return Part(task.name, (task,), tuple(cases))


def _differing(page: Benchmark, cases: Sequence[Asked], *, looked_up: bool) -> Iterator[str]:
    """Notes on cases that do not align with those of a run of ours."""
    if other := sum(not asked.same for asked in cases):
        yield f"{page.name}: {other} of {len(cases)} cases were asked with another prompt than the page's"
    if lost := sum(not asked.placed for asked in cases):
        why = "is in none of the rows of --data" if looked_up else "is not said; with --data it is looked up"
        yield f"{page.name}: which row a case is of {why}: {lost} of {len(cases)} cases"


@dataclass(slots=True)
class _Reader:
    """A page and its rows, where they are at hand: by the digest of the case they make without examples."""

    page: Benchmark
    opener: Opener | None
    notes: list[str] = field(default_factory=list)
    origins: list[Mapping[str, Any]] = field(default_factory=list)
    _known: dict[str, deque[Row]] = field(default_factory=dict)
    _shots: dict[int, Drawn | None] = field(default_factory=dict)

    def cases(self, tasks: Sequence[Task]) -> Iterator[Asked]:
        """The tasks' docs as cases; raises RowError where the page does not read one."""
        self._look_up()
        grouped: dict[tuple[str, int], tuple[Task, Row, list[Doc]]] = {}
        for task in tasks:
            for key, row, docs in self._rows(task):
                grouped.setdefault(key, (task, row, []))[2].extend(docs)
        for task, row, docs in grouped.values():
            yield self._asked(task, row, tuple(docs))

    def examples(self, tasks: Sequence[Task]) -> tuple[str, ...] | None:
        """The ids of the examples that all tasks were shown; None where they are not known."""
        numbers = {task.shots for task in tasks}
        if numbers == {0}:
            return ()
        drawn = self._shots.get(number) if len(numbers) == 1 and (number := numbers.pop()) is not None else None
        return drawn.ids if drawn else None

    def _look_up(self) -> None:
        if self.opener is None:
            return
        try:
            tables = [self.opener.open(rows) for rows in self.page.tables]
        except CrosstaskError as error:
            self.notes.append(f"{self.page.name}: rows were not looked up: {error}")
            return
        for table in tables:
            self.origins.append(table.origin)
            for row in self.page.joined(table):
                self._known.setdefault(self.page.to_case(row, ()).digest, deque()).append(row)

    def _rows(self, task: Task) -> Iterator[tuple[tuple[str, int], Row, list[Doc]]]:
        """The rows of a task's docs, joined as the page joins them, and the key that docs of one case share."""
        table = self._table(task)
        rows = {number: self._row(task, table, doc) for number, doc in task.docs.items()}
        if self.page.join is not None:
            joined: dict[str, list[int]] = {}
            for number, row in rows.items():
                joined.setdefault(self.page.join(row), []).append(number)
            for key, numbers in joined.items():
                whole = rows[numbers[0]].joined(key, [rows[number] for number in numbers])
                yield (key, 0), whole, [task.docs[number] for number in numbers]
            return
        several = "," in (self.page.lm_eval_task or "")
        seen: dict[str, int] = {}
        for number, row in rows.items():
            key = self.page.to_case(row, ()).digest if several else task.name
            seen[key] = seen.get(key, -1) + 1
            yield (key, seen[key] if several else number), row, [task.docs[number]]

    def _table(self, task: Task) -> Rows | None:
        """The page's table that the task's docs are the whole of, in its order; None where that is not known."""
        tables = self.page.tables
        part = task.name.removeprefix(f"{self.page.lm_eval_task}_")
        table = next((rows for rows in tables if rows.config in (part, task.dataset)), None)
        if len(tables) == 1 and task.name in (self.page.lm_eval_task or "").split(","):
            table = tables[0]
        return table if table is None or task.split in (None, table.split) else None

    def _row(self, task: Task, table: Rows | None, doc: Doc) -> Row:
        if not isinstance(doc.row, dict):
            raise RowError(f"{doc.where}: the doc is no object; expected a row")
        where, number = f"{doc.where}:", doc.number
        if table is None:
            return Row(doc.row, where, number, f"{task.name}-{number}")
        key = doc.row.get(table.key) if table.key else None
        known = isinstance(key, str | int) and not isinstance(key, bool) and str(key).strip()
        return Row(doc.row, where, number, str(key) if known else f"{table.config}-{number}", table.config)

    def _asked(self, task: Task, row: Row, docs: tuple[Doc, ...]) -> Asked:
        bare = self.page.to_case(row, ())
        if len(self.page.tables) == 1 and self._is_other_stratum(task, bare):
            raise RowError(f"{docs[0].where}: a doc of {bare.stratum}; expected one of the part that the task names")
        placed = self._table(task) is not None
        if self._known:
            rows = self._known.get(bare.digest)
            placed = bool(rows)
            row = rows.popleft() if rows else row.joined(f"{task.name}-{docs[0].number}", row.parts)
        drawn = self._drawn(task.shots or 0)
        whole = self.page.to_case(row, drawn(row) if drawn else ())
        case, response, same = _sent(whole, docs, several="," in (self.page.lm_eval_task or ""))
        return Asked(case, docs, response, same, placed)

    def _is_other_stratum(self, task: Task, case: Case) -> bool:
        """Whether a part of a group of tasks holds a doc that is not of the stratum it is named after."""
        part = task.name.removeprefix(f"{self.page.lm_eval_task}_")
        return part not in (task.name, case.stratum)

    def _drawn(self, shots: int) -> Drawn | None:
        """The examples of a page that takes the first rows; None where there are none or they are not at hand."""
        if shots and self.page.sampler == "first_n" and self.opener is not None and shots not in self._shots:
            try:
                tables = [self.opener.open(rows) for rows in self.page.shot_tables]
                self._shots[shots] = draw(self.page, tables, shots, 0)
            except CrosstaskError as error:
                self.notes.append(f"{self.page.name}: examples were not looked up: {error}")
                self._shots[shots] = None
        return self._shots.get(shots)


def _sent(page: Case, docs: Sequence[Doc], *, several: bool) -> tuple[Case, Response | None, bool]:
    """The case as it was sent, its answer, and whether that is what the page asks."""
    requests = [doc.request for doc in docs]
    mine = page.requests[0] if len(page.requests) == 1 else None
    pairs = tuple(pair for request in requests if isinstance(request, LogLikelihood) for pair in request.pairs)
    if pairs and all(isinstance(request, LogLikelihood) for request in requests):
        answers = _answers(docs)
        if isinstance(mine, LogLikelihood) and all(pair in answers for pair in mine.pairs):
            return page, _ordered(mine.pairs, answers), True
        if isinstance(mine, LogLikelihood) and several and set(pairs) <= set(mine.pairs):
            return page, None, True
        whole = all(pair in answers for pair in pairs)
        return replace(page, requests=(LogLikelihood(pairs),)), _ordered(pairs, answers) if whole else None, False
    if len(docs) > 1 or requests[0] is None:
        return replace(page, requests=()), None, False
    sent = requests[0]
    if isinstance(mine, Generate) and isinstance(sent, Generate) and replace(mine, prompt=flat(mine.prompt)) == sent:
        return page, docs[0].response, True
    return (
        (page, docs[0].response, True) if sent == mine else (replace(page, requests=(sent,)), docs[0].response, False)
    )


def _answers(docs: Sequence[Doc]) -> dict[tuple[str, str], tuple[float, bool]]:
    answers: dict[tuple[str, str], tuple[float, bool]] = {}
    for doc in docs:
        if isinstance(doc.request, LogLikelihood) and isinstance(doc.response, LogLikelihoods):
            answers.update(
                zip(doc.request.pairs, zip(doc.response.values, doc.response.greedy, strict=True), strict=True)
            )
    return answers


def _ordered(pairs: Sequence[tuple[str, str]], answers: Mapping[tuple[str, str], tuple[float, bool]]) -> LogLikelihoods:
    values, greedy = zip(*(answers[pair] for pair in pairs), strict=True)
    return LogLikelihoods(values, (0,) * len(pairs), greedy)
