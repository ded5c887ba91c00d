"""The gate's part of `summary.json`: a pure function of the run's folder, which holds the baseline as well.

The manifest says what was asked of the gate (`gate`), the file `baseline.json` is the baseline itself.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.compare.baseline import read_baseline
from harness.compare.differences import differences
from harness.compare.system import System
from harness.compare.system import systems_of
from harness.gate.looks import Look
from harness.gate.looks import from_json
from harness.gate.looks import judge_again
from harness.gate.margins import Margins
from harness.gate.margins import from_manifest
from harness.gate.verdicts import ALPHA
from harness.gate.verdicts import Judged
from harness.gate.verdicts import Ungated
from harness.gate.verdicts import entries
from harness.gate.verdicts import judge
from harness.gate.verdicts import opponents
from harness.gate.verdicts import overall
from harness.results.folder import Run
from harness.results.groups import many

BASELINE = "baseline.json"
"""The baseline's file in a gated run's folder."""


def written(source: str, margins: Margins) -> dict[str, Any]:
    """What the manifest says of a gate; `sequential` is added where looks are taken before the end."""
    return {"baseline": source, "margins": margins.written(), "alpha": ALPHA, "sequential": None}


def gate_of(run: Run) -> dict[str, Any] | None:
    """The verdicts of a run with what they rest on; None where no gate was asked for.

    `decision` is None where no case is shared. Differences are the run's value less the baseline's, turned round where
    lower is better. Raises StoreError where the baseline in the folder cannot be read.
    """
    wish = run.manifest.get("gate")
    if not wish:
        return None
    margins, sequential = from_manifest(wish["margins"]), wish["sequential"]
    facing = opponents(systems_of(run), read_baseline(run.folder / BASELINE), wish["baseline"])
    verdicts, left = _judged(facing, margins, sequential)
    return {
        "baseline": wish["baseline"],
        "alpha": wish["alpha"],
        "decision": overall([judged for judged, _ in verdicts]) if any(judged.n for judged, _ in verdicts) else None,
        "sequential": sequential and {key: sequential[key] for key in ("rule", "looks", "looked", "finished")},
        "verdicts": [_verdict(judged, look) for judged, look in verdicts],
        "ungated": [asdict(ungated) for ungated in left],
        "differences": [difference for new, base in facing for difference in _differences(new, base)],
        "overlaps": [
            _overlap(judged, new) for judged, _ in verdicts for new, _ in facing if new.model == judged.entry.new.model
        ],
        "notes": [note for new, base in facing for note in _notes(new, base)],
    }


def _judged(
    facing: Sequence[tuple[System, System]], margins: Margins, sequential: Mapping[str, Any] | None
) -> tuple[list[tuple[Judged, int | None]], list[Ungated]]:
    """The verdicts, each with the look it is of, and what is not gated."""
    pairs = [entries(new, base, margins) for new, base in facing]
    left = [item for _, ungated in pairs for item in ungated]
    if sequential and sequential["looks"]:
        ((new, base),) = facing
        looks = [Look(look["number"], tuple(look["decided"])) for look in sequential["looks"]]
        return [*judge_again(new, base, margins, from_json(sequential), looks)], left
    return [(judged, None) for judged in judge([entry for gated, _ in pairs for entry in gated])], left


def _verdict(judged: Judged, look: int | None) -> dict[str, Any]:
    column = judged.entry.column
    return {
        "model": judged.entry.new.model,
        "benchmark": judged.entry.benchmark,
        **asdict(column),
        "decision": judged.decision,
        "value": judged.value,
        "base_value": judged.base_value,
        "difference": judged.difference,
        "low": judged.low,
        "high": judged.high,
        "level": judged.level,
        "margin": judged.margin,
        "points": judged.entry.margin,
        "n": judged.n,
        "detectable": judged.detectable,
        "too_small": judged.asks_too_much,
        "more": judged.more,
        "look": look,
        "note": judged.note,
    }


def _differences(new: System, base: System) -> Iterator[dict[str, Any]]:
    """What differs beside the model, of the benchmarks that both have."""
    for difference in differences((base, new)):
        if difference.benchmark is None or (difference.benchmark in base.cases and difference.benchmark in new.cases):
            yield {
                "model": new.model,
                "kind": difference.kind,
                "benchmark": difference.benchmark,
                "values": list(difference.values),
            }


def _overlap(judged: Judged, new: System) -> dict[str, Any]:
    """How many cases were compared and why others were not; those that a rule left unasked are none of them."""
    entry, overlap = judged.entry, judged.entry.overlap
    planned = new.cases[entry.benchmark]
    return {
        "model": new.model,
        "benchmark": entry.benchmark,
        "compared": len(overlap.compared),
        "asked_otherwise": overlap.asked_otherwise,
        "changed": len(overlap.changed),
        "only_run": len(overlap.only_first),
        "only_baseline": sum(name not in planned for name in overlap.only_second),
        "unscored": len(overlap.unscored),
    }


def _notes(new: System, base: System) -> Iterator[str]:
    if not base.is_complete:
        missing = base.planned - base.settled
        yield f"the baseline is incomplete: {many(missing, 'planned case')} of {base.planned} without a result"
    if new.about.get("digest") and new.about.get("digest") == base.about.get("digest"):
        yield f"{new.model} is the baseline's model, run the same way (identity {new.about['digest'][:12]})"
