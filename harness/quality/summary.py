"""A table of what passing programs are like: one line for each number, as medians and counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from harness.core import Execution
from harness.core import Judged
from harness.quality.complexity import complexity
from harness.quality.cost import cost
from harness.quality.findings import findings


@dataclass(frozen=True, slots=True)
class Quality:
    """Of `programs` that passed: medians, None where nothing was measured, and how many programs have a finding.

    `severities` counts programs by the worst finding of each; `tests` the findings by Bandit's name of the test.
    """

    programs: int
    cyclomatic: float | None
    maintainability: float | None
    cpu: float | None
    memory: float | None
    severities: dict[str, int]
    tests: dict[str, int]


def describe(judged: Sequence[tuple[Judged, Execution | None]]) -> Quality:
    """What the passing programs are like; each case with its reference's own execution, if there is one."""
    passed = [
        (program, execution, reference)
        for one, reference in judged
        for program, execution in zip(one.programs, one.executions, strict=True)
        if program is not None and execution is not None and execution.verdict == "passed"
    ]
    complexities = [one for program, *_ in passed if (one := complexity(program)) is not None]
    costs = [cost(execution, reference) for _, execution, reference in passed]
    found = [findings(program) for program, *_ in passed]
    return Quality(
        programs=len(passed),
        cyclomatic=_median([one.cyclomatic for one in complexities]),
        maintainability=_median([one.maintainability for one in complexities]),
        cpu=_median([one.cpu for one in costs]),
        memory=_median([one.memory for one in costs]),
        severities=dict(Counter(max((one.severity for one in each), key=_RANK.index) for each in found if each)),
        tests=dict(Counter(one.test for each in found for one in each)),
    )


_RANK = ("UNDEFINED", "LOW", "MEDIUM", "HIGH")


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(median(known)) if known else None
