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
        "flips": [asdict(flip) for flip in comparison.flips],
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
        "differences": [_difference(difference) for difference in comparison.differences],
        "overlaps": [_overlap(overlap) for overlap in comparison.overlaps],
        "results": [_result(result) for result in comparison.results],
        "rankings": [_ranked(ranked) for ranked in comparison.rankings],
        "study": _study(comparison.study, names),
        "mix": _mix(comparison.mix, names),
        "notes": list(comparison.notes),
    }


def _study(study: Study | None, names: Sequence[str]) -> dict[str, Any] | None:
    if study is None:
        return None
    return {
        "families": dict(zip(names, study.families, strict=True)),
        "areas": [_area(area, names) for area in study.areas],
    }


def _area(area: Area, names: Sequence[str]) -> dict[str, Any]:
    return {
        **asdict(area),
        "benchmarks": [{"benchmark": benchmark, "metric": metric} for benchmark, metric in area.benchmarks],
        "scores": [{"system": name, **asdict(score)} for name, score in zip(names, area.scores, strict=True)],
        "means": dict(zip(FAMILIES, map(asdict, area.means), strict=True)),
    }


def _mix(mix: Mix | None, names: Sequence[str]) -> dict[str, Any] | None:
    if mix is None:
        return None
    return {
        "weights": dict(mix.weights),
        "n": mix.ranking.n,
        "clusters": mix.ranking.clusters,
        "scores": [
            {"system": name, **asdict(score), **_places(rank)}
            for name, score, rank in zip(names, mix.scores, mix.ranking.ranks, strict=True)
        ],
        "pairs": _pairs(mix.ranking, names),
        "changes": [asdict(change) for change in mix.changes],
        "note": mix.ranking.note,
    }


def _places(rank: Rank) -> dict[str, int]:
    return {"rank": rank.rank, "best": rank.best, "worst": rank.worst}


def _published(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """What was published of the systems, where whole benchmarks were compared under an equal protocol."""
    systems = {system.name: system for system in comparison.systems}
    seen = set()
    for result in comparison.results:
        first, second = result.paired.values[1], result.paired.values[0]
        for name, number in ((result.first, first), (result.second, second)):
            key, system = (name, result.benchmark, result.column.title), systems[name]
            if key in seen or len(system.cases[result.benchmark]) != result.paired.n:
                continue
            seen.add(key)
            ours = {"value": percent({"reducer": result.column.reducer}, number), "low": None, "high": None}
            wanted = Measured(system.model, result.benchmark, result.column.title, result.paired.n)
            yield from (pairing(name, ours, figure) for figure in matching(system.manifest, wanted))


def _remarks(comparison: Comparison) -> Iterator[str]:
    yield from (f"{system.name}: {remark}" for system in comparison.systems for remark in system.remarks)


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


def _difference(difference: Difference) -> dict[str, Any]:
    return {"kind": difference.kind, "benchmark": difference.benchmark, "values": list(difference.values)}


def _overlap(overlap: Overlap) -> dict[str, Any]:
    fields = asdict(overlap) | {"compared": len(overlap.compared), "unscored": dict(overlap.unscored)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


def _result(result: Result) -> dict[str, Any]:
    fields = asdict(result.paired)
    second, first = fields.pop("values")
    bootstrap = fields.pop("bootstrap")
    return {
        "first": result.first,
        "second": result.second,
        "benchmark": result.benchmark,
        **_column(result),
        "first_value": first,
        "second_value": second,
        **fields,
        "bootstrap": None if bootstrap is None else list(bootstrap),
        "p": result.paired.p,
        "p_corrected": result.p_corrected,
        "detectable": result.detectable,
        "sacrebleu": None if result.sacrebleu is None else _sacrebleu(asdict(result.sacrebleu)),
    }


def _column(result: Result | Ranked) -> dict[str, Any]:
    return {**asdict(result.column), "is_shown": result.is_shown}


def _sacrebleu(tests: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Its values stand as the result's do: first, second."""
    values: dict[str, Any] = {}
    for name, test in tests.items():
        values[name] = {
            key: list(reversed(value)) if isinstance(value, tuple) else value for key, value in test.items()
        }
    return values


def _ranked(ranked: Ranked) -> dict[str, Any]:
    names, ranking = ranked.systems, ranked.ranking
    return {
        "benchmark": ranked.benchmark,
        **_column(ranked),
        "n": ranking.n,
        "clusters": ranking.clusters,
        "level": ranking.level,
        "ranks": [{"system": name, **asdict(rank)} for name, rank in zip(names, ranking.ranks, strict=True)],
        "groups": [[names[number] for number in group] for group in ranking.groups],
        "pairs": _pairs(ranking, names),
        "note": ranking.note,
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
