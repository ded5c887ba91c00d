"""A comparison as JSON: schema `crosstask/comparison/1`, flat lists to read into a table."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.compare.alignment import Overlap
from harness.compare.compare import Comparison
from harness.compare.differences import Difference
from harness.compare.mix import Mix
from harness.compare.results import Ranked
from harness.compare.results import Result
from harness.compare.study import FAMILIES
from harness.compare.study import Area
from harness.compare.study import Study
from harness.compare.system import System
from harness.printing.numbers import percent
from harness.results.published import Measured
from harness.results.published import matching
from harness.results.published import pairing
from harness.statistics import Ranking
from harness.statistics.ranking import Rank

SCHEMA = "crosstask/comparison/1"


def document(comparison: Comparison) -> dict[str, Any]:
    """The whole comparison; `first` and `second` are names of `systems`, differences are second less first."""
    return {
        "schema": SCHEMA,
        "systems": [_system(system) for system in comparison.systems],
        **part(comparison),
        "published": list(_published(comparison)),
        "notes": [*comparison.notes, *_remarks(comparison)],
        "flips": [asdict(one) for one in comparison.flips],
    }


def part(comparison: Comparison) -> dict[str, Any]:
    """What the summary of a run with several models holds of it: of systems the names, no lists of flipped cases."""
    choice, names = comparison.choice, [system.name for system in comparison.systems]
    return {
        "names": names,
        "level": choice.draws.level,
        "resamples": choice.draws.resamples,
        "seed": choice.draws.seed,
        "correction": choice.correction,
        "family": comparison.family,
        "differences": [_difference(one) for one in comparison.differences],
        "overlaps": [_overlap(one) for one in comparison.overlaps],
        "results": [_result(one) for one in comparison.results],
        "rankings": [_ranked(one) for one in comparison.rankings],
        "study": _study(comparison.study, names),
        "mix": _mix(comparison.mix, names),
        "notes": list(comparison.notes),
    }


def _study(found: Study | None, names: Sequence[str]) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "families": dict(zip(names, found.families, strict=True)),
        "areas": [_area(one, names) for one in found.areas],
    }


def _area(one: Area, names: Sequence[str]) -> dict[str, Any]:
    return {
        **asdict(one),
        "benchmarks": [{"benchmark": benchmark, "metric": metric} for benchmark, metric in one.benchmarks],
        "scores": [{"system": name, **asdict(score)} for name, score in zip(names, one.scores, strict=True)],
        "means": dict(zip(FAMILIES, map(asdict, one.means), strict=True)),
    }


def _mix(found: Mix | None, names: Sequence[str]) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "weights": dict(found.weights),
        "n": found.ranking.n,
        "clusters": found.ranking.clusters,
        "scores": [
            {"system": name, **asdict(score), **_places(rank)}
            for name, score, rank in zip(names, found.scores, found.ranking.ranks, strict=True)
        ],
        "pairs": _pairs(found.ranking, names),
        "changes": [asdict(one) for one in found.changes],
        "note": found.ranking.note,
    }


def _places(rank: Rank) -> dict[str, int]:
    return {"rank": rank.rank, "best": rank.best, "worst": rank.worst}


def _published(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """What was published of the systems, where whole benchmarks were compared under an equal protocol."""
    systems = {system.name: system for system in comparison.systems}
    seen = set()
    for one in comparison.results:
        first, second = one.paired.values[1], one.paired.values[0]
        for name, number in ((one.first, first), (one.second, second)):
            key, system = (name, one.benchmark, one.column.title), systems[name]
            if key in seen or len(system.cases[one.benchmark]) != one.paired.n:
                continue
            seen.add(key)
            ours = {"value": percent({"reducer": one.column.reducer}, number), "low": None, "high": None}
            wanted = Measured(system.model, one.benchmark, one.column.title, one.paired.n)
            yield from (pairing(name, ours, found) for found in matching(system.manifest, wanted))


def _remarks(comparison: Comparison) -> Iterator[str]:
    yield from (f"{one.name}: {remark}" for one in comparison.systems for remark in one.remarks)


def _system(system: System) -> dict[str, Any]:
    return {
        "name": system.name,
        "model": system.model,
        "source": system.source,
        "identity": system.about.get("digest"),
        "plan": system.manifest.get("plan"),
        "created": system.manifest.get("created"),
        "complete": system.is_complete,
        "planned": system.planned,
        "settled": system.settled,
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {"kind": one.kind, "benchmark": one.benchmark, "values": list(one.values)}


def _overlap(one: Overlap) -> dict[str, Any]:
    found = asdict(one) | {"compared": len(one.compared), "unscored": dict(one.unscored)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def _result(one: Result) -> dict[str, Any]:
    found = asdict(one.paired)
    second, first = found.pop("values")
    bootstrap = found.pop("bootstrap")
    return {
        "first": one.first,
        "second": one.second,
        "benchmark": one.benchmark,
        **_column(one),
        "first_value": first,
        "second_value": second,
        **found,
        "bootstrap": None if bootstrap is None else list(bootstrap),
        "p": one.paired.p,
        "p_corrected": one.p_corrected,
        "detectable": one.detectable,
        "sacrebleu": None if one.sacrebleu is None else _sacrebleu(asdict(one.sacrebleu)),
    }


def _column(one: Result | Ranked) -> dict[str, Any]:
    return {**asdict(one.column), "is_shown": one.is_shown}


def _sacrebleu(tests: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Its values stand as the result's do: first, second."""
    found: dict[str, Any] = {}
    for name, test in tests.items():
        found[name] = {key: list(reversed(value)) if isinstance(value, tuple) else value for key, value in test.items()}
    return found


def _ranked(one: Ranked) -> dict[str, Any]:
    names, found = one.systems, one.ranking
    return {
        "benchmark": one.benchmark,
        **_column(one),
        "n": found.n,
        "clusters": found.clusters,
        "level": found.level,
        "ranks": [{"system": name, **asdict(rank)} for name, rank in zip(names, found.ranks, strict=True)],
        "groups": [[names[number] for number in group] for group in found.groups],
        "pairs": _pairs(found, names),
        "note": found.note,
    }


def _pairs(ranking: Ranking, names: Sequence[str]) -> list[dict[str, Any]]:
    """Second less first, as all differences are told."""
    return [
        {
            "first": names[pair.first],
            "second": names[pair.second],
            "difference": -pair.difference,
            "low": None if pair.high is None else -pair.high,
            "high": None if pair.low is None else -pair.low,
            "p": pair.p,
        }
        for pair in ranking.pairs
    ]
