"""The cases of a run as the page reads them: what was asked, what came back, what was made of it.

A case is two JSON objects. Its `entry` is what lists and filters need, with the end of the question and the opening
of the answer; its `detail` is all the rest, read when somebody opens the case. No text stands in both: a question is
`detail` + `entry`, an answer `entry` + `detail`.
"""

import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from itertools import chain
from typing import Any

import numpy as np

from harness.core import Completions
from harness.core import Generate
from harness.core import Json
from harness.core import LogLikelihood
from harness.core import LogLikelihoods
from harness.core import Record
from harness.core import Refusal
from harness.core import Request
from harness.core import Response
from harness.core import Rolling
from harness.core import Score
from harness.diagnostics.examined import Examined
from harness.encoding import encode
from harness.printing.numbers import NOTHING
from harness.printing.numbers import printed
from harness.printing.visible import visible
from harness.prompts import with_gap
from harness.report.verdicts import made
from harness.results.folder import Prompts
from harness.results.groups import Group
from harness.statistics import value_of

PREVIEW = 240
"""Characters of a question's end and an answer's opening that stand in an entry."""
_VERDICTS = {"correct": "c", "wrong": "w", "invalid": "i", None: "v"}
_MISSING = "not in prompts.jsonl"


@dataclass(slots=True)
class Words:
    """Labels that many cases share, numbered as they first occur."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, word: str) -> int:
        """The label's number."""
        return self.numbers.setdefault(word, len(self.numbers))


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark's groups by model, in the page's order of models; None where a model was not asked.

    `number` is its place in the page's list; `key` the metric that stands for a case in lists.
    """

    number: int
    groups: tuple[Group | None, ...]
    key: str

    @property
    def metrics(self) -> tuple[Mapping[str, Any], ...]:
        """The manifest's metrics."""
        return next(group for group in self.groups if group is not None).metrics

    @property
    def ids(self) -> Sequence[str]:
        """The planned cases of all models, each once, in the order of the plan."""
        return tuple(dict.fromkeys(chain.from_iterable(group.planned for group in self.groups if group is not None)))


