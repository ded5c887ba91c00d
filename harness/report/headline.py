"""Headline scores: the one number a recipe takes of each of its benchmarks, and their mean.

Leaderboards rank by such a mean. It is there only where every benchmark of the recipe has its number, all on one scale.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from harness.cases.recipes import headline
from harness.printing.numbers import NOTHING
from harness.printing.numbers import printed
from harness.statistics import RANGES

_UNIT = (0.0, 1.0)


def headlines(manifest: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each model the headline scores of the manifest's recipe and their mean; empty where it names none.

    A benchmark without a value has None, and then there is no mean; neither is there of one benchmark alone.
    """
    wanted = _wanted(manifest)
    models = [_of_model(model, wanted, scores) for model in manifest["planned"]]
    return [model for model in models if any(score["value"] is not None for score in model["scores"])]


def is_headline(manifest: Mapping[str, Any], benchmark: str, metric: str) -> bool:
    """Whether the manifest's recipe takes this metric's number of the benchmark."""
    text = _wanted(manifest).get(benchmark)
    return text is not None and headline(text)[0] == metric


def _wanted(manifest: Mapping[str, Any]) -> Mapping[str, str]:
    """The recipe's headline by benchmark."""
    metrics: Mapping[str, str] = manifest.get("recipe", {}).get("metrics", {})
    return metrics


def _of_model(model: str, wanted: Mapping[str, str], scores: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    known = {(score["model"], score["benchmark"], score["metric"]): score for score in scores}
    shown: list[dict[str, Any]] = []
    ranges = set()
    for benchmark, text in wanted.items():
        metric, macro = headline(text)
        score = known.get((model, benchmark, metric))
        estimate = None if score is None else score["macro" if macro else "estimate"]
        shown.append({"benchmark": benchmark, "metric": text, "value": estimate and estimate["value"]})
        if score is not None:
            ranges.add(RANGES.get(score["reducer"], _UNIT))
    values = [row["value"] for row in shown]
    whole = len(values) > 1 and None not in values and ranges == {_UNIT}
    return {"model": model, "scores": shown, "mean": fmean(values) if whole else None}


def means_of(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line a model: the mean in percent with what it is the mean of, or what is missing."""
    for line in lines:
        missing = [score["benchmark"] for score in line["scores"] if score["value"] is None]
        each = ", ".join(f"{score['benchmark']} {score['metric']}" for score in line["scores"])
        if missing:
            yield f"{line['model']}: no mean of the headline scores, without {', '.join(missing)}"
        elif line["mean"] is not None:
            mean = printed({"reducer": "mean"}, line["mean"])
            yield f"{line['model']}: {mean or NOTHING} is the mean of {len(line['scores'])} headline scores ({each})"
