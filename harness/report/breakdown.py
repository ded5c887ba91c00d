"""A score in parts: over all cases, as the mean over strata, and within each subject, language or level.

A case's groups are its stratum, under the benchmark's word for strata, and for each of its tags `key:value` the group
`value` under `key`. What a score is generalised over is what is drawn to find its interval: cases (questions of these
57 subjects), or strata (subjects of which these 57 are some), which the option `--generalise-over subject` asks for.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any
from typing import Literal
from typing import TypeAlias

from harness.cases.sampling import TEMPERATURE
from harness.core import Record
from harness.core import Score
from harness.results.population import CASES
from harness.statistics import Estimate
from harness.statistics import estimate
from harness.statistics.reducers import CONTRAST

MONTH = "month"
"""The word for groups of dated cases; each is called as `2024-09`."""
UNNAMED = "stratum"
"""The word for strata that a page has no word for."""

Scored: TypeAlias = Sequence[tuple[Record, Score]]


@dataclass(frozen=True, slots=True)
class Estimator:
    """How the scores of a metric are summed up: its reducer, the benchmark's word for strata, what is generalised over.

    Each method takes the scored cases, or some of them, and raises as `estimate` does.
    """

    reducer: str
    strata: str | None = None
    over: str = CASES

    def micro(self, scored: Scored) -> Estimate:
        """Over all cases, each alike."""
        return self._estimate(scored, "micro", whole=self._draws_strata(scored))

    def macro(self, scored: Scored) -> Estimate | None:
        """The mean over strata, each alike; None where cases have no stratum, or the score sets one against another."""
        if self.reducer == CONTRAST or not _stratified(scored):
            return None
        return self._estimate(scored, "macro", whole=self._draws_strata(scored))

    def breakdowns(self, scored: Scored) -> list[dict[str, Any]]:
        """Each word the cases are divided by, with the estimate in each of its groups, as the summary has them."""
        whole = self._draws_strata(scored)
        return [
            {"by": by, "groups": self._groups(groups, whole=whole and by != self.strata)}
            for by, groups in _divided(scored, self.strata or UNNAMED).items()
            if self.reducer != CONTRAST or by != (self.strata or UNNAMED)
        ]

    def _draws_strata(self, scored: Scored) -> bool:
        return self.over == self.strata and _stratified(scored)

    def _groups(self, groups: Mapping[str, Scored], *, whole: bool) -> list[dict[str, Any]]:
        return [
            {"group": name, "n": len(part), "estimate": asdict(self._estimate(part, "micro", whole=whole))}
            for name, part in sorted(groups.items(), key=lambda item: _natural(item[0]))
        ]

    def _estimate(self, scored: Scored, average: Literal["micro", "macro"], *, whole: bool) -> Estimate:
        return estimate(
            [score.stats for _, score in scored],
            self.reducer,
            [record.cluster for record, _ in scored],
            strata=[record.stratum for record, _ in scored],
            average=average,
            resample="strata" if whole else "cases",
        )


def at_temperatures(score: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Of a score in the summary whose cases were asked at several temperatures, each with its estimate."""
    groups = next((breakdown["groups"] for breakdown in score["breakdowns"] if breakdown["by"] == TEMPERATURE), ())
    return [(f"{TEMPERATURE} {part['group']}", part["estimate"]) for part in groups]


def with_cutoff(breakdowns: list[dict[str, Any]], cutoff: str | None) -> list[dict[str, Any]]:
    """The breakdowns, each month with whether it is after that of a model's cutoff; as they are where there is none."""
    if cutoff is None:
        return breakdowns
    last = cutoff[: len("2024-09")]
    return [
        {**breakdown, "groups": [{**part, "after_cutoff": part["group"] > last} for part in breakdown["groups"]]}
        if breakdown["by"] == MONTH
        else breakdown
        for breakdown in breakdowns
    ]


def _stratified(scored: Scored) -> bool:
    return bool(scored) and all(record.stratum is not None for record, _ in scored)


def _divided(scored: Scored, strata: str) -> dict[str, dict[str, list[tuple[Record, Score]]]]:
    """The scored cases by word and group; a case may be in no group of a word, or in several."""
    divided: dict[str, dict[str, list[tuple[Record, Score]]]] = {}
    for record, score in scored:
        for by, group in dict.fromkeys(_labels(record, strata)):
            divided.setdefault(by, {}).setdefault(group, []).append((record, score))
    return divided


def _labels(record: Record, strata: str) -> Iterator[tuple[str, str]]:
    if record.stratum is not None:
        yield strata, record.stratum
    for tag in record.tags:
        by, colon, group = tag.partition(":")
        if colon:
            yield by, group


def _natural(name: str) -> list[tuple[str, int]]:
    """A key that sorts numbers in names by their size: level 2 stands before level 10."""
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]
