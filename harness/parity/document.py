"""A parity as JSON, schema `crosstask/parity/1`: what the terminal shows, and all of it."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.compare.differences import differences
from harness.parity.asking import Asked
from harness.parity.asking import Key
from harness.parity.divergence import NEAR
from harness.parity.divergence import Divergence
from harness.parity.flips import flips
from harness.parity.state import Comparison
from harness.parity.state import Rule
from harness.parity.subjects import Subject
from harness.parity.verdicts import Judged

SCHEMA = "crosstask/parity/1"


def document(comparison: Comparison, subjects: tuple[Subject, ...], rule: Rule) -> dict[str, Any]:
    """The parity in words that JSON has; `subjects` are those of its sides, in the same order.

    Scores and differences are the metric's own, 0 to 1 with more being better; the margin is in points.
    """
    judged = {**comparison.decided, **comparison.open}
    return {
        "schema": SCHEMA,
        "decision": comparison.whole,
        "margin": rule.margin,
        "measure": "flips" if rule.flips else "score",
        "alpha": rule.alpha,
        "seed": rule.seed,
        "near_tie": NEAR,
        "planned": sum(comparison.planned.values()),
        "asked": comparison.asked,
        "looks": comparison.looks,
        "broken": comparison.broken,
        "notes": list(_notes(comparison)),
        "subjects": list(_subjects(comparison, subjects)),
        "verdicts": [
            _verdict(*judged[place], place)
            for side in comparison.sides[1:]
            for name in comparison.planned
            if (place := (side.name, name)) in judged
        ],
        "not_compared": [asdict(left) for left in comparison.not_compared.values()],
        "divergences": [_divergence(place, apart) for place, apart in comparison.divergences.items()],
    }


def _subjects(comparison: Comparison, subjects: tuple[Subject, ...]) -> Iterator[dict[str, Any]]:
    for side, subject in zip(comparison.sides, subjects, strict=True):
        about = side.system().about
        yield {
            "name": side.name,
            "title": subject.title,
            "model": side.model,
            "run": side.system().source,
            "asked": isinstance(side, Asked),
            "identity": about.get("digest"),
            "decision": None if side is comparison.sides[0] else comparison.decision(side.name),
        }


def _notes(comparison: Comparison) -> Iterator[str]:
    reference, *others = comparison.sides
    base = reference.system()
    for side in others:
        system = side.system()
        own = any(Path(system.source).glob("answers-*.sqlite"))  # a server's answers are no other run's
        if base.about.get("digest") and base.about.get("digest") == system.about.get("digest") and not own:
            yield f"{side.name} is {base.name} by all that is known to change answers: its kept answers serve both"
        for difference in differences((base, system)):
            if difference.benchmark is None or difference.benchmark in comparison.planned:
                of = f" of {difference.benchmark}" if difference.benchmark else ""
                old, new = difference.values
                yield f"{difference.kind}{of}: {old} in {base.name}, {new} in {side.name}"


def _verdict(judged: Judged, look: int, place: Key) -> dict[str, Any]:
    facing, parity = judged.facing, judged.parity
    scores = list(facing.scores.values())
    subject, benchmark = place
    return {
        "subject": subject,
        "benchmark": benchmark,
        "metric": facing.column.metric,
        "decision": judged.decision,
        "look": look,
        "n": len(scores),
        "missing": len(facing.missing),
        "left_out": dict(facing.left),
        "base_value": sum(base for base, _ in scores) / len(scores) if scores else None,
        "value": sum(new for _, new in scores) / len(scores) if scores else None,
        "difference": parity and parity.difference,
        "low": parity and parity.low,
        "high": parity and parity.high,
        "more": parity and parity.more,
        "flips": asdict(flips(facing)),
    }


def _divergence(place: Key, apart: Divergence) -> dict[str, Any]:
    written = {"subject": place[0], "benchmark": place[1], **asdict(apart)}
    if apart.texts is not None:
        for parting, entry in zip(apart.texts.partings, written["texts"]["partings"], strict=True):
            entry["near_tie"] = parting.is_near_tie
    return written
