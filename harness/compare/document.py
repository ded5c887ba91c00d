"""A comparison as JSON: schema `crosstask/comparison/1`, flat lists to read into a table."""

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from harness.compare.alignment import Overlap
from harness.compare.compare import Comparison
from harness.compare.differences import Difference
from harness.compare.results import Ranked
from harness.compare.results import Result
from harness.compare.system import System

SCHEMA = "crosstask/comparison/1"


def document(comparison: Comparison) -> dict[str, Any]:
    """The whole comparison; `first` and `second` are names of `systems`, differences are second less first."""
    return {
        "schema": SCHEMA,
        "systems": [_system(system) for system in comparison.systems],
        **part(comparison),
        "notes": [*comparison.notes, *_remarks(comparison)],
        "flips": [asdict(one) for one in comparison.flips],
    }


def part(comparison: Comparison) -> dict[str, Any]:
    """What the summary of a run with several models holds of it: of systems the names, no lists of flipped cases."""
    choice = comparison.choice
    return {
        "names": [system.name for system in comparison.systems],
        "level": choice.draws.level,
        "resamples": choice.draws.resamples,
        "seed": choice.draws.seed,
        "correction": choice.correction,
        "family": comparison.family,
        "differences": [_difference(one) for one in comparison.differences],
        "overlaps": [_overlap(one) for one in comparison.overlaps],
        "results": [_result(one) for one in comparison.results],
        "rankings": [_ranked(one) for one in comparison.rankings],
        "notes": list(comparison.notes),
    }


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
        "pairs": [
            {
                "first": names[pair.first],
                "second": names[pair.second],
                "difference": -pair.difference,
                "low": None if pair.high is None else -pair.high,
                "high": None if pair.low is None else -pair.low,
                "p": pair.p,
            }
            for pair in found.pairs
        ],
        "note": found.note,
    }
