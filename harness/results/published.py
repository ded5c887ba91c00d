"""Scores that others published, beside ours where the protocol is equal: never a target.

The figures and their sources stand in `published.toml`. One is shown where model, benchmark, metric, number of solved
examples and number of cases are the same, on the Hub's rows and without chat template. What somebody reports without a
protocol is a *claim* and marked as one; it is shown where the others agree.
"""

import tomllib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from harness.printing.numbers import percent

_NAMES = frozenset({"model", "protocol", "source"})


@dataclass(frozen=True, slots=True)
class Published:
    """One score that somebody published.

    Attributes:
        model: The Hub's name of the model.
        benchmark: The page it stands beside.
        metric: The page's metric.
        cases: How many cases it is of.
        shots: How many solved examples were shown; None for a claim, whose protocol is not known.
        value: The score, in percent.
        protocol: How it was measured, in words.
        source: Where it was published.
        claim: Whether it was reported without a protocol.
        differs: What is known to differ from ours in how answers were taken; empty where nothing is.
    """

    model: str
    benchmark: str
    metric: str
    cases: int
    shots: int | None
    value: float
    protocol: str
    source: str
    claim: bool
    differs: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a published score is looked up for: a model of a run on a benchmark, by a metric (or `macro` and one)."""

    model: str
    benchmark: str
    metric: str
    cases: int


@cache
def load_published() -> tuple[Published, ...]:
    """All of them, in the order of the file."""
    text = resources.files("harness.results").joinpath("published.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    return (
        *_scores(content),
        *(Published(**claim, shots=None, protocol="not stated", claim=True) for claim in content["claims"]),
    )


def matching(manifest: Mapping[str, Any], ours: Measured) -> list[Published]:
    """What was published of this model under our protocol, and what was claimed."""
    card = manifest["models"].get(ours.model, {}).get("card", {})
    if card.get("path") or card.get("wheel") or not _is_real(manifest, ours):
        return []
    wanted = (card.get("hub_id"), ours.benchmark, ours.metric, ours.cases)
    shots = _shots(manifest, ours.benchmark)
    return [
        score
        for score in load_published()
        if (score.model, score.benchmark, score.metric, score.cases) == wanted and (score.claim or score.shots == shots)
    ]


def beside(manifest: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each published score of a summary's scores both figures, ours in percent as well."""
    pairings = []
    for score in scores:
        for title, estimate in ((score["metric"], score["estimate"]), (f"macro {score['metric']}", score["macro"])):
            if estimate is not None and score["counts"]["planned"] == estimate["n"]:
                ours = Measured(score["model"], score["benchmark"], title, estimate["n"])
                values = {name: percent(score, estimate[name]) for name in ("value", "low", "high")}
                pairings += [pairing(score["model"], values, published) for published in matching(manifest, ours)]
    return pairings


def pairing(system: str, ours: Mapping[str, float | None], theirs: Published) -> dict[str, Any]:
    """Both figures, as summaries and comparisons have them; `model` is ours by its name there."""
    named = {name: value for name, value in asdict(theirs).items() if name not in {"model", "value"}}
    return {"model": system, **named, "ours": dict(ours), "published": theirs.value}


def _scores(content: Mapping[str, Any]) -> Iterator[Published]:
    for row in content["scores"]:
        protocol = content["protocols"][row["protocol"]]
        for name, value in row.items():
            if name not in _NAMES:
                yield Published(
                    row["model"],
                    name,
                    **protocol[name],
                    value=value,
                    protocol=f"{protocol['source']}; {protocol['harness']}",
                    source=row["source"],
                    claim=False,
                )


def _is_real(manifest: Mapping[str, Any], ours: Measured) -> bool:
    """Whether rows of the Hub were asked without chat template."""
    origins = manifest["benchmarks"][ours.benchmark].get("data", ())
    settings = manifest["models"].get(ours.model, {}).get("settings") or {}
    return not any(origin.get("source") == "sample" for origin in origins) and not settings.get("template")


def _shots(manifest: Mapping[str, Any], benchmark: str) -> int | None:
    """How many solved examples stood before each question; None where the run does not say."""
    shots = manifest.get("settings", {}).get("shots")
    told = shots.get(benchmark, 0) if isinstance(shots, Mapping) else shots
    return told if isinstance(told, int) else None
