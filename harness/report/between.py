"""Which strata of a benchmark differ by more than chance, where all of them have the same problems, as languages have.

A problem is a cluster, so the strata of one model are ranked as runs on the same cases are: differences, intervals and
p's that hold for all pairs together (Romano and Wolf 2005, Econometrica 73:1237), and the groups without a difference.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from harness.core import Record
from harness.core import Score
from harness.report.breakdown import UNNAMED
from harness.report.breakdown import Scored
from harness.statistics import Design
from harness.statistics import Ranking
from harness.statistics import ranking
from harness.statistics.estimates import FEWEST_CLUSTERS
from harness.statistics.ranking import Versus
from harness.statistics.reducers import CONTRAST

FULLEST = 0.5
"""A stratum with fewer of its problems, as a part of the fullest one's, would leave too few that all have."""
Problems = Mapping[str, Mapping[str, Sequence[tuple[Record, Score]]]]


def between(scored: Scored, reducer: str, strata: str | None, *, higher_is_better: bool) -> dict[str, Any] | None:
    """The differences of strata as the summary has them; None where fewer than two share 10 problems.

    A problem counts that each stratum has, and has as often as the others. Raises ValueError as `ranking` does.
    """
    by_stratum = _problems(scored)
    most = max(map(len, by_stratum.values()), default=0)
    kept = {name: problems for name, problems in by_stratum.items() if len(problems) >= FULLEST * most}
    shared = _shared(kept)
    if reducer == CONTRAST or len(kept) < 2 or len(shared) < FEWEST_CLUSTERS:
        return None
    clusters = [problem for problem, often in shared.items() for _ in range(often)]
    runs = [[score.stats for problem in shared for _, score in problems[problem]] for problems in kept.values()]
    ranked = ranking(runs, reducer, Design(clusters), higher_is_better=higher_is_better)
    return {
        "by": strata or UNNAMED,
        "problems": len(shared),
        "left_out": [name for name in by_stratum if name not in kept],
        **_written(ranked, tuple(kept)),
    }


def sentence(score: Mapping[str, Any]) -> str | None:
    """The groups of a score's strata without a difference, best first; None where strata were not compared."""
    part = score.get("between")  # of one metric a benchmark alone
    if part is None:
        return None
    groups = "; ".join(", ".join(group) for group in part["groups"])
    apart = sum(pair["apart"] for pair in part["pairs"])
    left_out = f"; not compared: {', '.join(part['left_out'])}" if part["left_out"] else ""
    return (
        f"by {part['by']}, groups in which no two differ by more than chance, best first: {groups} ({apart} of "
        f"{len(part['pairs'])} pairs differ, {100 * part['level']:g} % together, {part['problems']} problems{left_out})"
    )


def _problems(scored: Scored) -> dict[str, dict[str, list[tuple[Record, Score]]]]:
    """The scored cases by stratum and cluster."""
    problems: dict[str, dict[str, list[tuple[Record, Score]]]] = {}
    for record, score in scored:
        if record.stratum is not None and record.cluster is not None:
            problems.setdefault(record.stratum, {}).setdefault(record.cluster, []).append((record, score))
    return problems


def _shared(kept: Problems) -> dict[str, int]:
    """The problems that all strata have, each with how often, in the order of the first stratum."""
    if not kept:
        return {}
    first, *others = kept.values()
    return {
        problem: len(cases)
        for problem, cases in first.items()
        if all(len(other.get(problem, ())) == len(cases) for other in others)
    }


def _written(ranked: Ranking, names: Sequence[str]) -> dict[str, Any]:
    return {
        "level": ranked.level,
        "groups": [[names[number] for number in group] for group in ranked.groups],
        "pairs": [
            {
                "first": names[pair.first],
                "second": names[pair.second],
                "difference": pair.difference,
                "low": pair.low,
                "high": pair.high,
                "p": pair.p,
                "apart": _differ(pair, ranked.level),
            }
            for pair in ranked.pairs
        ],
    }


def _differ(pair: Versus, level: float) -> bool:
    """Whether no difference is outside of the interval; of strata that differ alike on each problem there is none."""
    if pair.low is None or pair.high is None:
        return pair.p is not None and pair.p < 1 - level
    return pair.low > 0 or pair.high < 0
