"""The score without known-wrong rows: beside the one over all cases, for each exclusion list that has any of them."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from typing import TypeAlias

from harness.cases.exclusions import tag
from harness.core import Record
from harness.core import Score
from harness.statistics import Estimate

Scored: TypeAlias = Sequence[tuple[Record, Score]]


def without_excluded(facts: Mapping[str, Any], scored: Scored, estimated: Callable[[Scored], Estimate]) -> list[Any]:
    """For each list that excludes a scored case: its name and version, how many of them, and the others' score.

    `facts` are the manifest's of the benchmark, `estimated` is what the score over all cases was made with.
    """
    lines = []
    for exclusion in facts.get("exclusions", ()):
        own = tag(exclusion["name"], exclusion["version"])
        kept = [(record, score) for record, score in scored if own not in record.tags]
        if excluded := len(scored) - len(kept):
            names = {"name": exclusion["name"], "version": exclusion["version"], "excluded": excluded}
            lines.append({**names, "estimate": asdict(estimated(kept))})
    return lines


def notes(benchmarks: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A note for each list some of whose rows are not the ones it lists."""
    for name, facts in benchmarks.items():
        for exclusion in facts.get("exclusions", ()):
            if changed := exclusion["changed"]:
                more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
                yield (
                    f"{name}: rows have changed since {exclusion['name']} {exclusion['version']} listed them "
                    f"and are not excluded: {', '.join(changed[:3])}{more}"
                )
