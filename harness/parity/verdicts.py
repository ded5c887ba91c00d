"""Verdicts: each subject against the first, benchmark by benchmark, with what was left out of either."""

from collections import Counter
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import TypeAlias

from harness.compare.alignment import align
from harness.compare.system import CaseScores
from harness.compare.system import System
from harness.compare.table import Column
from harness.compare.table import Table
from harness.statistics.betting import Compared
from harness.statistics.betting import Parity
from harness.statistics.betting import Sameness
from harness.statistics.betting import compared
from harness.statistics.betting import parities

_MEANS = frozenset({"mean", "proportion", "share"})
"""Reducers of which the mean over cases of a case's own score is the metric, or stands for it."""
_MISSING = frozenset({"refused", "error"})

Place: TypeAlias = tuple[str, str]
"""A subject's name and a benchmark; or a benchmark and a case's id."""


@dataclass(frozen=True, slots=True)
class Facing:
    """A subject beside the reference on one benchmark, over the cases seen so far.

    Attributes:
        subject: The subject's name.
        benchmark: The benchmark's name.
        column: The metric that is compared.
        scores: The reference's score and the subject's of each case that both scored, in 0..1.
        missing: Cases that one side refused or failed on, which count as the worst for either claim.
        left: How many other cases were left out, by the reason.
        clusters: The cluster of each case, in the order of `scores` and then of `missing`.
    """

    subject: str
    benchmark: str
    column: Column
    scores: Mapping[str, tuple[float, float]]
    missing: tuple[str, ...] = ()
    left: Mapping[str, int] = field(default_factory=dict)
    clusters: tuple[object, ...] = ()

    @property
    def place(self) -> Place:
        """What tells it from the others."""
        return self.subject, self.benchmark

    def compared(self, heaviest: int | None, *, flips: bool = False) -> Compared:
        """The differences, the subject's score less the reference's; with `flips` their sizes."""
        differences = [abs(new - base) if flips else new - base for base, new in self.scores.values()]
        return compared([*differences, *[None] * len(self.missing)], list(self.clusters), heaviest)


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A benchmark on which nothing is said of a subject, and why."""

    subject: str
    benchmark: str
    why: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of a subject on a benchmark; `parity` is None where no case has two scores."""

    facing: Facing
    parity: Parity | None

    @property
    def decision(self) -> Sameness:
        """The verdict."""
        return "inconclusive" if self.parity is None else self.parity.decision


def facings(
    base: System, new: System, seen: Collection[Place], benchmarks: Collection[str], reasons: Mapping[Place, str]
) -> Iterator[Facing | NotCompared]:
    """The subject beside the reference on each of these benchmarks, over the cases seen of it.

    `seen` are benchmarks and case ids; `reasons` say why a system's cases of a benchmark were not run.
    """
    for benchmark in benchmarks:
        cases = [case for name, case in seen if name == benchmark]
        why = _why_not(base, new, benchmark, cases, reasons)
        yield NotCompared(new.name, benchmark, why) if why else _facing(base, new, benchmark, cases)


def judge(
    faced: Sequence[Facing],
    heaviest: Mapping[str, int],
    levels: tuple[float, float],
    fractions: tuple[float, ...] | None,
    absent: int,
    *,
    flips: bool = False,
) -> list[Judged]:
    """A verdict for each that is open, `absent` others being open too (harness.statistics.betting).

    `levels` are the margin, 0..1, and the error rate; `fractions` the shares of all cases that the looks so far saw.
    """
    known = {number: facing for number, facing in enumerate(faced) if facing.scores}
    pairs = [facing.compared(heaviest.get(facing.benchmark), flips=flips) for facing in known.values()]
    family = len(faced) - len(known) + absent
    verdicts = dict(zip(known, parities(pairs, *levels, fractions, family), strict=True))
    return [Judged(facing, verdicts.get(number)) for number, facing in enumerate(faced)]


def overall(decisions: Collection[Sameness]) -> Sameness:
    """The whole verdict: differs where any does, else inconclusive where any is or there is none, else the same."""
    if "differs" in decisions:
        return "differs"
    return "inconclusive" if "inconclusive" in decisions or not decisions else "same"


def _why_not(
    base: System, new: System, benchmark: str, cases: Sequence[str], reasons: Mapping[Place, str]
) -> str | None:
    """Why a benchmark cannot be compared; None where it can, as far as is known."""
    for system in (base, new):
        if benchmark not in system.cases:
            return f"not in {system.name}"
        if why := system.manifest.get("failures", {}).get(benchmark):
            return f"{system.name}: {why}"
    if _column(base, new, benchmark) is None:
        return "no metric in common that is a mean of scores"
    for system in (base, new):
        own = [system.cases[benchmark].get(case) for case in cases]
        if own and all(case is not None and case.status == "not_run" for case in own):
            return f"{system.name}: not run: {reasons.get((system.name, benchmark), 'its folder does not say why')}"
    return None


def _column(base: System, new: System, benchmark: str) -> Column | None:
    columns = Table((base, new), benchmark, ()).columns()
    return next((column for column in columns if column.average == "micro" and column.reducer in _MEANS), None)


def _facing(base: System, new: System, benchmark: str, cases: Sequence[str]) -> Facing:
    column = _column(base, new, benchmark)
    if column is None:
        raise ValueError(f"{benchmark}: found no metric in common; expected one, as `facings` has looked")
    overlap = align(base, new, benchmark)
    alike, changed = set(overlap.compared), set(overlap.changed)
    ours, theirs = base.cases[benchmark], new.cases[benchmark]
    scores: dict[str, tuple[float, float]] = {}
    missing: list[str] = []
    left: Counter[str] = Counter()
    for case in cases:
        pair = (ours.get(case), theirs.get(case))
        score = _scores(pair, column) if case in alike else None
        if score is not None:
            scores[case] = score
        elif case in changed:
            left["with another content"] += 1
        elif _is_missing(pair):
            missing.append(case)
        else:
            left["without a score in both"] += 1
    clusters = tuple(ours[case].cluster for case in (*scores, *missing))
    return Facing(new.name, benchmark, column, scores, tuple(missing), left, clusters)


def _scores(pair: tuple[CaseScores | None, CaseScores | None], column: Column) -> tuple[float, float] | None:
    """Both scores, turned so that more is better; None where one has none."""
    values = []
    for case in pair:
        score, weight = (*(case.stats[column.metric] if case else ()), 0.0, 0.0)[:2]
        if weight <= 0 or not 0 <= score <= weight:
            return None
        values.append(score / weight if column.higher_is_better else 1 - score / weight)
    return values[0], values[1]


def _is_missing(pair: tuple[CaseScores | None, CaseScores | None]) -> bool:
    """Whether one side has a score and the other one refused the case, or failed on it."""
    statuses = {case.status for case in pair if case is not None}
    return len(statuses) == 2 and "measured" in statuses and bool(statuses & _MISSING)
