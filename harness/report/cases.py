"""One case as the report shows it: what was asked, what came back, what was made of it.

Plain dictionaries for the template; texts are shown whole, their openings and ends are only previews.
"""

import json
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.core import Completions
from harness.core import Generate
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Record
from harness.core import Refusal
from harness.core import Request
from harness.core import Rolling
from harness.core import Score
from harness.report.folder import Prompts
from harness.report.numbers import NOTHING
from harness.report.numbers import percent
from harness.report.summary import Group
from harness.statistics import REDUCERS

PREVIEW = 240
View = dict[str, Any]


def views(group: Group, prompts: Prompts) -> Iterator[View]:
    """The planned cases of a model on a benchmark, in order, those without a record included."""
    metrics = {metric["name"]: metric for metric in group.metrics}
    for case in group.planned:
        record = group.records.get(case)
        if record is None:
            yield {"id": case, "status": "not run", "reason": "planned, no record of it"}
        else:
            yield _view(record, prompts, metrics)


def _view(record: Record, prompts: Prompts, metrics: Mapping[str, Mapping[str, Any]]) -> View:
    requests = [prompts.get(one) for one in record.prompts]
    target = record.target if isinstance(record.target, str) else _json(record.target)
    answers = [_answer(response, _at(requests, turn)) for turn, response in enumerate(record.responses)]
    return {
        "id": record.case,
        "status": record.status.replace("_", " "),
        "reason": record.reason,
        "cluster": record.cluster,
        "stratum": record.stratum,
        "tags": record.tags,
        "attempt": record.attempt,
        "asked": [_asked(request) for request in requests],
        "answers": answers,
        "target": target,
        "target_opening": opening(target),
        "scores": [_scored(score, metrics) for score in record.scores if score.metric in metrics],
    }


def _at(requests: list[Request | None], turn: int) -> Request | None:
    return requests[turn] if turn < len(requests) else None


def _asked(request: Request | None) -> View:
    if request is None:
        return {"text": "", "end": "this prompt is not in prompts.jsonl", "turns": ()}
    if isinstance(request, Generate) and not isinstance(request.prompt, str):
        return {"text": None, "end": end(request.prompt[-1].content), "turns": request.prompt}
    text = _text(request)
    return {"text": text, "end": end(text), "turns": ()}


def _text(request: Request) -> str:
    if isinstance(request, Rolling):
        return request.text
    if isinstance(request, LogLikelihood):
        contexts = dict.fromkeys(context for context, _ in request.pairs)
        shared, many = next(iter(contexts)), len(contexts) > 1
        return f"{_common(list(contexts))}…" if many else shared
    return request.prompt if isinstance(request.prompt, str) else ""


def _common(texts: list[str]) -> str:
    """What all the texts begin with."""
    first, last = min(texts), max(texts)
    differs = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differs, min(len(first), len(last)))]


def _answer(response: Any, request: Request | None) -> View:
    if isinstance(response, Completions):
        samples = [
            {
                "text": one.text,
                "opening": opening(one.text),
                "finish": one.finish,
                "tokens": one.tokens,
                "thought": one.thought,
            }
            for one in response.completions
        ]
        return {"samples": samples, "dropped": response.dropped}
    if isinstance(response, LogLikelihoods):
        return {"choices": _choices(response, request), "dropped": response.dropped}
    return {"refusal": response.reason if isinstance(response, Refusal) else NOTHING, "dropped": 0}


def _choices(response: LogLikelihoods, request: Request | None) -> list[View]:
    best = max(response.values, default=None)
    labels = _labels(request, len(response.values))
    rows = zip(labels, response.values, response.tokens, response.greedy, strict=True)
    return [
        {"label": label, "value": f"{value:.3f}", "tokens": tokens, "greedy": greedy, "best": value == best}
        for label, value, tokens, greedy in rows
    ]


def _labels(request: Request | None, count: int) -> list[str]:
    """What tells the choices apart: the continuations, or what the contexts do not share, before them."""
    if not isinstance(request, LogLikelihood) or len(request.pairs) != count:
        return [f"{number}" for number in range(count)]
    contexts = [context for context, _ in request.pairs]
    shared = len(_common(contexts))
    return [context[shared:] + continuation for context, continuation in request.pairs]


def _scored(score: Score, metrics: Mapping[str, Mapping[str, Any]]) -> View:
    return {
        "metric": score.metric,
        "verdict": score.verdict or _value(score, metrics[score.metric]),
        "kind": score.verdict or "value",
        "extracted": score.extracted,
        "cause": score.cause,
    }


def _value(score: Score, metric: Mapping[str, Any]) -> str:
    """What the metric would be on this case alone, on a scale of 100."""
    value = percent(metric, float(REDUCERS[metric["reducer"]](np.array(score.stats))))
    return NOTHING if value is None else f"{value:.1f}"


def end(text: str) -> str:
    """The last characters of a text: after solved examples, the question."""
    return text if len(text) <= PREVIEW else f"…{text[-PREVIEW:].lstrip()}"


def opening(text: str) -> str:
    """The first characters of a text."""
    return text if len(text) <= PREVIEW else f"{text[:PREVIEW].rstrip()}…"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=dict)
