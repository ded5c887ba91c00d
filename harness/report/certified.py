"""Certified answers: how many scores changed when a share of the cases was asked again in other batches.

`certified.jsonl` is append-only like `records.jsonl`, and holds the records of the cases that were asked again.
"""

import math
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any
from typing import TypeAlias

from harness.core import Completions
from harness.core import LogLikelihoods
from harness.core import Record
from harness.core import Score
from harness.results.folder import Run
from harness.results.folder import read_records
from harness.results.groups import many
from harness.statistics import estimate
from harness.statistics.reducers import PROPORTION

NAME = "certified.jsonl"
SAME = 1e-4
"""Statistics that differ by less than this share of themselves are the same score: no digit that is printed differs."""
_SHOWN = 5

Key: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Certified:
    """What asking cases of one model again has shown.

    Attributes:
        model: The model's name.
        of: How many cases of the model are measured.
        cases: How many of them were asked again and scored.
        unanswered: How many were asked again and got no score.
        flipped: The cases of which a score differs, as benchmark and case.
        estimate: The flip rate, with its interval: `flipped` over `cases`.
        texts: How many texts were compared, thoughts included.
        texts_apart: How many of them differ.
        continuations: How many log-likelihoods were compared.
        nats: The largest difference of one, in nats; None where none was compared.
        farthest: The case of that difference; None where all are equal.
    """

    model: str
    of: int
    cases: int
    unanswered: int
    flipped: list[list[str]]
    estimate: Mapping[str, Any]
    texts: int
    texts_apart: int
    continuations: int
    nats: float | None
    farthest: list[str] | None


def pairs(run: Run) -> dict[Key, tuple[Record, Record]]:
    """Each case that was asked again of the same model in the same words: its record, and the one made then.

    Raises StoreError where a line of `certified.jsonl` is no record.
    """
    again = read_records(run.folder / NAME, [])
    first = {(record.model, record.benchmark, record.case): record for record in run.records}
    return {
        key: (first[key], record)
        for key, record in again.items()
        if key in first
        and first[key].status == "measured"
        and (first[key].identity, first[key].digest) == (record.identity, record.digest)
    }


def certified(run: Run) -> list[dict[str, Any]]:
    """The part of the summary, a `Certified` a model in the manifest's order; empty where nothing was asked again."""
    all_pairs = pairs(run)
    return [
        asdict(_certified(run, model, own))
        for model in run.manifest["planned"]
        if (own := [pair for key, pair in all_pairs.items() if key[0] == model])
    ]


def sentences(summary: Mapping[str, Any]) -> Iterator[str]:
    """What a report says of it, a sentence a model."""
    for row in summary.get("certified", ()):
        parts = [f"{row['cases']} of {many(row['of'], 'case')} asked again in other batches", *_rate(row)]
        if row["texts"]:
            parts.append(f"{row['texts_apart']} of {many(row['texts'], 'text')} changed")
        if row["continuations"]:
            of = f", that of {'/'.join(row['farthest'])}" if row["farthest"] else ""
            compared = many(row["continuations"], "log-likelihood")
            parts.append(f"{compared} compared, changed by {row['nats']:.2g} nats at most{of}")
        if row["unanswered"]:
            parts.append(f"{many(row['unanswered'], 'more case')} got no score this time")
        yield f"{row['model']}: {'; '.join(parts)}"


def _rate(row: Mapping[str, Any]) -> Iterator[str]:
    """The flip rate and the first of the cases that flipped."""
    known, flipped = row["estimate"], row["flipped"]
    if known["value"] is None:
        return
    reach = "no interval"
    if known["low"] is not None:
        reach = f"{100 * known['level']:g} % interval {known['low']:.1%} to {known['high']:.1%}"
    rate = f"{many(len(flipped), 'score')} changed, {known['value']:.1%} ({reach})"
    more = f" and {len(flipped) - _SHOWN} more" if len(flipped) > _SHOWN else ""
    yield rate + (f": {', '.join(map('/'.join, flipped[:_SHOWN]))}{more}" if flipped else "")


def _certified(run: Run, model: str, all_pairs: Sequence[tuple[Record, Record]]) -> Certified:
    scored = [(before, after) for before, after in all_pairs if after.status == "measured"]
    flips = [_is_flipped(before, after) for before, after in scored]
    clusters = [f"{before.benchmark}/{before.cluster or before.case}" for before, _ in scored]
    texts = [pair for before, after in scored for pair in _texts(before, after)]
    logs = [(abs(a - b), before) for before, after in scored for a, b in _values(before, after)]
    most, of = max(logs, key=lambda each: each[0], default=(None, None))
    return Certified(
        model,
        sum(record.model == model and record.status == "measured" for record in run.records),
        len(scored),
        len(all_pairs) - len(scored),
        [[before.benchmark, before.case] for (before, _), flip in zip(scored, flips, strict=True) if flip],
        asdict(estimate([(float(flip), 1.0) for flip in flips], PROPORTION, clusters or None)),
        len(texts),
        sum(first != second for first, second in texts),
        len(logs),
        most,
        [of.benchmark, of.case] if of is not None and most else None,
    )


def _is_flipped(before: Record, after: Record) -> bool:
    """Whether any score differs: another verdict, or statistics that are further apart than `SAME`."""
    first, second = ({score.metric: score for score in record.scores} for record in (before, after))
    return first.keys() != second.keys() or not all(_is_same(first[name], second[name]) for name in first)


def _is_same(first: Score, second: Score) -> bool:
    if first.verdict != second.verdict or len(first.stats) != len(second.stats):
        return False
    both = zip(first.stats, second.stats, strict=True)
    return all(math.isclose(value, other, rel_tol=SAME, abs_tol=1e-9) for value, other in both)


def _texts(before: Record, after: Record) -> Iterator[tuple[str, str]]:
    """The texts of the same requests; a later turn that was asked in other words is left out."""
    for first, second in _answers(before, after):
        if isinstance(first, Completions) and isinstance(second, Completions):
            for made, other in zip(first.completions, second.completions, strict=False):
                yield (made.thought or "") + made.text, (other.thought or "") + other.text


def _values(before: Record, after: Record) -> Iterator[tuple[float, float]]:
    for first, second in _answers(before, after):
        if isinstance(first, LogLikelihoods) and isinstance(second, LogLikelihoods):
            yield from zip(first.values, second.values, strict=False)


def _answers(before: Record, after: Record) -> Iterator[tuple[Any, Any]]:
    for first, second, asked, also in zip(before.answers, after.answers, before.asked, after.asked, strict=False):
        if asked == also:
            yield first, second
