"""Two systems or more compared: what else differs, what they share, every pair, corrected for all that is shown."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from itertools import combinations

from harness.compare.alignment import Overlap
from harness.compare.alignment import align
from harness.compare.alignment import cluster_alike
from harness.compare.alignment import shared_by_all
from harness.compare.differences import Difference
from harness.compare.differences import differences
from harness.compare.mix import Mix
from harness.compare.mix import mix
from harness.compare.results import Flips
from harness.compare.results import Ranked
from harness.compare.results import Result
from harness.compare.results import flips
from harness.compare.results import rankings
from harness.compare.results import results
from harness.compare.study import Study
from harness.compare.study import is_study
from harness.compare.study import study
from harness.compare.suite import Suite
from harness.compare.suite import suite
from harness.compare.system import System
from harness.compare.table import ALL
from harness.compare.table import STANDARD
from harness.compare.table import Choice
from harness.compare.table import Table
from harness.errors import UsageError
from harness.results.population import check_word
from harness.statistics import benjamini_hochberg
from harness.statistics import holm

_CORRECTIONS: Mapping[str, Callable[[Sequence[float]], tuple[float, ...]]] = {"holm": holm, "bh": benjamini_hochberg}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Systems compared: what else differs, what they share, the results by benchmark and pair, what was left out.

    Attributes:
        systems: The systems, named A, B, C and so on.
        choice: How they are compared.
        differences: What differs beside the model.
        overlaps: For each pair and benchmark the cases that both have.
        results: For each pair, benchmark and metric the difference.
        rankings: Three systems or more, ranked by benchmark and metric.
        flips: For each pair and metric the cases of which one system alone is right.
        notes: What was left out, and why.
        study: The general models against the code models, where there are both.
        mix: The weighted score, where one was asked for.
    """

    systems: tuple[System, ...]
    choice: Choice
    differences: tuple[Difference, ...]
    overlaps: tuple[Overlap, ...]
    results: tuple[Result, ...]
    rankings: tuple[Ranked, ...]
    flips: tuple[Flips, ...]
    notes: tuple[str, ...]
    study: Study | None = None
    mix: Mix | None = None

    @property
    def family(self) -> int:
        """How many p's are corrected for one another."""
        return sum(result.p_corrected is not None for result in self.results)


def compare(systems: Sequence[System], choice: Choice = STANDARD) -> Comparison:
    """All pairs of two systems or more; the same systems give the same comparison.

    Raises UsageError where they share no case or an option names what none of them has, StoreError for statistics that
    are none.
    """
    _check_over(systems, choice)
    overlaps = tuple(_overlaps(systems))
    if not any(overlap.compared for overlap in overlaps):
        sources = " and ".join(dict.fromkeys(system.source for system in systems))
        raise UsageError(f"{sources}: no scored case in common; expected runs of the same benchmark on the same rows")
    named = {system.name: system for system in systems}
    pairs = [
        Table((named[overlap.first], named[overlap.second]), overlap.benchmark, overlap.compared)
        for overlap in overlaps
        if overlap.compared
    ]
    tested = [result for table in pairs for result in results(table, choice)]
    _check_metrics(choice, tested)
    together = suite(systems, choice) if choice.mix or is_study(systems) else None
    left_out = together.notes if together else ()
    return Comparison(
        tuple(systems),
        choice,
        differences(systems),
        overlaps,
        _corrected(tested, choice),
        tuple(ranked for table in _of_many(systems) for ranked in rankings(table, choice)),
        tuple(flip for table in pairs for flip in flips(table)),
        tuple(dict.fromkeys([*_missing(systems), *(note for table in pairs for note in _notes(table)), *left_out])),
        _study(together, systems, choice),
        _mix(together, choice),
    )


def _study(together: Suite | None, systems: Sequence[System], choice: Choice) -> Study | None:
    if together is None or not together.members or not is_study(systems):
        return None
    return study(together, choice.draws.level, _CORRECTIONS[choice.correction])


def _mix(together: Suite | None, choice: Choice) -> Mix | None:
    return mix(together, dict(choice.mix), choice.draws.level) if together and choice.mix else None


def _benchmarks(systems: Sequence[System]) -> Iterator[tuple[str, tuple[System, ...]]]:
    """Each benchmark with the systems that have it."""
    for name in dict.fromkeys(name for system in systems for name in system.cases):
        yield name, tuple(system for system in systems if name in system.cases)


def _overlaps(systems: Sequence[System]) -> Iterator[Overlap]:
    for name, having in _benchmarks(systems):
        yield from (align(first, second, name) for first, second in combinations(having, 2))


def _of_many(systems: Sequence[System]) -> Iterator[Table]:
    for name, having in _benchmarks(systems):
        if len(having) > 2 and (cases := shared_by_all(having, name)):
            yield Table(having, name, cases)


def _corrected(tested: Sequence[Result], choice: Choice) -> tuple[Result, ...]:
    """The results with p's corrected, and what is detectable at the strictest level that a correction asks for."""
    family = [result.paired.p for result in tested if result.is_shown and result.paired.p is not None]
    corrected = iter(_CORRECTIONS[choice.correction](family))
    level = choice.draws.level
    strictest = 1 - (1 - level) / max(1, len(family))
    return tuple(
        replace(result, p_corrected=next(corrected), detectable=result.detects(strictest))
        if result.is_shown and result.paired.p is not None
        else replace(result, detectable=result.detects(level))
        for result in tested
    )


def _check_over(systems: Sequence[System], choice: Choice) -> None:
    if choice.over is not None:
        check_word(choice.over, (system.facts(name).get("strata") for system in systems for name in system.cases))


def _check_metrics(choice: Choice, tested: Sequence[Result]) -> None:
    known = dict.fromkeys(result.column.title for result in tested)
    for name in choice.metrics:
        if name not in known and name != ALL:
            raise UsageError(f"--metric: found {name!r}; expected {ALL} or one of {', '.join(known)}")
    if choice.sacrebleu and not any(result.sacrebleu for result in tested):
        raise UsageError("--compat sacrebleu: found no BLEU or chrF; expected a benchmark with one of them")


def _missing(systems: Sequence[System]) -> Iterator[str]:
    """Notes on benchmarks that some systems lack."""
    only: dict[str, list[str]] = {}
    for name, having in _benchmarks(systems):
        if len(having) < len(systems):
            only.setdefault(", ".join(system.name for system in having), []).append(name)
    yield from (f"only in {names}: {', '.join(benchmarks)}" for names, benchmarks in only.items())


def _notes(table: Table) -> Iterator[str]:
    """Notes on what two systems do not share besides cases: metrics, clusters."""
    first, second = table.systems
    compared = {column.metric for column in table.columns()}
    every = {**first.metrics(table.benchmark), **second.metrics(table.benchmark)}
    if others := [name for name in every if name not in compared]:
        yield f"{table.benchmark}: {', '.join(others)}: not compared, as {first.name} and {second.name} differ in it"
    if not cluster_alike(first.cases[table.benchmark], second.cases[table.benchmark], table.cases):
        yield f"{table.benchmark}: cases are resampled in the clusters of {first.name}; {second.name} has others"
