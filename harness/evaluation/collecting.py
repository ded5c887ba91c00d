"""Collecting: the rows of a page become cases, the cases planned cases, and those selected the plan."""

import difflib
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.benchmark import Benchmark
from harness.cases.dates import within
from harness.cases.exclusions import mark
from harness.cases.exclusions import read_lists
from harness.cases.pages import find_pages
from harness.cases.sampling import Sampling
from harness.cases.sampling import check_greedy
from harness.cases.sampling import samples_of
from harness.cases.shots import draw
from harness.cases.subsample import limit
from harness.code_tasks.rules import check
from harness.core import Case
from harness.core import Response
from harness.engines.descriptor import unable
from harness.errors import RowError
from harness.errors import SourceError
from harness.errors import UnreachableError
from harness.errors import UsageError
from harness.evaluation.options import Options
from harness.evaluation.runnable import runnable
from harness.evaluation.settings import settings
from harness.evaluation.subjects import Subjects
from harness.results.population import check_word
from harness.session.exchange import Held
from harness.session.exchange import publish
from harness.session.plan import PlannedCase
from harness.session.plan import describe
from harness.session.plan import programs
from harness.session.plan import shorten
from harness.session.plan import tried
from harness.session.plan import wanted
from harness.session.sharding import in_shard
from harness.session.sharding import sharded
from harness.sources import Rows
from harness.sources import Table
from harness.sources.hub import Hub
from harness.sources.open import Opener
from harness.sources.open import parse_data

NO_ROWS = "no-rows"
"""The id of the case that stands for a benchmark whose rows cannot be had."""


