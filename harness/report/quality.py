"""What programs that pass are like, by model and benchmark: a description, never a rank."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.diagnostics.examined import Examined
from harness.diagnostics.examined import fingerprints
from harness.diagnostics.quality.summary import Described
from harness.diagnostics.quality.summary import describe
from harness.report.verdicts import verdict
from harness.results.groups import Group


def qualities(groups: Sequence[Group], examined: Examined) -> list[dict[str, Any]]:
    """A line for each group with a passing program that was described."""
    described = ((group, _described(group, examined)) for group in groups)
    return [
        {"model": group.model, "benchmark": group.benchmark, **asdict(describe(known, _samples(group)))}
        for group, known in described
        if known
    ]


def _described(group: Group, examined: Examined) -> list[Described]:
    """What is known of each passing sample's program."""
    described: list[Described] = []
    for record in group.records.values():
        names = fingerprints(record)
        for code, execution in zip(record.programs, record.executions, strict=True):
            known = examined.described.get(names.get(code, "") if code is not None else "")
            if known is not None and verdict(execution) == "passed":
                described.append(known)
    return described


def _samples(group: Group) -> list[list[str]]:
    return [
        [verdict(execution) for execution in record.executions] for record in group.records.values() if record.programs
    ]
