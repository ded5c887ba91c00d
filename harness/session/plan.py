"""The plan: which cases of which models are selected, and so which requests are wanted.

What pytest deselects never gets here, and equal requests of one model are asked once.
"""

import hashlib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
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
from harness.core import fingerprint
from harness.core import hashes
from harness.encoding import canonical
from harness.errors import UsageError
from harness.models import Card
from harness.models.local import slug
from harness.session.exchange import Tried

SCHEMA = "crosstask/plan/1"


@dataclass(frozen=True)
class PlannedCase:
    """One case of one benchmark for one model: what a pytest item stands for.

    `failure` says why the benchmark's rows could not be had; its case is then only a placeholder.
    `ks` are the k its samples are judged for. `digest` and `fingerprints` are hashed once, and only where the case is
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
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprints of the case's requests."""
        return self._hashes[1]

    @cached_property
    def trial(self) -> str:
        """The fingerprint of the case's trial; empty where it has none."""
        return "" if self.case.trial is None else fingerprint(self.case.trial)

    @cached_property
    def _hashes(self) -> tuple[str, tuple[str, ...]]:
        return hashes(self.case)


def rank(planned: PlannedCase) -> tuple[int, int]:
    """The place of a case among those of its model, lowest first: asking and testing take the same order.

    Log-likelihoods come first, since an engine answers many at once. Texts follow, those with the shortest answers
    first: by the tokens that all samples of a case may have. Cases of several turns come last, since their next turns
    are answered after all that is wanted before. Cases of one rank keep the order in which they were collected.
    """
    texts = [asked for asked in planned.case.requests if isinstance(asked, Generate)]
    kind = 2 if planned.benchmark.follow_up is not None else int(bool(texts))
    return kind, sum(asked.max_tokens * asked.samples for asked in texts)


def shorten(case: Case, max_tokens: int | None) -> Case:
    """The case with every answer cut to `max_tokens`; unchanged where that is None."""
    if max_tokens is None:
        return case
    requests = tuple(
        replace(asked, max_tokens=min(asked.max_tokens, max_tokens)) if isinstance(asked, Generate) else asked
        for asked in case.requests
    )
    return replace(case, requests=requests)


def wanted(planned_cases: Sequence[PlannedCase]) -> Iterator[tuple[str, str, Request]]:
    """(model, fingerprint, request) of every request the planned cases begin with, in order; equal ones may repeat."""
    for planned in planned_cases:
        for key, asked in zip(planned.fingerprints, planned.case.requests, strict=True):
            yield planned.model, key, asked


def tried(planned_cases: Sequence[PlannedCase]) -> Iterator[Tried]:
    """The trials of the planned cases, and the requests whose answers hold their programs.

    After a second turn, which no plan foresees, whoever tests the case says so.
    """
    if all(planned.case.trial is None for planned in planned_cases):
        return
    untried = {
        (planned.model, key) for planned in planned_cases if planned.case.trial is None for key in planned.fingerprints
    }
    for planned in planned_cases:
        if planned.case.trial is not None and planned.failure is None:
            key = planned.fingerprints[-1] if planned.fingerprints and planned.benchmark.follow_up is None else None
            yield Tried(planned.model, key, planned.trial, planned.case.trial, (planned.model, key) not in untried)


def programs(planned: PlannedCase, response: Response) -> Iterator[tuple[str, str, str]]:
    """(fingerprint, trial's fingerprint, code) of each program in the answer to a planned case."""
    trial = planned.case.trial
    if trial is None or not isinstance(response, Completions):
        return
    for text in dict.fromkeys(completion.text for completion in response.completions):
        code = program(trial, text)
        if code is not None:
            yield fingerprint(request(trial, code)), planned.trial, code


def folder_name(plan: Mapping[str, Any]) -> str:
    """The name of a run's folder: its models and the plan's hash; of a shard the whole's, and which part it is."""
    models = "+".join(map(slug, plan["models"]))[:80]
    shard = plan.get("shard")
    if shard is None:
        return f"{models}-{plan['hash']}"
    whole = "+".join(map(slug, shard["whole"]["models"]))[:80]
    return f"{whole}-{shard['whole']['plan']}-{shard['number']}of{shard['of']}"


def describe(
    planned_cases: Sequence[PlannedCase],
    cards: dict[str, Card],
    settings: dict[str, Any],
    tables: dict[str, Any],
    later: bool,
) -> dict[str, Any]:
    """The plan as JSON: all the owner of the run needs to know, since under xdist it has no Benchmark object.

    The order of the planned cases is that of the report, and part of the hash. `tables` maps a benchmark to {"data":
    origins, "shots": ids}. `later` says that tests may ask what no plan
    foresees: second turns, or requests of their own. "tried" are the benchmarks whose answers are run.
    """
    cases: dict[str, dict[str, dict[str, None]]] = {}
    benchmarks: dict[str, Benchmark] = {}
    failures: dict[str, str] = {}
    for planned in planned_cases:
        ids = cases.setdefault(planned.model, {}).setdefault(planned.benchmark.name, {})
        if planned.case.id in ids:
            problem = f"case {planned.case.id!r} of {planned.benchmark.name} is selected twice for {planned.model}"
            raise UsageError(f"selection: {problem}; expected each once, or its score would count it twice")
        ids[planned.case.id] = None
        benchmarks[planned.benchmark.name] = planned.benchmark
        if planned.failure:
            failures[planned.benchmark.name] = planned.failure
    return {
        "schema": SCHEMA,
        "hash": _hash(planned_cases, cards, settings),
        "models": {name: cards[name].facts for name in cases},
        "settings": settings,
        "benchmarks": {name: _facts(benchmark) | tables.get(name, {}) for name, benchmark in benchmarks.items()},
        "failures": failures,
        "later": later,
        "tried": list(
            dict.fromkeys(planned.benchmark.name for planned in planned_cases if planned.case.trial is not None)
        ),
        "planned": {model: {name: list(ids) for name, ids in names.items()} for model, names in cases.items()},
    }


def _hash(planned_cases: Sequence[PlannedCase], cards: dict[str, Card], settings: dict[str, Any]) -> str:
    """12 hex digits over all that is asked, of whom and how: the same command gives the same digits."""
    digest = hashlib.sha256(canonical(settings))
    for name in sorted({planned.model for planned in planned_cases}):
        # a cutoff changes no answer, and cards had none before
        digest.update(canonical({key: value for key, value in cards[name].facts.items() if key != "cutoff"}))
    for benchmark in {planned.benchmark.name: planned.benchmark for planned in planned_cases}.values():
        digest.update(canonical(_facts(benchmark)["metrics"]))
    for planned in planned_cases:
        digest.update(
            f"{planned.model}\0{planned.benchmark.name}\0{planned.benchmark.version}\0{planned.case.id}\0".encode(
                "utf-8", "surrogatepass"
            )
        )
        digest.update(planned.digest.encode())
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
