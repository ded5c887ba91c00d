"""What a program spends, against the solution that is known to be right."""

from dataclasses import dataclass

from harness.core import Execution


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU time and peak memory as multiples of the reference's; None where either was not measured."""

    cpu: float | None
    memory: float | None


def cost(execution: Execution, reference: Execution | None) -> Cost:
    """The ratios; None of both without the reference's own execution, or one that did not pass."""
    if reference is None or reference.verdict != "passed":
        return Cost(None, None)
    return Cost(_ratio(execution.cpu, reference.cpu), _ratio(execution.memory, reference.memory))


def _ratio(value: float, reference: float) -> float | None:
    """A sandbox that cannot measure says 0."""
    return value / reference if value > 0 and reference > 0 else None
