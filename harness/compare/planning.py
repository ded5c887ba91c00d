"""How many cases it takes to see a difference: by benchmark, from two runs' disagreement or from one run's spread.

Normal theory for a two-sided test (harness.statistics.power): level .05, a true difference found with probability .8.
"""

import math
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table as Grid
from rich.text import Text

from harness.compare.compare import compare
from harness.compare.system import System
from harness.compare.table import Choice
from harness.compare.table import Column
from harness.compare.table import Table
from harness.errors import UsageError
from harness.printing.grid import plain
from harness.printing.numbers import NOTHING
from harness.printing.points import per_point
from harness.printing.points import value
from harness.printing.visible import line
from harness.statistics import estimate
from harness.statistics.intervals import normal
from harness.statistics.power import cases_needed
from harness.statistics.power import detectable_difference
from harness.statistics.reducers import PROPORTION


@dataclass(frozen=True, slots=True)
class Need:
    """What a benchmark can tell: its `n` cases find a difference of `detectable`, `needed` ones find what is asked for.

    `discordance` is the share of cases two runs' verdicts differ on; `available` how many cases the benchmark's rows
    have. Differences are on the metric's own scale; None where there is no error to reckon with, or it is not known.
    """

    benchmark: str
    column: Column
    n: int
    discordance: float | None
    detectable: float | None
    needed: int | None
    available: int | None

    @property
    def at_most(self) -> float | None:
        """The difference that all the cases there are would find."""
        if self.detectable is None or not self.available:
            return None
        return self.detectable * math.sqrt(self.n / self.available)

    @property
    def is_enough(self) -> bool | None:
        """Whether the benchmark has as many cases as are needed."""
        return None if self.needed is None or self.available is None else self.needed <= self.available


def needs(systems: Sequence[System], points: float, choice: Choice) -> tuple[Need, ...]:
    """What each benchmark needs to show a difference of so many `points`.

    Two systems give the error of their difference. One gives that of its own score, and the other is taken to have the
    same, its right and wrong answers independent of the first's: no two runs of a benchmark disagree more by chance.
    Raises UsageError for other numbers of systems, and as `compare` does.
    """
    if len(systems) not in (1, 2):
        raise UsageError(f"plan: found {len(systems)} models; expected one run of one model, or two to compare")
    tables = _of_two(systems, choice) if len(systems) == 2 else _of_one(systems[0], choice)
    level = choice.draws.level
    made = []
    for table, column, error, discordance in tables:
        n, wanted = len(table.cases), points * per_point(column.reducer)
        able = detectable_difference(error, level) if error else None
        needed = cases_needed(error, n, wanted, level) if error else None
        available = table.facts.get("cases")
        made.append(Need(table.benchmark, column, n, discordance, able, needed, available))
    if not made:
        raise UsageError("plan: found no scored case; expected a run with scores")
    return tuple(made)


def lines(listed: Sequence[Need], points: float, systems: Sequence[System]) -> list[str]:
    """The needs as plain text."""
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for title in ("\nbenchmark", "\nmetric"):
        grid.add_column(title, overflow="fold")
    for title in (
        "\ncases",
        "\ndiffer",
        "\ndetects",
        f"needed for\n{points:g} pt",
        "\nthere are",
        "all of them\ndetect",
    ):
        grid.add_column(title, justify="right")
    grid.add_column("\nenough")
    for need in listed:
        grid.add_row(*map(Text, _cells(need)))
    return [
        f"To find a difference of {points:g} pt four times of five, at a two-sided level of .05:",
        "",
        *plain(grid),
        *_assumption(systems),
    ]


def _cells(need: Need) -> tuple[str, ...]:
    reducer = need.column.reducer
    differ = NOTHING if need.discordance is None else f"{100 * need.discordance:.1f} %"
    enough = NOTHING if need.is_enough is None else "yes" if need.is_enough else "no"
    counts = (NOTHING if count is None else f"{count:,}" for count in (need.needed, need.available))
    needed, available = counts
    detects = (value(reducer, need.detectable), needed, available, value(reducer, need.at_most))
    return (line(need.benchmark), line(need.column.title), f"{need.n:,}", differ, *detects, enough)


def _assumption(systems: Sequence[System]) -> Iterator[str]:
    if len(systems) == 1:
        yield (
            f"From one run of {line(systems[0].model)}: another is assumed to score the same and to err independently, "
            "hence to differ so often."
        )
        yield "Runs that resemble each other need fewer cases; two runs tell how many."
        return
    names = " and ".join(line(f"{system.model} ({system.source})") for system in systems)
    yield f"From the cases on which {names} differ, as they do."


def _of_two(systems: Sequence[System], choice: Choice) -> Iterator[tuple[Table, Column, float | None, float | None]]:
    comparison = compare(systems, choice)
    shared = {overlap.benchmark: overlap.compared for overlap in comparison.overlaps}
    for result in comparison.results:
        if result.is_shown:
            paired = result.paired
            plainly = result.column.reducer == PROPORTION
            discordance = (paired.wins + paired.losses) / paired.n if plainly else None
            yield (
                Table(tuple(systems), result.benchmark, shared[result.benchmark]),
                result.column,
                paired.error,
                discordance,
            )


def _of_one(system: System, choice: Choice) -> Iterator[tuple[Table, Column, float | None, float | None]]:
    for benchmark, cases in system.cases.items():
        table = Table((system,), benchmark, tuple(name for name, case in cases.items() if case.status == "measured"))
        for column in table.shown(choice) if table.cases else ():
            design = table.design(column.average, choice.over)
            try:
                score = estimate(
                    table.stats(column.metric)[0],
                    column.reducer,
                    design.clusters,
                    strata=design.strata,
                    average=design.average,
                    resample=design.resample,
                )
            except ValueError as error:
                raise table.error(column.metric, error) from error
            half = None if score.low is None or score.high is None else (score.high - score.low) / 2
            # the difference of two independent scores has twice the variance of one
            spread = None if half is None else math.sqrt(2) * half / normal(score.level)
            share = score.value if column.reducer == PROPORTION else None
            yield table, column, spread, None if share is None else 2 * share * (1 - share)
