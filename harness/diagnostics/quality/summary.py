"""What passing programs are like: what is known of one, and a table of many as medians and counts."""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from statistics import median
from typing import Any

from harness.diagnostics.quality.complexity import complexity
from harness.diagnostics.quality.cost import Cost
from harness.diagnostics.quality.findings import findings


@dataclass(frozen=True, slots=True)
class Described:
    """One program that passed: its complexity, its findings as (Bandit's test, severity), its cost.

    None where it was not measured: what radon and Bandit read is Python alone.
    """

    cyclomatic: int | None
    maintainability: float | None
    findings: tuple[tuple[str, str], ...] | None
    cost: Cost

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> "Described":
        """One from its JSON form."""
        read = line["findings"]
        issues = None if read is None else tuple((test, severity) for test, severity in read)
        return cls(line["cyclomatic"], line["maintainability"], issues, Cost(**line["cost"]))


@dataclass(frozen=True, slots=True)
class Quality:
    """Of programs that passed: medians, None where nothing was measured, and counts of findings.

    Attributes:
        programs: How many passed.
        cyclomatic: McCabe's number of the most complex function.
        maintainability: Radon's index, 0..100; higher is easier.
        cpu: CPU time as a multiple of the reference's.
        memory: Peak memory as a multiple of the reference's.
        severities: Programs by the worst of Bandit's findings in each.
        tests: Findings by Bandit's name of the test.
        unread: Programs that Bandit could not read.
        stability: Mean over cases of several samples of the share of the commonest verdict; 1 where all agree.
    """

    programs: int
    cyclomatic: float | None
    maintainability: float | None
    cpu: float | None
    memory: float | None
    severities: dict[str, int]
    tests: dict[str, int]
    unread: int
    stability: float | None


def described(code: str, language: str, spent: Cost) -> Described:
    """What radon and Bandit say of a program; raises UsageError where the extra is not installed."""
    if language != "python":
        return Described(None, None, None, spent)
    measured, read = complexity(code), findings(code)
    named = None if read is None else tuple((finding.test, finding.severity) for finding in read)
    if measured is None:
        return Described(None, None, named, spent)
    return Described(measured.cyclomatic, measured.maintainability, named, spent)


def describe(programs: Sequence[Described], samples: Sequence[Sequence[str]]) -> Quality:
    """The table's line for passing programs; `samples` are the verdicts of each case, passing or not."""
    shares = [max(Counter(case).values()) / len(case) for case in samples if len(case) > 1]
    worst = (
        max((severity for _, severity in program.findings), key=_RANK.index) for program in programs if program.findings
    )
    return Quality(
        programs=len(programs),
        cyclomatic=_median([program.cyclomatic for program in programs]),
        maintainability=_median([program.maintainability for program in programs]),
        cpu=_median([program.cost.cpu for program in programs]),
        memory=_median([program.cost.memory for program in programs]),
        severities=dict(Counter(worst)),
        tests=dict(Counter(test for program in programs for test, _ in program.findings or ())),
        unread=sum(program.findings is None for program in programs),
        stability=fmean(shares) if shares else None,
    )


_RANK = ("UNDEFINED", "LOW", "MEDIUM", "HIGH")


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(median(known)) if known else None