def cases(
    benchmark: Benchmark, prompts: Prompts, tags: Words, examined: Examined
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The (entry, detail) of each planned case, those without a record included."""
    planned = [frozenset(group.planned) if group is not None else frozenset() for group in benchmark.groups]
    metrics = [metric["name"] for metric in benchmark.metrics]
    reader = _Reader(benchmark, prompts, tags, metrics, planned, examined)
    for case in benchmark.ids:
        yield reader.case(case)


@dataclass(frozen=True, slots=True)
class _Reader:
    """What the cases of one benchmark are read with."""

    benchmark: Benchmark
    prompts: Prompts
    tags: Words
    metrics: Sequence[str]
    planned: Sequence[frozenset[str]]
    examined: Examined

    def case(self, case: str) -> tuple[dict[str, Any], dict[str, Any]]:
        records = [None if group is None else group.records.get(case) for group in self.benchmark.groups]
        known = [record for record in records if record is not None]
        asked = list(dict.fromkeys(record.asked for record in known))
        requests = {turns: [self.prompts.get(prompt) for prompt in turns] for turns in asked}
        asks = [[_asked(request) for request in requests[turns]] for turns in asked]
        ask, target = _cut_end(asks), _target(known[0].target) if known else ""
        entry: dict[str, Any] = {
            "benchmark": self.benchmark.number,
            "id": visible(case),
            "ask": ask,
            "target": target[:PREVIEW],
            "runs": [],
        }
        if tags := [self.tags.number(visible(tag)) for tag in dict.fromkeys(chain.from_iterable(map(_tags, known)))]:
            entry["tags"] = tags
        detail: dict[str, Any] = {"asks": asks, "target": target[PREVIEW:], "runs": []}
        for planned, record in zip(self.planned, records, strict=True):
            first, rest = {"status": "not_run"} if case in planned else None, None
            if record is not None:
                first, rest = self._run(record, requests[record.asked], asked.index(record.asked))
            entry["runs"].append(first)
            detail["runs"].append(rest)
        return entry, detail

    def _run(
        self, record: Record, requests: Sequence[Request | None], asked: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What one model made of a case: for the list, and the rest."""
        scores = {score.metric: score for score in record.scores}
        padded = [*requests, *(None for _ in range(len(record.answers) - len(requests)))]
        answers = [
            _answer(response, request, record.target) for response, request in zip(record.answers, padded, strict=False)
        ]
        first: dict[str, Any] = {
            "verdicts": "".join(_VERDICTS[scores[name].verdict] if name in scores else "-" for name in self.metrics),
            "answer": _opening(answers[-1]) if answers else "",
        }
        if record.status != "measured":
            first["status"] = record.status
        key = scores.get(self.benchmark.key)
        if key is not None and key.extracted is not None:
            first["extracted"] = visible(key.extracted)[:PREVIEW]
        if key is not None and key.verdict is None:
            first["value"] = self._value(key)
        if flags := _flags(record):
            first["flags"] = flags
        rest: dict[str, Any] = {
            "asked": asked,
            "answers": answers,
            "scores": [self._judged(score) for score in record.scores if score.metric in self.metrics],
            "node": visible(record.node),
            "attempt": record.attempt,
            "seconds": round(record.seconds, 3),
        }
        if (programs := made(record, self.examined)) is not None:
            rest["programs"] = programs
        if record.reason is not None:
            rest["reason"] = visible(record.reason)
        if record.cluster is not None:
            rest["cluster"] = visible(record.cluster)
        return first, rest

    def _judged(self, score: Score) -> list[Any]:
        """What a metric made of the case: [its number, letter, value where there is no verdict, extracted, cause]."""
        return [
            self.metrics.index(score.metric),
            _VERDICTS[score.verdict],
            self._value(score) if score.verdict is None else None,
            None if score.extracted is None else visible(score.extracted),
            None if score.cause is None else visible(score.cause),
        ]

    def _value(self, score: Score) -> str:
        """What the metric would be on this case alone."""
        metric = self.benchmark.metrics[self.metrics.index(score.metric)]
        return printed(metric, value_of(metric["reducer"], np.array([score.stats]))) or NOTHING


def _tags(record: Record) -> tuple[str, ...]:
    return record.tags if record.stratum is None else (record.stratum, *record.tags)


def _target(target: Json) -> str:
    return visible(target if isinstance(target, str) else json.dumps(encode(target), ensure_ascii=False))


def _flags(record: Record) -> str:
    """`t` where an answer was cut off, `e` where one is empty, `d` where its prompt was cut, `a` tokenised apart."""
    last = record.answer
    if not isinstance(last, Completions | LogLikelihoods):
        return ""
    texts = last.completions if isinstance(last, Completions) else ()
    flags = {
        "t": any(completion.finish == "length" for completion in texts),
        "e": any(not completion.text.strip() for completion in texts),
        "d": last.dropped > 0,
        "a": isinstance(last, LogLikelihoods) and last.apart > 0,
    }
    return "".join(flag for flag, is_so in flags.items() if is_so)


def _asked(request: Request | None) -> Any:
    """A request as null (unknown), a text, or turns [role, text]."""
    if request is None:
        return None
    if isinstance(request, Generate) and not isinstance(request.prompt, str):
        return [[turn.role, visible(turn.content)] for turn in request.prompt]
    return visible(_text(request))


def _cut_end(asks: list[list[Any]]) -> str:
    """Take the end of the last request out of the first asked: after solved examples, that is the question."""
    if not asks or not asks[0]:
        return ""
    last = asks[0][-1]
    if last is None:
        return _MISSING
    if isinstance(last, str):
        asks[0][-1], ask = _split_end(last)
        return ask
    role, text = last[-1]
    head, ask = _split_end(text)
    last[-1] = [role, head]
    return ask


def _split_end(text: str) -> tuple[str, str]:
    """A text in two: its last paragraphs, or its last characters where these are blank, are the second."""
    if len(text) <= PREVIEW:
        return "", text
    tail = text[-PREVIEW:]
    _, _, whole = tail.partition("\n\n")
    ask = whole if whole.strip() else tail
    return text[: len(text) - len(ask)], ask


def _text(request: Request) -> str:
    if isinstance(request, LogLikelihood):
        return _common([context for context, _ in request.pairs])
    if isinstance(request, Rolling):
        return request.text
    return with_gap(request) if isinstance(request, Generate) else ""


def _common(texts: Sequence[str]) -> str:
    """Return what all the texts begin with."""
    first, last = min(texts), max(texts)
    if first == last:
        return first
    differs = (place for place, (letter, other) in enumerate(zip(first, last, strict=False)) if letter != other)
    return first[: next(differs, min(len(first), len(last)))]


def _opening(answer: dict[str, Any]) -> str:
    """Take the opening of the first sample out of an answer; of choices, repeat the likeliest."""
    if samples := answer.get("samples"):
        text: str = samples[0][0]
        samples[0][0] = text[PREVIEW:]
        return text[:PREVIEW]
    best = next((choice for choice in answer.get("choices", ()) if "b" in choice[3]), None)
    return "" if best is None else best[0][:PREVIEW]


def _answer(response: Response, request: Request | None, target: Json) -> dict[str, Any]:
    """A response as samples [text, finish, tokens, thought], choices [label, log P, tokens, marks], or a refusal."""
    if isinstance(response, Refusal):
        return {"refusal": visible(response.reason)}
    if not isinstance(response, Completions | LogLikelihoods):
        return {}
    fields: dict[str, Any] = {"dropped": response.dropped} if response.dropped else {}
    if isinstance(response, Completions):
        return fields | {
            "samples": [
                [
                    visible(completion.text),
                    completion.finish,
                    completion.tokens,
                    None if completion.thought is None else visible(completion.thought),
                ]
                for completion in response.completions
            ],
            "prompt_tokens": response.prompt_tokens,
        }
    fields |= {"apart": response.apart} if response.apart else {}
    return fields | {"choices": _choices(response, request, target)}


def _choices(response: LogLikelihoods, request: Request | None, target: Json) -> list[list[Any]]:
    """One entry a pair; the marks are `b` for the likeliest and `t` for the target."""
    right = target if isinstance(target, int) and not isinstance(target, bool) else None
    best = max(response.values, default=None)
    labels = _labels(request, len(response.values))
    return [
        [label, f"{value:.3f}", tokens, "b" * (value == best) + "t" * (index == right)]
        for index, (label, value, tokens) in enumerate(zip(labels, response.values, response.tokens, strict=True))
    ]


def _labels(request: Request | None, count: int) -> list[str]:
    """Return what tells the choices apart: the continuations, after what the contexts do not share."""
    if not isinstance(request, LogLikelihood) or len(request.pairs) != count:
        return [f"{number}" for number in range(count)]
    shared = len(_text(request))
    return [visible(context[shared:] + continuation) for context, continuation in request.pairs]
