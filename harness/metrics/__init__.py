"""Metrics: one file a metric, each turns a case and its response into additive statistics.

The value over many cases is `reducer(sum of stats)` (sacrebleu's idea), so that intervals,
bootstrap and paired tests work for every metric with no code of its own. Where no sum will do, as for ranks, a weighted
reducer takes the cases themselves (`harness.statistics.weighted`).
"""

from typing import Protocol

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
