"""What metrics are called on either side: lm-evaluation-harness's `metric,filter` of a task, and a page's metric."""

from collections.abc import Collection
from collections.abc import Mapping

PREFIX = "lm-eval/"
NONE = "none"
"""The name of no filter."""

ALIASES: Mapping[tuple[str, str], str] = {
    ("truthfulqa_mc1", "acc"): "mc1",
    ("truthfulqa_mc2", "acc"): "mc2",
    ("cb", "f1"): "macro_f1",
}
"""Metrics that a page calls otherwise, by task."""

SHARED = frozenset(
    {
        "acc",
        "acc_norm",
        "acc_bytes",
        "exact_match",
        "f1",
        "mcc",
        "perplexity",
        "word_perplexity",
        "byte_perplexity",
        "bits_per_byte",
    }
)
"""Metrics that mean the same here, whatever the task."""

SAMPLED_ONCE = frozenset({"acc", "acc_norm", "acc_bytes", "exact_match"})
"""Metrics that are right or wrong on a case."""


def ours(task: str, metric: str, filter_name: str, known: Collection[str]) -> str | None:
    """The name among a page's metrics of a task's metric behind a filter; None where the page has none.

    Of an exact match behind a filter, the page's metric is called as the filter.
    """
    alias = ALIASES.get((task, metric))
    plain = metric if filter_name == NONE else None
    filtered = filter_name if metric == "exact_match" else None
    return next((name for name in (alias, plain, filtered) if name in known), None)


def theirs(metric: str, filter_name: str) -> str:
    """The name of a metric that no page has."""
    return f"{PREFIX}{metric}" if filter_name == NONE else f"{PREFIX}{metric},{filter_name}"


def key(task: str, metric: str, signature: str) -> tuple[str, str]:
    """Metric and filter that lm-evaluation-harness would give a metric of ours."""
    if metric.startswith(PREFIX):
        name, comma, filter_name = metric.removeprefix(PREFIX).partition(",")
        return name, filter_name if comma else NONE
    for (other, alias), name in ALIASES.items():
        if (other, name) == (task, metric):
            return alias, NONE
    filtered = metric not in SHARED and signature.startswith("exact_match|")
    return ("exact_match", metric) if filtered else (metric, NONE)
