"""What a parity has come to: its sides, the verdicts that stand, and those that are open."""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from harness.compare.load import read as read_systems
from harness.compare.system import System
from harness.core import Record
from harness.core import Request
from harness.errors import UsageError
from harness.gate.looks import Place
from harness.parity.asking import Asked
from harness.parity.asking import Key
from harness.parity.divergence import Divergence
from harness.parity.subjects import Finished
from harness.parity.verdicts import Judged
from harness.parity.verdicts import NotCompared
from harness.parity.verdicts import overall
from harness.results.folder import Run
from harness.results.folder import read_run
from harness.statistics.betting import Sameness


@dataclass(frozen=True, slots=True)
class Read:
    """A subject that is read from a run's folder."""

    name: str
    known: System
    run: Run

    @property
    def model(self) -> str:
        """The model's name."""
        return self.known.model

    @property
    def records(self) -> dict[Key, Record]:
        """Its records by benchmark and case."""
        own = [record for record in self.run.records if record.model == self.model]
        return {(record.benchmark, record.case): record for record in own}

    def system(self) -> System:
        """What it has scored."""
        return replace(self.known, name=self.name)

    def request(self, key: str) -> Request | None:
        """The request with this fingerprint."""
        return self.run.prompts.get(key)

    def places(self) -> list[Place]:
        """The planned cases, as an order of looks takes them."""
        return [
            Place(name, case, None if scores.cluster is None else str(scores.cluster))
            for name, cases in self.known.cases.items()
            for case, scores in cases.items()
        ]


Side: TypeAlias = Asked | Read


def read_side(subject: Finished) -> Read:
    """The one model of a finished run; raises UsageError where it has several, StoreError where it cannot be read."""
    systems = read_systems(subject.source)
    if len(systems) != 1:
        models = ", ".join(system.model for system in systems)
        raise UsageError(f"{subject.source}: found the models {models}; expected one, as {subject.source}:MODEL")
    (system,) = systems
    return Read(subject.name, system, read_run(Path(system.source)))


@dataclass(frozen=True, slots=True)
class Rule:
    """When a parity is decided: the margin in points, the error rate, and the seed of the cases' order.

    With `flips` the share of cases that are scored otherwise is held to the margin, not the difference of the scores.
    """

    margin: float
    alpha: float = 0.05
    seed: int = 0
    flips: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a parity has come to.

    Attributes:
        sides: The subjects, the reference first.
        planned: By benchmark, how many cases all of them have.
        asked: How many cases were gone through, in all.
        looks: How many looks were made.
        decided: The verdicts that stand, by subject and benchmark, each with the look it is of.
        open: What the last look said of those that are not decided, in the same way.
        not_compared: Benchmarks of which nothing is said.
        divergences: How far answers are apart, by subject and benchmark.
        broken: Why it could not go on; None where it could.
    """

    sides: Sequence[Side]
    planned: Mapping[str, int]
    asked: int = 0
    looks: int = 0
    decided: Mapping[Key, tuple[Judged, int]] = field(default_factory=dict)
    open: Mapping[Key, tuple[Judged, int]] = field(default_factory=dict)
    not_compared: Mapping[Key, NotCompared] = field(default_factory=dict)
    divergences: Mapping[Key, Divergence] = field(default_factory=dict)
    broken: str | None = None

    def decision(self, subject: str) -> Sameness:
        """The verdict on a subject."""
        judged = {**self.open, **self.decided}
        return overall([verdict.decision for (name, _), (verdict, _) in judged.items() if name == subject])

    @property
    def whole(self) -> Sameness:
        """The verdict on all of them."""
        return overall([self.decision(side.name) for side in self.sides[1:]])

    @property
    def unsettled(self) -> list[Key]:
        """What is neither decided nor left out, by subject and benchmark; its number is that of the family's rest."""
        places = [(side.name, benchmark) for side in self.sides[1:] for benchmark in self.planned]
        return [place for place in places if place not in self.decided and place not in self.not_compared]

    @property
    def wanted(self) -> dict[str, set[str]]:
        """The benchmarks that are still asked, by subject: none of one that is known to differ; the reference's too."""
        wanted: dict[str, set[str]] = {}
        for subject, benchmark in self.unsettled:
            if self.decision(subject) != "differs":
                wanted.setdefault(subject, set()).add(benchmark)
        if not wanted:
            return {}
        return {self.sides[0].name: set().union(*wanted.values()), **wanted}
