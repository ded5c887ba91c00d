"""Metrics: one file a metric, each turns a case and its response into additive statistics.

The value over many cases is `reducer(sum of stats)` (sacrebleu's idea), so that intervals,
bootstrap and paired tests work for every metric with no code of its own. Where no sum will do, as for ranks, a weighted
reducer takes the cases themselves (`harness.statistics.weighted`).
"""

from collections.abc import Sequence
from typing import Protocol
from typing import runtime_checkable

from harness.core import Case
from harness.core import Response
from harness.core import Score


class Metric(Protocol):
    """One way to judge an answer."""

    @property
    def name(self) -> str:
        """The column's name: short, unique within a benchmark."""
        ...

    @property
    def reducer(self) -> str:
        """A name in `REDUCERS` or `WEIGHTED` of `harness.statistics`."""
        ...

    @property
    def signature(self) -> str:
        """All that can change the number, printed beside it: `bleu|tok:13a|smooth:exp|sacrebleu:2.6.0`."""
        ...

    @property
    def higher_is_better(self) -> bool:
        """The direction in which the value improves."""
        ...

    def observe(self, case: Case, response: Response) -> Score:
        """Judge the answer of one case; `response` is never a Refusal."""
        ...


@runtime_checkable
class Sampled(Metric, Protocol):
    """A metric that depends on how many samples a case has, and on the k that are asked for."""

    def over(self, samples: int, ks: tuple[int, ...]) -> tuple[Metric, ...]:
        """The metrics it stands for with so many samples a case; none where it says nothing of so few.

        Without `ks` its own k is kept.
        """
        ...


def expanded(metrics: Sequence[Metric], samples: int, ks: tuple[int, ...]) -> tuple[Metric, ...]:
    """The metrics of a benchmark whose cases have so many samples, for these k; each name once."""
    chosen: dict[str, Metric] = {}
    for metric in metrics:
        for variant in metric.over(samples, ks) if isinstance(metric, Sampled) else (metric,):
            chosen.setdefault(variant.name, variant)
    return tuple(chosen.values())
