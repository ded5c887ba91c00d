"""Systems' statistics side by side: one benchmark, the same cases for all, as harness.statistics takes them."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Literal
from typing import TypeAlias

from harness.cases.recipes import headline
from harness.compare.system import System
from harness.errors import StoreError
from harness.results.population import CASES
from harness.statistics import Design
from harness.statistics import Draws
from harness.statistics.paired import STANDARD as RESAMPLED
from harness.statistics.reducers import PROPORTION
from harness.statistics.reducers import SHARE

ALL = "all"
_MEANS = {"mean", PROPORTION, SHARE}
Average: TypeAlias = Literal["micro", "macro"]
Correction: TypeAlias = Literal["holm", "bh"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is wanted of a comparison.

    `metrics` are shown and corrected for ("macro acc" is the mean over strata, "all" means all); where none is named,
    the recipe's headline of each benchmark, else its first. `over` is what intervals generalise over, None as the first
    run says. `sacrebleu` adds sacrebleu's own tests to BLEU and chrF. `mix` are parts with weights that sum to 1.
    """

    metrics: tuple[str, ...] = ()
    correction: Correction = "holm"
    over: str | None = None
    sacrebleu: bool = False
    mix: tuple[tuple[str, float], ...] = ()
    draws: Draws = RESAMPLED


STANDARD = Choice()


@dataclass(frozen=True, slots=True)
class Column:
    """A metric over all cases ("micro"), or as the mean over strata of its value within each ("macro")."""

    metric: str
    average: Average
    reducer: str
    higher_is_better: bool

    @property
    def title(self) -> str:
        """The column in words: `acc`, `macro acc`."""
        return f"macro {self.metric}" if self.average == "macro" else self.metric


@dataclass(frozen=True, slots=True)
class Table:
    """The systems' statistics of a benchmark over the `cases` that all of them scored."""

    systems: tuple[System, ...]
    benchmark: str
    cases: tuple[str, ...]

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the first system's manifest says of the benchmark."""
        return self.systems[0].facts(self.benchmark)

    def stats(self, metric: str) -> list[list[tuple[float, ...]]]:
        """Each system's statistics, case by case."""
        parts = [system.cases[self.benchmark] for system in self.systems]
        return [[part[name].stats[metric] for name in self.cases] for part in parts]

    def design(self, average: Average, over: str | None = None) -> Design:
        """Clusters and strata as the first system has them; whole strata are drawn where that is generalised over."""
        first = self.systems[0]
        own = first.cases[self.benchmark]
        strata = [own[name].stratum for name in self.cases]
        word = over or first.manifest.get("generalise_over") or CASES
        whole = word == self.facts.get("strata") and self.is_stratified
        return Design([own[name].cluster for name in self.cases], strata, average, "strata" if whole else "cases")

    @property
    def is_stratified(self) -> bool:
        """Whether every case has a stratum, so that there is a mean over them."""
        own = self.systems[0].cases[self.benchmark]
        return bool(self.cases) and all(own[name].stratum is not None for name in self.cases)

    def columns(self) -> Iterator[Column]:
        """The first system's metrics that all have with one reducer, each also as the mean over strata if there are.

        Right and wrong in one run and shares in another, as an import may find them, are both means of scores.
        """
        own, *others = [system.metrics(self.benchmark) for system in self.systems]
        averages: tuple[Average, ...] = ("micro", "macro") if self.is_stratified else ("micro",)
        for name, metric in own.items():
            if not all(name in other for other in others):
                continue
            reducers = {metric["reducer"], *(other[name]["reducer"] for other in others)}
            if len(reducers) == 1 or reducers <= _MEANS:
                reducer = metric["reducer"] if len(reducers) == 1 else "mean"
                for average in averages:
                    yield Column(name, average, reducer, metric["higher_is_better"])

    def shown(self, choice: Choice) -> tuple[Column, ...]:
        """The columns that are shown, and whose p's are corrected for one another."""
        columns = tuple(self.columns())
        if not choice.metrics:
            return self._headline(columns)
        return tuple(column for column in columns if ALL in choice.metrics or column.title in choice.metrics)

    def _headline(self, columns: Sequence[Column]) -> tuple[Column, ...]:
        for system in self.systems:
            wanted = headline(system.manifest.get("recipe", {}).get("metrics", {}).get(self.benchmark, ""))
            for column in columns:
                if (column.metric, column.average == "macro") == wanted:
                    return (column,)
        return tuple(columns[:1])

    def error(self, metric: str, error: Exception) -> StoreError:
        """The one sentence for statistics that are none."""
        where = ", ".join(dict.fromkeys(system.source for system in self.systems))
        return StoreError(f"{where}: {self.benchmark} {metric}: {error}; crosstask rescore makes the statistics again")
