"""How long answers were and how long they took: tokens and what was cut off by benchmark, seconds by model."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihoods
from harness.core import Record
from harness.results.groups import Group

_EDGES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
"""Classes of answers by their tokens: 0, 1, 2 to 3, 4 to 7, ... each twice as wide, as lengths spread by factors."""

_WORTH_MEASURING = 0.1


@dataclass(frozen=True, slots=True)
class Lengths:
    """The texts a model wrote on a benchmark, each sample one: how many, their tokens, how many were cut off or empty.

    `quantiles` are the 10th, 50th and 90th percentile of their tokens; `classes` is (from, to, count) of each class of
    lengths, from the first to the last that is not empty, `to` included.
    """

    answers: int
    tokens: int
    quantiles: tuple[float, float, float]
    longest: int
    truncated: int
    empty: int
    classes: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What a model's answers on a benchmark took, in tokens.

    `written` are those of completions with their thoughts, `scored` those of continuations whose log P was asked.
    `lengths` is None where the model wrote no text.
    """

    model: str
    benchmark: str
    cases: int
    prompt: int
    written: int
    scored: int
    lengths: Lengths | None


@dataclass(frozen=True, slots=True)
class Pace:
    """What a model's engine did in the session that asked it last: requests, tokens, and the seconds they took."""

    model: str
    requests: int
    written: int
    scored: int
    seconds: float

    @property
    def rate(self) -> float | None:
        """Tokens a second, written and scored; None where there are none, or in no time worth measuring."""
        tokens = self.written + self.scored
        return tokens / self.seconds if tokens and self.seconds >= _WORTH_MEASURING else None


def paces(manifest: Mapping[str, Any]) -> list[Pace]:
    """One of each model whose engine was asked."""
    engines = {name: (known.get("engine") or {}).get("answered") for name, known in manifest["models"].items()}
    return [Pace(name, **answered) for name, answered in engines.items() if answered]


@dataclass(frozen=True, slots=True)
class Total:
    """All of a model's tokens in a run's answers; `pace` is None where no engine of this run was asked."""

    model: str
    prompt: int
    written: int
    scored: int
    pace: Pace | None


def totals(lines: Sequence[Work], manifest: Mapping[str, Any]) -> list[Total]:
    """One of each model that has a line in `work`, in its order."""
    known = {pace.model: pace for pace in paces(manifest)}
    models = dict.fromkeys(line.model for line in lines)
    return [
        Total(
            model,
            sum(line.prompt for line in lines if line.model == model),
            sum(line.written for line in lines if line.model == model),
            sum(line.scored for line in lines if line.model == model),
            known.get(model),
        )
        for model in models
    ]


def work(groups: Sequence[Group]) -> list[Work]:
    """One line a group that has a response."""
    return [line for group in groups if (line := _of_group(group)) is not None]


def _of_group(group: Group) -> Work | None:
    records = [record for record in group.records.values() if record.responses]
    if not records:
        return None
    made = [response for record in records for response in record.responses if isinstance(response, Completions)]
    rated = [response for record in records for response in record.responses if isinstance(response, LogLikelihoods)]
    return Work(
        group.model,
        group.benchmark,
        len(records),
        sum(response.prompt_tokens for response in made),
        sum(completion.tokens for response in made for completion in response.completions),
        sum(sum(response.tokens) for response in rated),
        _lengths([completion for record in records for completion in _last(record)]),
    )


def _last(record: Record) -> tuple[Completion, ...]:
    """The completions that were scored: those of the last turn."""
    last = record.answer
    return last.completions if isinstance(last, Completions) else ()


def _lengths(answers: Sequence[Completion]) -> Lengths | None:
    if not answers:
        return None
    tokens = np.array([completion.tokens for completion in answers])
    low, middle, high = np.quantile(tokens, (0.1, 0.5, 0.9)).tolist()
    return Lengths(
        len(answers),
        int(tokens.sum()),
        (low, middle, high),
        int(tokens.max()),
        sum(completion.finish == "length" for completion in answers),
        sum(not completion.text.strip() for completion in answers),
        tuple(_classes(tokens)),
    )


def _classes(tokens: Any) -> Iterator[tuple[int, int, int]]:
    edges = np.array((*_EDGES, np.iinfo(np.int64).max))
    counts, _ = np.histogram(tokens, edges)
    used = np.flatnonzero(counts)
    for place in range(used[0], used[-1] + 1):
        yield int(edges[place]), int(edges[place + 1]) - 1, int(counts[place])
