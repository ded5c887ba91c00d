"""How long a model took on a benchmark, of the requests whose engine knows it, with intervals over the cases.

Time to first token, time per output token and latency as vLLM's benchmarks and MLPerf Inference (LLM scenarios) define
them: the second leaves the first token out. Waiting in the engine is part of the first and the last, so that a request
in a batch of hundreds takes long. A kept answer has the times of the session that asked it.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

from harness.core import Completion
from harness.core import Completions
from harness.core import LogLikelihoods
from harness.core import Record
from harness.core import Response
from harness.printing.numbers import NOTHING
from harness.printing.visible import line
from harness.report.areas import place
from harness.results.groups import Group
from harness.statistics import estimate
from harness.statistics.reducers import RATE

MEASURES = {
    "first_token": "first token, s",
    "time_per_token": "a further token, s",
    "latency": "whole answer, s",
    "tokens_per_second": "tokens/s",
    "case_seconds": "case, s",
}
"""What is measured, and how a column is called.

first_token        seconds until the first token of a completion
time_per_token     seconds from its first to its last token, a token after the first
latency            seconds until an answer was whole: a completion, or all log-likelihoods of a request
tokens_per_second  tokens of a completion by its latency
case_seconds       seconds for all turns of a case one after the other, the samples of a turn side by side
"""


@dataclass(frozen=True, slots=True)
class _Case:
    """A case's record, and by the name of each measure that it has its two sums: the numerator and the denominator."""

    record: Record
    sums: Mapping[str, tuple[float, float]]


def latencies(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """One entry a group in which an engine knew a time: model, benchmark, cases with a time, an estimate a measure."""
    return [entry for group in groups if (entry := _of_group(group)) is not None]


def _of_group(group: Group) -> dict[str, Any] | None:
    records = (group.records[name] for name in group.planned if group.measured(name))
    timed = [_Case(record, sums) for record in records if (sums := dict(_sums(record)))]
    if not timed:
        return None
    measures = {name: _estimated(timed, name) for name in MEASURES if any(name in case.sums for case in timed)}
    return {"model": group.model, "benchmark": group.benchmark, "cases": len(timed), "measures": measures}


def _estimated(timed: Sequence[_Case], name: str) -> dict[str, Any]:
    cases = [case for case in timed if name in case.sums]
    clusters = [case.record.cluster for case in cases]
    return asdict(estimate([case.sums[name] for case in cases], RATE, clusters))


def _sums(record: Record) -> Iterator[tuple[str, tuple[float, float]]]:
    written = [each for answer in record.answers for each in _completions(answer)]
    firsts = [each.first_token for each in written if each.first_token is not None]
    if firsts:
        yield "first_token", (sum(firsts), len(firsts))
    if spans := [span for each in written if (span := _span(each)) is not None]:
        yield "time_per_token", (sum(seconds for seconds, _ in spans), sum(tokens for _, tokens in spans))
    turns = [times for answer in record.answers if (times := _latencies(answer))]
    if turns:
        yield "latency", (sum(map(sum, turns)), sum(map(len, turns)))
    if paced := [(each.tokens, each.latency) for each in written if each.latency and each.tokens]:
        yield "tokens_per_second", (sum(tokens for tokens, _ in paced), sum(seconds for _, seconds in paced))
    if turns and len(turns) == len(record.answers):
        yield "case_seconds", (sum(map(max, turns)), 1)


def _completions(answer: Response) -> tuple[Completion, ...]:
    return answer.completions if isinstance(answer, Completions) else ()


def _latencies(answer: Response) -> list[float]:
    """The latencies of an answer's parts, where the engine knew them."""
    if isinstance(answer, LogLikelihoods):
        return [] if answer.latency is None else [answer.latency]
    return [each.latency for each in _completions(answer) if each.latency is not None]


def _span(written: Completion) -> tuple[float, int] | None:
    """The seconds behind the first token and the tokens in them; None where one is not known, or no second token is."""
    if written.first_token is None or written.latency is None or written.tokens < 2:
        return None
    return max(0.0, written.latency - written.first_token), written.tokens - 1


@dataclass(frozen=True, slots=True)
class Cost:
    """A point of the plot: a model's score on a benchmark against the seconds a case took.

    Attributes:
        model: The model's name.
        benchmark: The benchmark's name.
        metric: The metric that stands for the benchmark.
        score: The score, 0..100.
        score_low: The lower end of its interval; None where there is none.
        score_high: The upper end.
        seconds: The seconds a case took.
        seconds_low: The lower end of their interval; None where there is none.
        seconds_high: The upper end.
    """

    model: str
    benchmark: str
    metric: str
    score: float
    score_low: float | None
    score_high: float | None
    seconds: float
    seconds_low: float | None
    seconds_high: float | None


def costs(summary: Mapping[str, Any], keys: Mapping[str, str]) -> list[Cost]:
    """The points of the scores that lie on a bounded scale and whose cases have seconds; none where there is but one.

    `keys` names the metric of each benchmark.
    """
    known = {(line["model"], line["benchmark"]): line["measures"].get("case_seconds") for line in summary["latency"]}
    points = [
        Cost(
            score["model"],
            score["benchmark"],
            score["metric"],
            at.value,
            at.low,
            at.high,
            seconds["value"],
            seconds["low"],
            seconds["high"],
        )
        for score in summary["scores"]
        if score["metric"] == keys[score["benchmark"]]
        and (seconds := known.get((score["model"], score["benchmark"]))) is not None
        and seconds["value"]
        and (at := place(score, score["estimate"])) is not None
    ]
    return points if len(points) > 1 else []


def sentences(summary: Mapping[str, Any]) -> Iterator[str]:
    """A line an entry of `latencies`, for a terminal, and what is counted; nothing where there is no entry."""
    several = len({entry["model"] for entry in summary["latency"]}) > 1
    for entry in summary["latency"]:
        who = f"{line(entry['benchmark'])}, {line(entry['model'])}" if several else line(entry["benchmark"])
        yield f"{who}: {', '.join(_said(name, measure) for name, measure in entry['measures'].items())}"
    if summary["latency"]:
        yield "seconds include waiting in the engine; kept answers have those of the session that asked them"


def _said(name: str, measure: Mapping[str, Any]) -> str:
    reach = between(measure)
    return f"{MEASURES[name]} {shown(measure)}{f' [{reach}]' if reach else ''}"


def shown(estimate_of: Mapping[str, Any] | None) -> str:
    """A measure's value for a reader, three digits of it; nothing where there is none."""
    value = None if estimate_of is None else estimate_of["value"]
    return NOTHING if value is None else digits(value)


def between(estimate_of: Mapping[str, Any] | None) -> str:
    """The interval of a measure, as `0.1 to 0.2`; empty where there is none."""
    if estimate_of is None or estimate_of["low"] is None:
        return ""
    return f"{digits(estimate_of['low'])} to {digits(estimate_of['high'])}"


def digits(value: float) -> str:
    """A number to three significant digits, without an exponent where it is not below a microsecond."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1e-4 or value == 0 else f"{value:.1e}"