class Collector:
    """Makes the planned cases of pages and their plan; rows are opened only for the pages it is given.

    `named` says whether the user named pages: cases of these that cannot be run are planned all the same. `replayed`
    are recorded answers that were joined to cases, by (benchmark, model, case).
    """

    def __init__(self, options: Options, subjects: Subjects, root: Path, *, named: bool = False) -> None:
        self._options = options
        self._subjects = subjects
        self._root = root
        self._leaves_out = options.recipe.lenient and not named
        self._hub = Hub()
        self._openers: dict[Path, Opener] = {}
        self._notes: list[str] = []
        self._tables: dict[str, dict[str, Any]] = {}
        self._seen: dict[str, Path] = {}
        self._strata: list[str | None] = []
        self._places: dict[tuple[str, str, str], int] = {}
        self._later = False
        self.replayed: dict[tuple[str, str, str], Response] = {}

    def see(self, benchmark: Benchmark) -> None:
        """Note that there is a page of this benchmark, selected or not."""
        self._strata.append(benchmark.strata)

    def foresee_more(self) -> None:
        """Note that a test may ask what no plan foresees: a request of its own."""
        self._later = True

    def planned_cases(
        self, benchmark: Benchmark, page: Path, named: frozenset[str] = frozenset()
    ) -> Iterator[PlannedCase]:
        """The planned cases of a page, models outermost; raises UsageError or RowError where page and rows do not fit.

        Where rows cannot be had, one planned case a model says why. Cases that are `named`, as `<model>-<case id>`, are
        planned whatever the limit; UsageError where there is none of that name.
        """
        self._check_alone(benchmark, page)
        self._later |= benchmark.follow_up is not None
        options = self._options
        options.recipe.check_headline(benchmark.name, [metric.name for metric in benchmark.metrics], benchmark.strata)
        try:
            tables = [self._open(rows, page) for rows in benchmark.tables]
            shots = options.shots_for(benchmark.name)
            examples = [self._open(rows, page) for rows in benchmark.shot_tables] if shots else []
        except (UnreachableError, RowError):
            raise
        except SourceError as error:
            for name in self._subjects.cards:
                yield PlannedCase(name, benchmark, Case(NO_ROWS, (), None), str(error))
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
        cases, note = within(benchmark.name, cases, options.period)
        self._notes += [note] if note else []
        chosen = self._runnable(benchmark, self._limited(page, benchmark, named, cases, sampling))
        sampled, ks = self._for_samples(benchmark, sampling, chosen)
        choice = options.choice
        failures = [unable(choice.engine, choice.descriptor.abilities, case.requests) for case in chosen]
        for name in self._subjects.cards:
            for case, failure in zip(chosen, failures, strict=True):
                self._places[name, benchmark.name, case.id] = len(self._places)
                yield PlannedCase(name, sampled, case, failure, ks)

    def _check_alone(self, benchmark: Benchmark, page: Path) -> None:
        if self._seen.setdefault(benchmark.name, page) != page:
            raise UsageError(
                f"{page}: benchmark {benchmark.name!r} stands in {self._seen[benchmark.name]} too; rename one"
            )

    def _limited(
        self, page: Path, benchmark: Benchmark, named: frozenset[str], cases: Sequence[Case], sampling: Sampling
    ) -> list[Case]:
        """All variants of the limited cases, and those that are named; raises UsageError where no case has a name."""
        options = self._options
        most = options.limit if options.limit is not None else options.limits.get(benchmark.name)
        limited = limit(cases, most, options.seed)
        if not named:
            kept = [variant for case in limited for variant in sampling.variants(case)]
            return [shorten(variant, options.short_answers) for variant in kept]
        within = {case.id for case in limited}
        variants = [(case.id in within, variant) for case in cases for variant in sampling.variants(case)]
        known = {f"{model}-{variant.id}": variant.id for model in self._subjects.cards for _, variant in variants}
        for name in sorted(named - known.keys()):
            near = difflib.get_close_matches(name, known, n=3, cutoff=0)
            expected = ", ".join(f"[{each}]" for each in near) or "a case of its rows"
            raise UsageError(f"{page}: found no case [{name}]; expected one as {expected}")
        wanted = {known[name] for name in named}
        kept = [variant for is_within, variant in variants if is_within or variant.id in wanted]
        return [shorten(variant, options.short_answers) for variant in kept]

    def _runnable(self, benchmark: Benchmark, cases: list[Case]) -> list[Case]:
        """The cases that this machine can run, where the recipe leaves out the others; those are noted."""
        if not self._leaves_out:
            return cases
        there, note = runnable(benchmark.name, cases, unsandboxed=self._options.unsandboxed)
        self._notes += [note] if note else []
        return there

    def error(self) -> UsageError | None:
        """What is wrong with all that was collected, if anything is."""
        return self._unmatched() or self._unknown_strata()

    def publish(
        self,
        folder: Path,
        planned_cases: Sequence[PlannedCase],
        looks: dict[str, Any] | None = None,
        held: Iterable[Held] = (),
        whole: Sequence[PlannedCase] = (),
    ) -> None:
        """Put the plan of the selected planned cases into the session's folder, with all that they begin with.

        Under `--shard` they are the shard's, and `whole` are those of all shards.
        With `looks` their requests are held back, to be let through look by look. They are wanted in the order given;
        the plan has them in the order of collection, so that its hash does not depend on how items were reordered.
        """
        there = [planned for planned in planned_cases if planned.failure is None]
        known = settings(self._options, self._subjects, [*self._cached(), *self._notes])
        ordered = self._as_collected(planned_cases) if looks is None else planned_cases
        plan = self._described(ordered, whole, known)
        if looks is None:
            publish(folder, plan, wanted(there), (), tried(there), self._programs(there))
        else:
            publish(folder, plan | {"looks": looks}, (), held, tried(there), self._programs(there))

    def mine(self, planned_cases: Sequence[PlannedCase]) -> list[bool]:
        """Of each selected planned case whether it is in the shard; without `--shard` all are."""
        return in_shard(planned_cases, self._options.shard)

    def _described(
        self, planned_cases: Sequence[PlannedCase], whole: Sequence[PlannedCase], known: dict[str, Any]
    ) -> dict[str, Any]:
        cards, shard = dict(self._subjects.cards), self._options.shard
        if shard is None:
            return describe(planned_cases, cards, known, self._tables, later=self._later)
        of_all = describe(self._as_collected(whole), cards, known, self._tables, later=self._later)
        plan = describe(planned_cases, cards, {**known, "shard": str(shard)}, self._tables, later=self._later)
        return sharded(plan, of_all, shard)

    def _as_collected(self, planned_cases: Sequence[PlannedCase]) -> list[PlannedCase]:
        models = list(self._subjects.cards)

        def place(planned: PlannedCase) -> tuple[int, int]:
            key = planned.model, planned.benchmark.name, planned.case.id
            return models.index(planned.model), self._places.get(key, -1)

        return sorted(planned_cases, key=place)

    def _programs(self, planned_cases: Sequence[PlannedCase]) -> Iterator[tuple[str, str, str]]:
        """The programs in recorded answers, which are known before any test runs."""
        for planned in planned_cases:
            answer = self.replayed.get((planned.benchmark.name, planned.model, planned.case.id))
            if answer is not None:
                yield from programs(planned, answer)

    def _unmatched(self) -> UsageError | None:
        """The error of recorded answers to a benchmark that no page has: they could never be joined."""
        recorded = self._subjects.recorded
        if recorded is None:
            return None
        pages = find_pages(self._options.evals, self._root)
        known = {page.benchmark for page in pages} | set(self._seen)
        unknown = sorted(set(recorded.benchmarks) - known)
        if not unknown:
            return None
        return UsageError(f"--answers: found benchmark {unknown[0]!r}; expected one of {', '.join(sorted(known))}")

    def _unknown_strata(self) -> UsageError | None:
        """The error of a `--generalise-over` that is the word of no page collected, selected or not.

        The table's setting may stand where no page has strata, or none is collected: it is for those that have.
        """
        if not any(self._strata) and "generalise-over" not in self._options.command:
            return None
        try:
            check_word(self._options.generalise_over, self._strata)
        except UsageError as error:
            return error
        return None

    def _sampling(self, benchmark: Benchmark) -> Sampling:
        """How a benchmark is sampled; from recorded answers as often as those were, and once where turns follow."""
        sampling, recorded = self._options.sampling, self._subjects.recorded
        if benchmark.follow_up is not None and (sampling.samples is not None or sampling.ks):
            self._notes.append(f"{benchmark.name}: one sample a case, as each sample would have turns of its own")
            return replace(sampling, samples=None, ks=())
        if recorded is None or sampling.samples is not None:
            return sampling
        return replace(sampling, samples=recorded.samples(benchmark.name))

    def _for_samples(
        self, benchmark: Benchmark, sampling: Sampling, cases: Sequence[Case]
    ) -> tuple[Benchmark, tuple[int, ...]]:
        """The benchmark with the metrics for its number of samples, and their k; as it is where no answer is run."""
        if self._subjects.recorded is None:
            check_greedy(benchmark.name, cases)
        for trial in {case.trial.extract: case.trial for case in cases if case.trial is not None}.values():
            check(trial)
        samples = samples_of(cases)
        if not samples:
            return benchmark, ()
        ks = sampling.ks_of(benchmark.name, samples)
        sampled = benchmark.for_samples(samples, ks)
        names = [metric.name for metric in sampled.metrics]
        self._options.recipe.check_headline(benchmark.name, names, benchmark.strata)
        self._tables[benchmark.name] |= {"samples": samples, "k": list(ks)}
        return sampled, ks

    def _listed(
        self, benchmark: Benchmark, cases: tuple[Case, ...], tables: list[Table]
    ) -> tuple[tuple[Case, ...], list[dict[str, Any]]]:
        """The cases, tagged where an exclusion list has them; the sample's rows are none of the benchmark's."""
        lists = read_lists(self._options.evals, benchmark.name)
        if not lists or any(table.origin["sample"] for table in tables):
            return cases, []
        return mark(cases, {row.id: row for table in tables for row in benchmark.joined(table)}, lists)

    def _open(self, rows: Rows, page: Path) -> Table:
        """A table, opened once; paths of a page's own files start from its folder."""
        folder = page.parent
        if folder not in self._openers:
            data = parse_data(self._options.data, samples=self._options.sample)
            self._openers[folder] = Opener(data, folder, self._hub)
        return self._openers[folder].open(rows)

    def _cached(self) -> list[str]:
        """A note for every table the Hub was not there to be asked about."""
        origins = [origin for facts in self._tables.values() for origin in facts["data"] if origin.get("cached")]
        return [
            f"{origin['name']}: the Hub did not answer; rows are the copy in its cache, revision {origin['revision']}."
            for origin in origins
        ]

    def _join(self, benchmark: Benchmark, sampling: Sampling, cases: tuple[Case, ...], tables: list[Table]) -> None:
        recorded = self._subjects.recorded
        if recorded is None:
            return
        rows = [row for table in tables for row in table.rows]
        asked = [variant for case in cases for variant in sampling.variants(case)]
        # a recipe says how models are asked, and not how a file was made
        template = self._options.command.get("chat-template") != "off"
        joined = recorded.join(benchmark.name, asked, rows, template=template)
        self.replayed |= {(benchmark.name, model, case): answer for (model, case), answer in joined.items()}
