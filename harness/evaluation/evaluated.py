"""A run that is over, as Python values: rows that pandas and polars take as they are."""

import json
import math
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np

from harness.compare.compare import compare
from harness.compare.document import document
from harness.compare.load import load
from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Record
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.encoding import encode
from harness.prompts import flat
from harness.results.folder import Prompts
from harness.results.folder import read_run
from harness.results.groups import Group
from harness.results.groups import groups
from harness.statistics import value_of

Row = dict[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A run's folder and its `summary.json`; `Evaluated.read` opens one that is there."""

    path: Path
    summary: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, path: str | Path) -> "Evaluated":
        """The run in a folder, its report made again; raises StoreError where there is none."""
        from harness.report.write import write_report

        return cls(Path(path), write_report(Path(path)))

    @property
    def complete(self) -> bool:
        """Whether every planned case has a result."""
        return bool(self.summary["complete"])

    def scores(self) -> list[Row]:
        """A row a model, benchmark and metric: `score` and its 95 % interval, `low` to `high`, on the metric's scale.

        They are None where no case was measured, or no interval can be had. `headline` marks the metric that stands for
        its benchmark. `n` counts the cases measured, of `planned`; `truncated`, `empty`, `not_extracted`, `refused`,
        `errors` and `not_run` those that a reader of the score must know of.
        """
        return [_score(score) for score in self.summary["scores"]]

    def cases(self) -> list[Row]:
        """A row a case and metric, of every planned case: what was asked and answered, and what was made of it.

        `value` is the metric on this case alone, on its own scale; texts are those of the last turn and the first
        sample. A case without a score has one row, with its `status` and `reason`.
        """
        run = read_run(self.path)
        all_groups, _ = groups(run)
        return [row for group in all_groups for case in group.planned for row in _rows(group, case, run.prompts)]

    def compare(self, other: "Evaluated | str | Path") -> dict[str, Any]:
        """The comparison with another run, as `crosstask compare OTHER RUN --json` writes it: paired, other first.

        Raises UsageError where the two have no case in common.
        """
        place = other.path if isinstance(other, Evaluated) else Path(other)
        return document(compare(load([str(place), str(self.path)])))


def _score(score: Mapping[str, Any]) -> Row:
    estimate, counts = score["estimate"], dict(score["counts"])
    measured = counts.pop("measured")
    return {
        "model": score["model"],
        "area": score["area"],
        "benchmark": score["benchmark"],
        "metric": score["metric"],
        "headline": score["headline"],
        "score": estimate["value"],
        "low": estimate["low"],
        "high": estimate["high"],
        "higher_is_better": score["higher_is_better"],
        "n": measured,
        **counts,
    }


def _rows(group: Group, case: str, prompts: Prompts) -> Iterator[Row]:
    record = group.records.get(case)
    if record is None:
        yield {**_case(group, case), "status": "not_run"}
        return
    asked = {**_case(group, case), **_answered(record, prompts)}
    if not record.scores:
        yield asked
    for score in record.scores:
        reducer = next((metric["reducer"] for metric in group.metrics if metric["name"] == score.metric), None)
        value = math.nan if reducer is None else value_of(reducer, np.array([score.stats]))
        yield {
            **asked,
            "metric": score.metric,
            "verdict": score.verdict,
            "value": None if math.isnan(value) else value,
            "extracted": score.extracted,
            "cause": score.cause,
        }


def _case(group: Group, case: str) -> Row:
    """A row with every key, so that tables have the same columns whatever came of the cases."""
    names = ("stratum", "metric", "verdict", "value", "extracted", "cause", "target", "prompt", "response", "seconds")
    known: Row = {"model": group.model, "benchmark": group.benchmark, "case": case, "status": None, "reason": None}
    return {**known, **dict.fromkeys(names)}


def _answered(record: Record, prompts: Prompts) -> Row:
    request = prompts.get(record.asked[-1]) if record.asked else None
    return {
        "status": record.status,
        "reason": record.reason,
        "stratum": record.stratum,
        "target": record.target if isinstance(record.target, str) else _json(record.target),
        "prompt": None if request is None else _prompt(request),
        "response": None if record.answer is None else _response(record.answer),
        "seconds": record.seconds,
    }


def _prompt(request: Request) -> str:
    """The text that is asked: a prompt, the context of the first continuation, a whole text."""
    if isinstance(request, Generate):
        return flat(request.prompt)
    if isinstance(request, LogLikelihood):
        return request.pairs[0][0]
    return request.text if isinstance(request, Rolling) else _json(encode(request))


def _response(response: Response) -> str:
    """The text of the first sample, or log-likelihoods in nats as a JSON list."""
    if isinstance(response, Completions):
        return response.completions[0].text
    return _json(response.values) if isinstance(response, LogLikelihoods) else _json(encode(response))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
