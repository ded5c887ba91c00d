"""The monitor of a run under `--sequential`: which cases it waits for, when a look is due, what was decided."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.compare.system import System
from harness.gate.looks import RULE
from harness.gate.looks import SPENDING
from harness.gate.looks import Look
from harness.gate.looks import Schedule
from harness.gate.looks import judge_at
from harness.gate.looks import to_json
from harness.gate.margins import Margins


class Monitor:
    """The looks of a model's run against a baseline; `planned` are each benchmark's cases in the order they are asked.

    `waiting` are the benchmarks that the next look waits for; a benchmark that cannot be gated leaves them undecided.
    """

    def __init__(
        self, schedule: Schedule, planned: Mapping[str, Sequence[str]], base: System, margins: Margins
    ) -> None:
        self.schedule = schedule
        self.looks: list[Look] = []
        self.waiting = [name for name in planned if name in base.cases]
        self._planned = planned
        self._base = base
        self._margins = margins
        self._arrived: dict[str, set[str]] = {name: set() for name in planned}
        self._reached = dict.fromkeys(planned, 0)
        self._early = True

    @property
    def next(self) -> int:
        """The number of the next look; 0 when there is none."""
        made = self.looks[-1].number if self.looks else 0
        if not self.waiting or made == self.schedule.last:
            return 0
        return made + 1 if self._early else self.schedule.last

    def arrive(self, benchmark: str, case: str) -> None:
        """Note that a case has been tested, whatever became of it."""
        arrived, planned = self._arrived[benchmark], self._planned[benchmark]
        arrived.add(case)
        while self._reached[benchmark] < len(planned) and planned[self._reached[benchmark]] in arrived:
            self._reached[benchmark] += 1

    @property
    def is_due(self) -> bool:
        """Whether all cases that the next look sees have been tested."""
        look = self.next
        return look > 0 and all(self._reached[name] >= self.schedule.seen(name, look) for name in self.waiting)

    def look(self, new: System) -> Look:
        """Look at the cases so far, which `new` has the scores of, and decide what can be decided."""
        numbers = [*(look.number for look in self.looks), self.next]
        verdicts = judge_at(new, self._base, self._margins, self.schedule, numbers, self.waiting)
        undecided = [verdict.entry.benchmark for verdict in verdicts if verdict.decision == "inconclusive"]
        decided = [verdict.entry.benchmark for verdict in verdicts if verdict.decision != "inconclusive"]
        self.looks.append(Look(numbers[-1], tuple(decided)))
        self.waiting = undecided
        return self.looks[-1]

    def give_up_early(self) -> None:
        """Look no more before all cases are in, as tests no longer come in their order."""
        self._early = False

    def written(self) -> dict[str, Any]:
        """What the manifest says of it so far; `looked` is how many cases each gated benchmark was decided on."""
        return {
            "rule": RULE,
            "spending": SPENDING,
            **to_json(self.schedule),
            "looks": [
                {
                    "number": look.number,
                    "cases": self.schedule.ends[look.number - 1],
                    "fraction": self.schedule.fraction(look.number),
                    "decided": list(look.decided),
                }
                for look in self.looks
            ],
            "looked": self._looked(),
            "finished": self.next == 0,
        }

    def _looked(self) -> dict[str, int]:
        looked = {name: look.number for look in self.looks for name in look.decided}
        if self.looks and self.looks[-1].number == self.schedule.last:
            looked |= dict.fromkeys(self.waiting, self.schedule.last)
        return {name: self.schedule.seen(name, number) for name, number in looked.items()}
