"""The plan: which cases of which models are selected, and so which requests are wanted.

What pytest deselects never gets here, and equal requests of one model are asked once.
"""

import hashlib
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
from functools import cached_property
from typing import Any

from harness.benchmark import Benchmark
from harness.code_tasks.rules import program
from harness.code_tasks.rules import request
from harness.core import Case
from harness.core import Completions
from harness.core import Generate
from harness.core import Request
from harness.core import Response
from harness.core import canonical
from harness.core import fingerprint
from harness.core import hashes
from harness.errors import UsageError
from harness.models import Card
from harness.session.exchange import Tried

SCHEMA = "crosstask/plan/1"


@dataclass(frozen=True)
class Cell:
    """One case of one benchmark for one model: what a pytest item stands for.

    `failure` says why the benchmark's rows could not be had; its case is then only a placeholder.
    `ks` are the k its samples are judged for. `digest` and `prompts` are hashed once, and only where the case is
    selected.
    """

    model: str
    benchmark: Benchmark
    case: Case
    failure: str | None = None
    ks: tuple[int, ...] = ()

    @property
    def digest(self) -> str:
        """The case's digest."""
        return self._hashes[0]

    @property
    def prompts(self) -> tuple[str, ...]:
        """The fingerprints of the case's requests."""
        return self._hashes[1]

    @cached_property
    def trial(self) -> str:
        """The fingerprint of the case's trial; empty where it has none."""
        return "" if self.case.trial is None else fingerprint(self.case.trial)

    @cached_property
    def _hashes(self) -> tuple[str, tuple[str, ...]]:
        return hashes(self.case)


def shorten(case: Case, max_tokens: int | None) -> Case:
    """The case with every answer cut to `max_tokens`; unchanged where that is None."""
    if max_tokens is None:
        return case
    requests = tuple(
        replace(one, max_tokens=min(one.max_tokens, max_tokens)) if isinstance(one, Generate) else one
        for one in case.requests
    )
    return replace(case, requests=requests)


def wanted(cells: Sequence[Cell]) -> Iterator[tuple[str, str, Request]]:
    """(model, fingerprint, request) of every request the cells begin with, in order; equal ones may repeat."""
    for cell in cells:
        for prompt, asked in zip(cell.prompts, cell.case.requests, strict=True):
            yield cell.model, prompt, asked


def tried(cells: Sequence[Cell]) -> Iterator[Tried]:
    """The trials of the cells, and the requests whose answers hold their programs.

    After a second turn, which no plan foresees, whoever tests the case says so.
    """
    if all(cell.case.trial is None for cell in cells):
        return
    untried = {(cell.model, prompt) for cell in cells if cell.case.trial is None for prompt in cell.prompts}
    for cell in cells:
        if cell.case.trial is not None and cell.failure is None:
            prompt = cell.prompts[-1] if cell.prompts and cell.benchmark.follow_up is None else None
            yield Tried(cell.model, prompt, cell.trial, cell.case.trial, (cell.model, prompt) not in untried)


def programs(cell: Cell, response: Response) -> Iterator[tuple[str, str, str]]:
    """(fingerprint, trial's fingerprint, code) of each program in the answer to a cell's case."""
    trial = cell.case.trial
    if trial is None or not isinstance(response, Completions):
        return
    for text in dict.fromkeys(one.text for one in response.completions):
        code = program(trial, text)
        if code is not None:
            yield fingerprint(request(trial, code)), cell.trial, code


def describe(
    cells: Sequence[Cell],
    cards: dict[str, Card],
    settings: dict[str, Any],
    tables: dict[str, Any],
    later: bool,
) -> dict[str, Any]:
    """The plan as JSON: all the owner of the run needs to know, since under xdist it has no Benchmark object.

    `tables` maps a benchmark to {"data": origins, "shots": ids}. `later` says that tests may ask what no plan
    foresees: second turns, or requests of their own. "tried" are the benchmarks whose answers are run.
    """
    planned: dict[str, dict[str, dict[str, None]]] = {}
    benchmarks: dict[str, Benchmark] = {}
    failures: dict[str, str] = {}
    for cell in cells:
        ids = planned.setdefault(cell.model, {}).setdefault(cell.benchmark.name, {})
        if cell.case.id in ids:
            found = f"case {cell.case.id!r} of {cell.benchmark.name} is selected twice for {cell.model}"
            raise UsageError(f"selection: {found}; expected each once, or its score would count it twice")
        ids[cell.case.id] = None
        benchmarks[cell.benchmark.name] = cell.benchmark
        if cell.failure:
            failures[cell.benchmark.name] = cell.failure
    return {
        "schema": SCHEMA,
        "hash": _hash(cells, cards, settings),
        "models": {name: asdict(cards[name]) for name in planned},
        "settings": settings,
        "benchmarks": {name: _facts(found) | tables.get(name, {}) for name, found in benchmarks.items()},
        "failures": failures,
        "later": later,
        "tried": list(dict.fromkeys(cell.benchmark.name for cell in cells if cell.case.trial is not None)),
        "planned": {model: {name: list(ids) for name, ids in names.items()} for model, names in planned.items()},
    }


def _hash(cells: Sequence[Cell], cards: dict[str, Card], settings: dict[str, Any]) -> str:
    """12 hex digits over all that is asked, of whom and how: the same command gives the same digits."""
    digest = hashlib.sha256(canonical(settings))
    for name in sorted({cell.model for cell in cells}):
        digest.update(canonical(asdict(cards[name])))
    for benchmark in {cell.benchmark.name: cell.benchmark for cell in cells}.values():
        digest.update(canonical(_facts(benchmark)["metrics"]))
    for cell in cells:
        digest.update(
            f"{cell.model}\0{cell.benchmark.name}\0{cell.benchmark.version}\0{cell.case.id}\0".encode(
                "utf-8", "surrogatepass"
            )
        )
        digest.update(cell.digest.encode())
    return digest.hexdigest()[:12]


def _facts(benchmark: Benchmark) -> dict[str, Any]:
    return {
        "version": benchmark.version,
        "area": benchmark.area,
        "paper": benchmark.paper,
        "protocol": benchmark.protocol,
        "lm_eval_task": benchmark.lm_eval_task,
        "strata": benchmark.strata,
        "verified": benchmark.verified,
        "metrics": [
            {
                "name": metric.name,
                "reducer": metric.reducer,
                "signature": metric.signature,
                "higher_is_better": metric.higher_is_better,
            }
            for metric in benchmark.metrics
        ],
    }
