"""One case as the report shows it: what was asked, what came back, what was made of it.

Plain values for the template; texts are shown whole, their openings and ends are only previews.
"""

import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Json
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Message
from harness.core import Record
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.core import Score
from harness.core import encode
from harness.report.folder import Prompts
from harness.report.numbers import NOTHING
from harness.report.numbers import percent
from harness.report.summary import Group
from harness.statistics import REDUCERS

PREVIEW = 240


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its text, or its turns; `end` is what tells it from the others, after solved examples."""

    end: str
    text: str | None = None
    turns: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One pair of a LogLikelihood request with its log P."""

    index: int
    label: str
    value: str
    tokens: int
    best: bool
    target: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: completions with their openings, or choices, or why it was refused."""

    samples: tuple[tuple[Completion, str], ...] = ()
    choices: tuple[Choice, ...] = ()
    refusal: str | None = None
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """What one metric made of the case: a verdict, or where there is none its value on this case alone."""

    metric: str
    kind: str
    verdict: str
    extracted: str | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class View:
    """One planned case; `record` is None where the run has none that counts."""

    id: str
    record: Record | None = None
    marks: tuple[str, ...] = ()
    target: str = ""
    opening: str = ""
    asked: tuple[Asked, ...] = ()
    answers: tuple[Answer, ...] = ()
    scores: tuple[Judged, ...] = ()


def views(group: Group, prompts: Prompts) -> Iterator[View]:
    """The planned cases of a model on a benchmark, in order, those without a record included."""
    metrics = {metric["name"]: metric for metric in group.metrics}
    for case in group.planned:
        record = group.records.get(case)
        yield View(case) if record is None else _view(record, prompts, metrics)


def _view(record: Record, prompts: Prompts, metrics: Mapping[str, Mapping[str, Any]]) -> View:
    requests = [prompts.get(one) for one in record.prompts]
    target = record.target if isinstance(record.target, str) else json.dumps(encode(record.target), ensure_ascii=False)
    turns = zip_longest(record.responses, requests)
    return View(
        record.case,
        record,
        _marks(record),
        target,
        opening(target),
        tuple(map(_asked, requests)),
        tuple(_answer(response, request, record.target) for response, request in turns if response is not None),
        tuple(_judged(score, metrics[score.metric]) for score in record.scores if score.metric in metrics),
    )


def _marks(record: Record) -> tuple[str, ...]:
    """Return what the case belongs to, and which attempt it took."""
    attempt = f"attempt {record.attempt}" if record.attempt > 1 else None
    cluster = f"cluster {record.cluster}" if record.cluster else None
    return tuple(mark for mark in (record.stratum, cluster, *record.tags, attempt) if mark)


def _asked(request: Request | None) -> Asked:
    if request is None:
        return Asked("not in prompts.jsonl")
    if isinstance(request, Generate) and not isinstance(request.prompt, str):
        return Asked(end(request.prompt[-1].content), turns=request.prompt)
    text = _text(request)
    return Asked(end(text), text)


def _text(request: Request) -> str:
    if isinstance(request, LogLikelihood):
        return _common([context for context, _ in request.pairs])
    return request.text if isinstance(request, Rolling) else str(request.prompt)


def _common(texts: Sequence[str]) -> str:
    """Return what all the texts begin with."""
    first, last = min(texts), max(texts)
    if first == last:
        return first
    differs = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differs, min(len(first), len(last)))]


def _answer(response: Response, request: Request | None, target: Json) -> Answer:
    if isinstance(response, Refusal):
        return Answer(refusal=response.reason)
    if isinstance(response, Completions):
        samples = tuple((completion, opening(completion.text)) for completion in response.completions)
        return Answer(samples=samples, dropped=response.dropped)
    return Answer(choices=tuple(_choices(response, request, target)), dropped=response.dropped)


def _choices(response: LogLikelihoods, request: Request | None, target: Json) -> Iterator[Choice]:
    right = target if isinstance(target, int) and not isinstance(target, bool) else None
    best = max(response.values, default=None)
    labels = _labels(request, len(response.values))
    for index, (label, value, tokens) in enumerate(zip(labels, response.values, response.tokens, strict=True)):
        yield Choice(index, label, f"{value:.3f}", tokens, value == best, index == right)


def _labels(request: Request | None, count: int) -> list[str]:
    """Return what tells the choices apart: the continuations, after what the contexts do not share."""
    if not isinstance(request, LogLikelihood) or len(request.pairs) != count:
        return [f"{number}" for number in range(count)]
    shared = len(_text(request))
    return [context[shared:] + continuation for context, continuation in request.pairs]


def _judged(score: Score, metric: Mapping[str, Any]) -> Judged:
    verdict = score.verdict or _value(score, metric)
    return Judged(score.metric, score.verdict or "value", verdict, score.extracted, score.cause)


def _value(score: Score, metric: Mapping[str, Any]) -> str:
    """Return what the metric would be on this case alone, on a scale of 100."""
    value = percent(metric, float(REDUCERS[metric["reducer"]](np.array(score.stats))))
    return NOTHING if value is None else f"{value:.1f}"


def end(text: str) -> str:
    """Return the last paragraphs of a text, or the last characters of a long one: after examples, the question."""
    if len(text) <= PREVIEW:
        return text
    tail = text[-PREVIEW:]
    _, _, whole = tail.partition("\n\n")
    return f"…{(whole if whole.strip() else tail).lstrip()}"


def opening(text: str) -> str:
    """Return the first characters of a text."""
    return text if len(text) <= PREVIEW else f"{text[:PREVIEW].rstrip()}…"
