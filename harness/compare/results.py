"""What two systems' scores say of them, and what those of many do: differences, flips, ranks.

The difference is always the second system's value less the first's, over the cases both have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field

from harness.compare.table import Choice
from harness.compare.table import Column
from harness.compare.table import Table
from harness.statistics import PairedResult
from harness.statistics import Ranking
from harness.statistics import pair
from harness.statistics import ranking
from harness.statistics.bounded import BoundedMean
from harness.statistics.compatible import Compatible
from harness.statistics.compatible import sacrebleu_bootstrap
from harness.statistics.compatible import sacrebleu_randomisation
from harness.statistics.detectable import detectable_drop
from harness.statistics.outcomes import outcomes
from harness.statistics.paired import compared
from harness.statistics.power import detectable_difference
from harness.statistics.reducers import PROPORTION

_OF_SACREBLEU = ("bleu", "chrf")


@dataclass(frozen=True, slots=True)
class Sacrebleu:
    """sacrebleu's own paired tests, the first system as its baseline."""

    bootstrap: Compatible
    randomisation: Compatible


@dataclass(frozen=True, slots=True)
class Result:
    """The second system's value of a column less the first's.

    Attributes:
        first: The first system's name.
        second: The second system's name.
        benchmark: The benchmark's name.
        column: The metric, or its mean over strata.
        is_shown: Whether its p is corrected with the others'.
        paired: The difference, its interval and its p's.
        detectable: What `detects` says at the level in force.
        p_corrected: The p corrected for all that are shown; None where there is no p, or it is not shown.
        sacrebleu: The paired tests of sacrebleu, where they were asked for.
        seen: The differences as a mean of scores with bounds; None where they are none.
    """

    first: str
    second: str
    benchmark: str
    column: Column
    is_shown: bool
    paired: PairedResult
    detectable: float | None = None
    p_corrected: float | None = None
    sacrebleu: Sacrebleu | None = None
    seen: BoundedMean | None = field(default=None, compare=False, repr=False)

    def detects(self, level: float) -> float | None:
        """The true difference that as many cases find four times of five at this level; None where there is none.

        Of what has no bounds by normal theory, where there is an interval to go by.
        """
        paired = self.paired
        if self.seen is not None:
            return detectable_drop(self.seen, level)
        return detectable_difference(paired.error, level) if paired.error and paired.low is not None else None


@dataclass(frozen=True, slots=True)
class Ranked:
    """Three systems or more on one column, over the cases that all of `systems` share."""

    benchmark: str
    column: Column
    is_shown: bool
    systems: tuple[str, ...]
    ranking: Ranking


@dataclass(frozen=True, slots=True)
class Flips:
    """The cases of which one system alone got a verdict right."""

    first: str
    second: str
    benchmark: str
    metric: str
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


def results(table: Table, choice: Choice) -> Iterator[Result]:
    """Both systems of a table on each of its columns; raises StoreError for statistics that are none."""
    first, second = table.systems
    shown = table.shown(choice)
    for column in table.columns():
        ours, theirs = table.stats(column.metric)
        design = table.design(column.average, choice.over)
        better = column.higher_is_better
        try:
            both = pair(theirs, ours, column.reducer, design)
            won = outcomes(theirs, ours, column.reducer, design, higher_is_better=better)
            paired = compared(both, won, choice.draws)
        except ValueError as error:
            raise table.error(column.metric, error) from error
        compatible = None
        if choice.sacrebleu and column.reducer in _OF_SACREBLEU and column.average == "micro":
            compatible = Sacrebleu(
                sacrebleu_bootstrap(theirs, ours, column.reducer), sacrebleu_randomisation(theirs, ours, column.reducer)
            )
        yield Result(
            first.name,
            second.name,
            table.benchmark,
            column,
            column in shown,
            paired,
            sacrebleu=compatible,
            seen=both.bounded,
        )


def flips(table: Table) -> Iterator[Flips]:
    """The cases of which one of two systems alone is right, for each metric that is right or wrong."""
    first, second = table.systems
    for column in table.columns():
        if column.reducer != PROPORTION or column.average == "macro":
            continue
        ours, theirs = table.stats(column.metric)
        rights = [(name, mine[0], other[0]) for name, mine, other in zip(table.cases, ours, theirs, strict=True)]
        only_first = tuple(name for name, mine, other in rights if mine > other)
        only_second = tuple(name for name, mine, other in rights if other > mine)
        yield Flips(first.name, second.name, table.benchmark, column.metric, only_first, only_second)


def rankings(table: Table, choice: Choice) -> Iterator[Ranked]:
    """Three systems or more on each column; none of a column that has no value for one of them."""
    shown, names = table.shown(choice), tuple(system.name for system in table.systems)
    for column in table.columns():
        design, better = table.design(column.average, choice.over), column.higher_is_better
        try:
            ranked = ranking(table.stats(column.metric), column.reducer, design, choice.draws, higher_is_better=better)
        except ValueError:
            # a value that is undefined in one run; each pair's result says which
            continue
        yield Ranked(table.benchmark, column, column in shown, names, ranked)
